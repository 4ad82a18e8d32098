"""The measures: each takes a running desk and returns its figures."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench import requests
from bench.bare import bare_rows
from bench.desk import ELECTION, ROOT, BenchDesk

CONNECTIONS = 32


@dataclass(frozen=True)
class Pace:
    """How long and how often each side of a ratio is measured."""

    seconds: float
    rounds: int


@dataclass
class Figure:
    """One measured figure: the value, the spread of its rounds, and what was seen beside it."""

    value: float
    rounds: list[float] = field(default_factory=list[float])
    note: str = ""


@dataclass(frozen=True)
class Loaded:
    """What the bench knows of a region that is loaded.

    Attributes:
        tps: codes of its TPS, in order.
        kpps: token that reports turnout of all of them.
        typist: token that enters their forms.
    """

    region: str
    tps: list[str]
    kpps: str
    typist: str


Side = Callable[[], float]


def ratio(of: Side, over: Side, *, pace: Pace, note: str = "") -> Figure:
    """Return the median of `of` over `over`, measured A-B-B-A in each round, with the rates of both sides."""
    found: list[float] = []
    rates: list[tuple[float, float]] = []
    for _ in range(pace.rounds):
        first, second, third, fourth = of(), over(), over(), of()
        ours, theirs = (first + fourth) / 2, (second + third) / 2
        found.append(ours / theirs)
        rates.append((ours, theirs))
    middle = [statistics.median(rate[side] for rate in rates) for side in (0, 1)]
    return Figure(
        statistics.median(found), found, f"{middle[0]:,.0f}/s over {middle[1]:,.0f}/s {note}".strip()
    )


@dataclass(frozen=True)
class _Told:
    """What the client said of a load."""

    answers: int
    seconds: float


def _sent(port: int, load: Sequence[bytes], *, seconds: float, connections: int = CONNECTIONS) -> _Told:
    """Send a load, at most for so long.

    Raises:
        RuntimeError: anything but success was answered.
    """
    words = [sys.executable, "-m", "bench.client", "--port", str(port), "--seconds", str(seconds)]
    ran = subprocess.run(
        [*words, "--connections", str(connections)],
        input=requests.packed(load),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    told = json.loads(ran.stdout)
    refused = {status: n for status, n in told["statuses"].items() if n and not 200 <= int(status) < 300}
    if refused:
        raise RuntimeError(f"answers that are no success: {refused}")
    return _Told(told["answers"], told["seconds"])


def send(port: int, load: Sequence[bytes], *, seconds: float, connections: int = CONNECTIONS) -> float:
    """Send a load for so long and return accepted answers per second.

    Raises:
        RuntimeError: anything but success was answered, or the load was too short.
    """
    told = _sent(port, load, seconds=seconds, connections=connections)
    if told.answers >= len(load):
        raise RuntimeError("the load ran out before its time: prepare more")
    return told.answers / told.seconds


def send_all(port: int, load: Sequence[bytes], *, connections: int = CONNECTIONS) -> None:
    """Send a load to its end.

    Raises:
        RuntimeError: it did not get through in ten minutes, or anything but success was answered.
    """
    if _sent(port, load, seconds=600, connections=connections).answers != len(load):
        raise RuntimeError("a load that prepares a measure did not get through")


def durable_write(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Accepted turnout reports over echo."""
    port = desk.folder.port("turnout")

    def write() -> float:
        rate = send(port, requests.reports(city.tps, city.kpps, count=_enough(pace)), seconds=pace.seconds)
        desk.settle(patience_s=60)
        return rate

    def echo() -> float:
        load = requests.reports(city.tps, city.kpps, count=_enough(pace, 6_000), prefix="/echo")
        return send(port, load, seconds=pace.seconds)

    return ratio(write, echo, pace=pace)


