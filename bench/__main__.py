"""`python -m bench`: runs the measures, prints the table, writes `bench/latest.json`."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import measures
from bench.desk import BenchDesk, bench_desk
from bench.measures import City, Figure, Pace

LATEST = Path(__file__).parent / "latest.json"
GOALS = {
    "durable_write_vs_echo": ">= 0.5",
    "scan_write_vs_echo": ">= 0.4",
    "entry_write_vs_echo": ">= 0.4",
    "batch_rows_vs_sql": ">= 0.4",
    "door_write_vs_service": ">= 0.25",
    "door_batch_rows_vs_service": ">= 0.8",
    "event_latency_p50_ms": "<= 20",
    "event_latency_p99_ms": "<= 100",
    "projection_events_per_s": ">= 20,000",
    "overview_read_vs_echo": ">= 0.8",
    "startup_s": "<= 10",
    "pss_mb": "<= 1,200",
}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each side of a ratio (10)")
    parser.add_argument("--rounds", type=int, default=5, help="of A-B-B-A (5)")
    parser.add_argument("--only", action="append", choices=sorted(GOALS), help="measure these alone")
    parser.add_argument("--port", type=int, default=27_000, help="first of ten free ports")
    asked = parser.parse_args()
    console = Console(stderr=True)
    wanted = set(asked.only or GOALS)
    with bench_desk(asked.port) as desk:
        figures = _measure(desk, Pace(asked.seconds, asked.rounds), wanted, console)
    _print(figures)
    told = {
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "pace": {"seconds": asked.seconds, "rounds": asked.rounds},
        "figures": {
            key: {"value": f.value, "rounds": f.rounds, "note": f.note} for key, f in figures.items()
        },
    }
    LATEST.write_text(json.dumps(told, indent=1) + "\n")
    return 0


def _measure(desk: BenchDesk, pace: Pace, wanted: set[str], console: Console) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    console.print("starting a desk of the bench's own, and loading Kota Bogor …")
    desk.start()
    desk.wait_for_city()
    if "startup_s" in wanted:
        desk.stop()
        figures["startup_s"] = Figure(desk.start(), [], "second start, DAY=off")
    city = _city(desk)
    steps: Mapping[str, Callable[[], Figure]] = {
        "durable_write_vs_echo": lambda: measures.durable_write(desk, city, pace),
        "scan_write_vs_echo": lambda: measures.scan_write(desk, city, pace),
        "entry_write_vs_echo": lambda: measures.entry_write(desk, city, pace),
        "batch_rows_vs_sql": lambda: measures.batch_rows(desk, city, pace),
        "door_write_vs_service": lambda: measures.door_write(desk, city, pace),
        "door_batch_rows_vs_service": lambda: measures.door_batch(desk, city, pace),
        "overview_read_vs_echo": lambda: measures.overview_read(desk, city, pace),
        "projection_events_per_s": lambda: measures.projection(desk),
    }
    if wanted & {"event_latency_p50_ms", "event_latency_p99_ms"}:
        console.print("event latency …")
        seconds = 60 if pace.seconds >= 10 else pace.seconds * 2
        both = measures.latency(desk, city, seconds=seconds, warm_up_s=min(10, seconds / 3))
        figures["event_latency_p50_ms"], figures["event_latency_p99_ms"] = both
    for key, step in steps.items():
        if key in wanted:
            console.print(f"{key} …")
            try:
                figures[key] = step()
            except RuntimeError as error:
                console.print(f"  [red]no figure: {error}[/]")
                figures[key] = Figure(float("nan"), [], f"no figure: {error}"[:200])
    if "pss_mb" in wanted:
        shares = desk.pss_mb()
        figures["pss_mb"] = Figure(
            sum(shares.values()), [], ", ".join(f"{name} {mb:.0f}" for name, mb in sorted(shares.items()))
        )
    return {key: figures[key] for key in GOALS if key in figures}


def _city(desk: BenchDesk) -> City:
    found = desk.sql("turnout", "select tps_code from tps_ref order by tps_code;").split()
    return City(
        tps=found,
        kpps=desk.token("kpps", regions=["32.71"], person="bench-kpps"),
        typist=desk.token("operator", regions=["32.71"], person="bench-typist"),
    )


def _print(figures: Mapping[str, Figure]) -> None:
    table = Table("key", "goal", "measured", "least … most of the rounds", "beside it")
    for key, figure in figures.items():
        spread = f"{min(figure.rounds):.3f} … {max(figure.rounds):.3f}" if figure.rounds else ""
        table.add_row(key, GOALS[key], f"{figure.value:,.3f}", spread, figure.note)
    Console(width=160).print(table)


if __name__ == "__main__":
    sys.exit(main())
