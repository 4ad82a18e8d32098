"""`python -m bench`: runs the measures, prints the tables, writes `bench/latest.json`.

Each region has a desk of its own, one after the other: the city, on which most is measured, the province, and the nation.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import flood, measures, streams, voters
from bench.desk import BenchDesk, bench_desk
from bench.ground import GROUNDS, Ground, prepare
from bench.growth import fill_a_day, growth
from bench.measures import Figure, Loaded, Pace

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
    "rebuild_s_jatim": "<= 60",
    "overview_read_vs_echo": ">= 0.8",
    "sse_clients": ">= 2,000",
    "write_at_nation_vs_city": ">= 0.9",
    "reports_p99_under_flood": "<= 1.2",
    "startup_s": "<= 10",
    "pss_mb": "<= 1,200",
    "voter_import_rows_per_s": ">= 2,000",
    "voter_import_memory_mb": "<= 50",
    "voter_lookup_auc": "<= 0.55",
}
VOTERS = 50_000
"""A list for the bench; `python -m bench.voters --rows 815249` takes the whole city in."""
GROWN = Pace(5, 2)
"""Of the figures that are measured for each region, to see how they grow."""

Figures = dict[str, Figure]


@dataclass
class Bench:
    """A run: what is asked of it, and what it has found."""

    pace: Pace
    wanted: set[str]
    console: Console
    figures: Figures
    grown: dict[str, Figures]

    def step(self, key: str, measure: Callable[[], Figure]) -> None:
        """Take one measure, if it is wanted; one that fails is told, and the others go on."""
        if key not in self.wanted:
            return
        self.console.print(f"{key} …")
        try:
            self.keep(key, measure())
        except RuntimeError as error:
            self.console.print(f"  [red]no figure: {error}[/]")
            self.keep(key, Figure(float("nan"), [], f"no figure: {error}"[:200]))

    def keep(self, key: str, figure: Figure) -> None:
        """Keep a figure, and write down what there is: whoever stops the bench has had the figures before."""
        self.figures[key] = figure
        self.console.print(f"  {figure.value:,.3f} ({GOALS[key]})  {figure.note}")
        _write(self)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each side of a ratio (10)")
    parser.add_argument("--rounds", type=int, default=5, help="of A-B-B-A (5)")
    parser.add_argument("--only", action="append", choices=sorted(GOALS), help="measure these alone")
    parser.add_argument("--ground", action="append", choices=sorted(GROUNDS), help="on these alone (all)")
    parser.add_argument("--port", type=int, default=27_000, help="first of ten free ports")
    asked = parser.parse_args()
    bench = Bench(
        Pace(asked.seconds, asked.rounds),
        set(asked.only or GOALS),
        Console(stderr=True),
        figures={},
        grown={},
    )
    voters.lift_budgets()
    for ground in GROUNDS.values():
        if ground.name in (asked.ground or GROUNDS):
            with bench_desk(asked.port) as desk:
                _measure(bench, desk, ground)
    if {"city", "nation"} <= set(bench.grown):
        bench.step("write_at_nation_vs_city", lambda: _nation_over_city(bench.grown))
    _print(_in_order(bench.figures), bench.grown)
    return 0


def _measure(bench: Bench, desk: BenchDesk, ground: Ground) -> None:
    bench.console.print(f"starting a desk, and loading the {ground.name}: {ground.tps:,} TPS …")
    tps_per_s = prepare(desk, ground)
    if ground.name == "city":
        bench.step("startup_s", lambda: _restarted(desk))
    loaded = _loaded(desk, ground)
    if ground.name == "city":
        _measure_city(bench, desk, loaded)
    if ground.name == "province" and bench.wanted & {"rebuild_s_jatim", "overview_read_vs_echo"}:
        bench.console.print("a day of the province …")
        day = fill_a_day(desk, loaded)
        bench.step("overview_read_vs_echo", lambda: measures.overview_read(desk, loaded, bench.pace))
        bench.step("rebuild_s_jatim", lambda: _rebuilt(desk, day))
    if "write_at_nation_vs_city" in bench.wanted:
        bench.console.print(f"what grows, at {ground.tps:,} TPS …")
        bench.grown[ground.name] = growth(desk, loaded, GROWN, tps_per_s=tps_per_s)
        _write(bench)


def _measure_city(bench: Bench, desk: BenchDesk, city: Loaded) -> None:
    pace = bench.pace
    if bench.wanted & {"event_latency_p50_ms", "event_latency_p99_ms"}:
        bench.console.print("event latency …")
        seconds = 60 if pace.seconds >= 10 else pace.seconds * 4
        try:
            both = measures.latency(desk, city, seconds=seconds, warm_up_s=min(10, seconds / 3))
            bench.keep("event_latency_p50_ms", both[0])
            bench.keep("event_latency_p99_ms", both[1])
        except subprocess.CalledProcessError as error:
            bench.console.print(f"  [red]no figure: {error.stderr.decode()[-300:]}[/]")
    bench.step("durable_write_vs_echo", lambda: measures.durable_write(desk, city, pace))
    bench.step("scan_write_vs_echo", lambda: measures.scan_write(desk, city, pace))
    bench.step("entry_write_vs_echo", lambda: measures.entry_write(desk, city, pace))
    bench.step("batch_rows_vs_sql", lambda: measures.batch_rows(desk, city, pace))
    bench.step("door_write_vs_service", lambda: measures.door_write(desk, city, pace))
    bench.step("door_batch_rows_vs_service", lambda: measures.door_batch(desk, city, pace))
    bench.step("pss_mb", lambda: measures.memory(desk))
    bench.step("reports_p99_under_flood", lambda: flood.reports_under_flood(desk, city, pace))
    bench.step("sse_clients", lambda: streams.sse_clients(desk, city))
    bench.step("projection_events_per_s", lambda: measures.projection(desk))
    _measure_voters(bench, desk)


def _measure_voters(bench: Bench, desk: BenchDesk) -> None:
    if not bench.wanted & {"voter_import_rows_per_s", "voter_import_memory_mb", "voter_lookup_auc"}:
        return
    bench.console.print(f"a list of {VOTERS:,} voters …")
    done = voters.taken_in(desk, VOTERS)
    bench.step("voter_import_rows_per_s", lambda: done.rate)
    bench.step("voter_import_memory_mb", lambda: done.memory)
    bench.step("voter_lookup_auc", lambda: voters.lookup_auc(desk, rows=VOTERS, questions=4_000))


def _restarted(desk: BenchDesk) -> Figure:
    desk.stop()
    return Figure(desk.start(), [], "second start, DAY=off")


def _rebuilt(desk: BenchDesk, day: Figure) -> Figure:
    _, took_s, note = measures.rebuild(desk)
    return Figure(took_s, [], f"{note}; the day came in at {day.value:,.0f} events/s, {day.note}")


def _nation_over_city(grown: Mapping[str, Figures]) -> Figure:
    """Return the write rate at the nation over that at the city, each over the echo that was measured beside it."""
    nation, city = (grown[name]["durable_write_vs_echo"] for name in ("nation", "city"))
    return Figure(nation.value / city.value, [], f"{nation.value:.3f} over {city.value:.3f} of their echoes")


def _loaded(desk: BenchDesk, ground: Ground) -> Loaded:
    found = desk.sql("turnout", "select tps_code from tps_ref order by tps_code;").split()
    return Loaded(
        region=ground.region,
        tps=found,
        kpps=desk.token("kpps", regions=[ground.region], person="bench-kpps"),
        typist=desk.token("operator", regions=[ground.region], person="bench-typist"),
    )


def _in_order(figures: Figures) -> Figures:
    return {key: figures[key] for key in GOALS if key in figures}


def _write(bench: Bench) -> None:
    told = {
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "pace": {"seconds": bench.pace.seconds, "rounds": bench.pace.rounds},
        "figures": _told(_in_order(bench.figures)),
        "growth": {name: _told(found) for name, found in bench.grown.items()},
    }
    LATEST.write_text(json.dumps(told, indent=1) + "\n")


def _told(figures: Figures) -> dict[str, object]:
    return {key: {"value": f.value, "rounds": f.rounds, "note": f.note} for key, f in figures.items()}


def _print(figures: Figures, grown: Mapping[str, Figures]) -> None:
    console = Console(width=180)
    table = Table("key", "goal", "measured", "least … most of the rounds", "beside it")
    for key, figure in figures.items():
        spread = f"{min(figure.rounds):.3f} … {max(figure.rounds):.3f}" if figure.rounds else ""
        table.add_row(key, GOALS[key], f"{figure.value:,.3f}", spread, figure.note)
    console.print(table)
    if grown:
        console.print(_growth_table(grown))


def _growth_table(grown: Mapping[str, Figures]) -> Table:
    table = Table("what grows", *grown)
    names: Sequence[str] = list(next(iter(grown.values())))
    for name in names:
        table.add_row(name, *(f"{found[name].value:,.3f}" for found in grown.values()))
    return table


if __name__ == "__main__":
    sys.exit(main())