def scan_write(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Accepted custody scans over echo."""
    port = desk.folder.port("logistics")
    token = desk.token("courier", regions=[city.region])
    boxes = _boxes(desk, city)

    def write() -> float:
        rate = send(port, requests.scans(boxes, token, count=_enough(pace)), seconds=pace.seconds)
        desk.settle(patience_s=60)
        return rate

    def echo() -> float:
        load = requests.scans(boxes, token, count=_enough(pace, 6_000), prefix="/echo")
        return send(port, load, seconds=pace.seconds)

    return ratio(write, echo, pace=pace)


def _boxes(desk: BenchDesk, city: Loaded) -> list[requests.Box]:
    """Pack a box for each TPS, and return boxes with their TPS."""
    token = desk.token("warehouse", regions=[city.region])
    made = [(requests.new_id(), code) for code in city.tps]
    send_all(desk.folder.port("logistics"), requests.packings(made, token))
    return made


def entry_write(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Accepted entries of forms over echo.

    Each side of a round is one person's entries of all forms (or as many as the time allows); when both entries are
    made, two adjudicators return every form, outside the measured time.
    """
    port = desk.folder.port("turnout")
    forms = [
        (code, contest, n) for code in city.tps for contest, n in (("walikota-32.71", 5), ("gubernur-32", 4))
    ]
    typists = [desk.token("operator", regions=[city.region], person=f"bench-typist-{n}") for n in (1, 2)]
    adjudicators = [
        desk.token("adjudicator", regions=[city.region], person=f"bench-judge-{n}") for n in (1, 2)
    ]
    entered = 0

    def write() -> float:
        nonlocal entered
        if entered == 2:
            for token in adjudicators:
                send_all(port, requests.returns(forms, token))
            desk.settle(patience_s=60)
            entered = 0
        told = _sent(port, requests.entries(forms, typists[entered]), seconds=60)
        entered += 1
        desk.settle(patience_s=60)
        return told.answers / told.seconds

    def echo() -> float:
        load = requests.entries(forms * 10, city.typist, prefix="/echo")
        return send(port, load, seconds=min(pace.seconds, 3.0))

    return ratio(write, echo, pace=pace, note=f"({len(forms):,} forms a side)")


def batch_rate(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Reports per second through the batch route, 500 a request."""
    rates: list[float] = []
    for _ in range(pace.rounds):
        load = requests.batches(city.tps, city.kpps, count=int(40 * pace.seconds))
        rates.append(500 * send(desk.folder.port("turnout"), load, seconds=pace.seconds, connections=4))
        desk.settle(patience_s=120)
    return Figure(statistics.median(rates), rates)


def batch_rows(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Reports per second through the batch route over the rows of as many reports by bare multi-row statements."""
    one = Pace(pace.seconds, 1)

    def bare() -> float:
        return asyncio.run(bare_rows(desk.database_url("turnout"), seconds=pace.seconds))

    return ratio(lambda: batch_rate(desk, city, one).value, bare, pace=pace)


def door_write(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """The same single report through the gateway over straight to the service."""

    def through(name: str) -> Side:
        def write() -> float:
            load = requests.reports(city.tps, city.kpps, count=_enough(pace))
            rate = send(desk.folder.port(name), load, seconds=pace.seconds)
            desk.settle(patience_s=60)
            return rate

        return write

    return ratio(through("gateway"), through("turnout"), pace=pace)


def door_batch(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """The same batch through the gateway over straight to the service."""

    def through(name: str) -> Side:
        def write() -> float:
            load = requests.batches(city.tps, city.kpps, count=int(40 * pace.seconds))
            rate = send(desk.folder.port(name), load, seconds=pace.seconds, connections=4)
            desk.settle(patience_s=120)
            return rate

        return write

    return ratio(through("gateway"), through("turnout"), pace=pace)


def projection(desk: BenchDesk) -> Figure:
    """Events per second that one projector takes in from the beginning of the topics, and the rebuild's hash."""
    events, took_s, note = rebuild(desk)
    return Figure(events / took_s, [], note)


def rebuild(desk: BenchDesk) -> tuple[int, float, str]:
    """Empty the gateway and let it catch up; return events, seconds, and what came of it in words.

    Raises:
        RuntimeError: it did not end within five minutes.
    """
    desk.settle(patience_s=120)
    admin = desk.token("admin", regions=["*"])
    url = f"{desk.url('gateway')}/v1/desk/projections"
    before = desk.get(url, admin)
    events = int(desk.sql("gateway", "select count(*) from event_feed;"))
    _post(f"{url}:rebuild", admin)
    began = time.monotonic()
    while int(desk.sql("gateway", "select coalesce(sum(next_offset), 0) from consumer_position;")) < events:
        if time.monotonic() - began > 300:
            raise RuntimeError("the rebuild did not end")
        time.sleep(0.05)
    took_s = time.monotonic() - began
    same = "same hash" if desk.get(url, admin)["hash"] == before["hash"] else "THE HASH DIFFERS"
    return events, took_s, f"{events:,} events in {took_s:.1f} s, {same}"


def memory(desk: BenchDesk) -> Figure:
    """The proportional share of memory of all processes, in MB."""
    shares = desk.pss_mb()
    return Figure(
        sum(shares.values()), [], ", ".join(f"{name} {mb:.0f}" for name, mb in sorted(shares.items()))
    )


def _post(url: str, token: str) -> None:
    import urllib.request

    request = urllib.request.Request(url, method="POST", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def overview_read(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Overviews of the city per second over echo, with reports coming in at 50 a second."""
    port = desk.folder.port("gateway")
    token = desk.token("observer", regions=[city.region])
    path = f"{requests.BASE}/regions/{city.region}/overview"

    def read(prefix: str) -> Side:
        def run() -> float:
            load = [requests.get(prefix + path, token=token)] * int(8_000 * pace.seconds)
            flow = _flow(desk, city, seconds=pace.seconds, per_s=50)
            rate = send(port, load, seconds=pace.seconds)
            flow.wait()
            return rate

        return run

    return ratio(read(""), read("/echo"), pace=pace, note=f"({len(city.tps):,} TPS)")


def _flow(desk: BenchDesk, city: Loaded, *, seconds: float, per_s: int) -> subprocess.Popen[bytes]:
    load = requests.reports(city.tps, city.kpps, count=int(per_s * seconds))
    words = [sys.executable, "-m", "bench.latency", "--flow", "--per-s", str(per_s)]
    flow = subprocess.Popen(
        [*words, "--port", str(desk.folder.port("turnout"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert flow.stdin is not None
    flow.stdin.write(requests.packed(load))
    flow.stdin.close()
    return flow


def latency(desk: BenchDesk, city: Loaded, *, seconds: float, warm_up_s: float) -> tuple[Figure, Figure]:
    """Time from a command's answer to its event on a stream, at 300 commands a second, open loop."""
    load = requests.reports(city.tps, city.kpps, count=int(300 * (seconds + warm_up_s)))
    token = desk.token("observer", regions=[city.region])
    words = [sys.executable, "-m", "bench.latency", "--per-s", "300", "--warm-up-s", str(warm_up_s)]
    words += ["--port", str(desk.folder.port("turnout")), "--stream-port", str(desk.folder.port("gateway"))]
    ran = subprocess.run(
        [*words, "--token", token, "--election", ELECTION],
        input=requests.packed(load),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    told = json.loads(ran.stdout)
    note = f"{told['matched']:,} of {told['expected']:,} events, {told['sent_per_s']:.0f} commands/s"
    return Figure(told["p50_ms"], [], note), Figure(told["p99_ms"], [], note)


def _enough(pace: Pace, per_s: int = 3_000) -> int:
    return int(per_s * pace.seconds)
