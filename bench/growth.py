"""How figures grow with the region: the same few of a city, a province and the nation, each on a desk of its own."""

import statistics
import time
import urllib.request
from collections.abc import Mapping

from bench import measures, requests
from bench.desk import BenchDesk
from bench.measures import Figure, Loaded, Pace

QUESTIONS: Mapping[str, str] = {
    "overview_ms": "/regions/{region}/overview",
    "recap_ms": "/regions/{region}/results?children=true",
    "map_page_ms": "/tps.geojson?region={region}&limit=5000",
}
"""What is asked of the read side, made anew for each answer; milliseconds, the median of nine."""


def growth(desk: BenchDesk, loaded: Loaded, pace: Pace, *, tps_per_s: float) -> dict[str, Figure]:
    """Return the figures of one region.

    Args:
        tps_per_s: at which it was loaded, from the first row of the import until every service knew all.
    """
    return {
        "tps": Figure(len(loaded.tps)),
        "load_tps_per_s": Figure(tps_per_s),
        "durable_write_vs_echo": measures.durable_write(desk, loaded, pace),
        "batch_rows_per_s": measures.batch_rate(desk, loaded, pace),
        **{name: _asked(desk, loaded, path) for name, path in QUESTIONS.items()},
        "projection_events_per_s": measures.projection(desk),
        "pss_mb": measures.memory(desk),
    }


def fill_a_day(desk: BenchDesk, loaded: Loaded) -> Figure:
    """Bring a whole day of a region in: boxes on their way, and every slot's turnout of every TPS; return events per second."""
    began, before = time.monotonic(), _events(desk)
    warehouse = desk.token("warehouse", regions=[loaded.region])
    courier = desk.token("courier", regions=[loaded.region])
    boxes = [(requests.new_id(), code) for code in loaded.tps]
    for name, load in (
        ("logistics", requests.packings(boxes, warehouse)),
        ("logistics", requests.ways(boxes, courier)),
        ("turnout", requests.days(loaded.tps, loaded.kpps)),
    ):
        measures.send_all(desk.folder.port(name), load, connections=4)
    desk.settle(patience_s=600)
    brought = _events(desk) - before
    return Figure(brought / (time.monotonic() - began), [], f"{brought:,} events")


def _events(desk: BenchDesk) -> int:
    return int(desk.sql("gateway", "select count(*) from event_feed;"))


def _asked(desk: BenchDesk, loaded: Loaded, path: str) -> Figure:
    """Ask nine times, each time for an answer that nobody has made yet."""
    token = desk.token("observer", regions=[loaded.region])
    url = f"{desk.url('gateway')}{requests.BASE}{path.format(region=loaded.region)}"
    took: list[float] = []
    size = 0
    for _ in range(9):
        time.sleep(1.1)  # an answer is kept for a second
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=60) as answer:
            size = len(answer.read())
        took.append((time.monotonic() - began) * 1_000)
    return Figure(statistics.median(took), took, f"{size:,} bytes")
