"""A real desk of any region, as docs/first-desk.md walks it: its commands are run as they are printed."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest

from deploy import postgres
from simulator.plan.region import plan_region
from tests.operating import DESK, Operator, wait_for

ROOT = Path(__file__).resolve().parents[2]
STEPS: list[tuple[str, str]] = re.findall(
    r"```sh\n(.*?)```(?:\n```text\n(.*?)```)?", (ROOT / "docs/first-desk.md").read_text(), re.DOTALL
)
"""What is typed, and what it says that it prints."""


class Walker(Operator):
    """Types what a page says, in a folder of its own."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.place = home / "work place"
        self.place.mkdir()
        (self.place / ".venv").symlink_to(sys.prefix)
        self.environment |= {"COLUMNS": "110", "TERM": "dumb"}

    def shell(self, typed: str) -> tuple[int, str]:
        ran = subprocess.run(
            ["bash", "-ec", typed.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")],
            env=self.environment,
            cwd=self.place,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=90,
            check=False,
        )
        return ran.returncode, ran.stdout

    def walk(self, typed: str, told: str) -> None:
        """Run a step until it prints what the page says; whatever is asked again is safe to ask again."""
        deadline = time.monotonic() + 30
        while True:
            code, printed = self.shell(typed)
            missing = _missing(printed, told)
            if not missing:
                assert code == (1 if "--dry-run" in typed else 0), printed
                return
            if ("curl" not in typed and "results" not in typed) or time.monotonic() > deadline:
                pytest.fail(f"{typed}\nprinted\n{printed}\nwithout {missing}")
            time.sleep(0.5)


def _missing(printed: str, told: str) -> list[str]:
    lines = [line.strip() for line in told.splitlines()]
    return [line for line in lines if not re.search(_pattern(line), printed)]


def _pattern(line: str) -> str:
    return ".*".join(re.sub(r"(\\ )+", r"\\s+", re.escape(part)) for part in line.split("…"))


@pytest.fixture
def walker(tmp_path: Path) -> Generator[Walker]:
    walker = Walker(tmp_path)
    yield walker
    walker.type("down")
    wait_for(lambda: not walker.processes(), patience_s=30)
    postgres.remove(walker.folder / "postgres")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_page_walks_a_real_desk_as_printed(walker: Walker) -> None:
    typed = [step for step, _ in STEPS]
    assert typed[0] == "make setup\n"
    for step, told in STEPS[1:]:
        if step == ".venv/bin/desk down\n":
            a_real_desk_refuses_what_is_wrong(walker)
        if step == ".venv/bin/desk run\n":
            walker.start()
            assert not _missing(walker.output.read_text(), told), walker.output.read_text()
        else:
            walker.walk(step, told)
    assert typed[-1] == ".venv/bin/desk down\n"
    refused = walker.type("run", "--fresh")
    assert refused.returncode == 1
    assert "real desk" in refused.stdout
    assert walker.type("init", "--region", "35.78", "--election", "pilkada-2024").returncode == 2


def a_real_desk_refuses_what_is_wrong(walker: Walker) -> None:
    """See rows of elsewhere refused, and what is for rehearsals alone."""
    where = {"place": "SD Contoh", "address": "Jl. Contoh", "dpt_men": 20, "dpt_women": 22}
    codes = ["35.78.08.1003.009", "91.71.03.1014.001", "35.78.08.1999.001"]
    rows = [{"tps_code": code, **where} for code in codes]
    (walker.place / "tps.ndjson").write_text("\n".join(json.dumps(row) for row in rows))
    code, told = walker.shell(".venv/bin/desk import tps tps.ndjson --json 2>/dev/null")
    assert code == 1
    imported = json.loads(told)
    assert (imported["created"], imported["rejected"]) == (2, 1)
    assert [(row["row"], row["reasons"][0]["code"]) for row in imported["rejected_rows"]] == [
        (2, "region-not-covered")
    ]
    assert [(row["row"], row["reasons"][0]["code"]) for row in imported["rows_with_findings"]] == [
        (3, "W-REGION-CODE")
    ]
    assert json.loads(walker.shell(_public(codes[0]))[1])["rehearsal"] is False
    assert not (walker.folder / "clock.json").exists()
    assert walker.type("simulate", "--region", "35.78", "--tps", "2").returncode == 2
    long = walker.type("token", "--role", "desk", "--region", "35.78", "--minutes", "11")
    assert "10 minutes at most" in long.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_simulated_days_in_the_east_are_started_on_a_rehearsal_stopped_and_ended(walker: Walker) -> None:
    init = "init --region 91.71 --election pilkada-2024 --rehearsal"
    assert walker.type(*init.split()).returncode == 0
    assert walker.type("results", "--contest", "walikota").returncode == 2
    walker.start()
    assert "until then the clock stands" in " ".join(walker.output.read_text().split())
    assert walker.clock()["desk_anchor"] == "2024-11-26T03:30:00+09:00"
    assert walker.clock()["speed"] == 0
    days = walker.home / "days"
    simulate = "simulate --region 91.71.03 --tps 3 --seed 7 --speed"
    with days.open("wb") as output:
        simulator = subprocess.Popen(
            [DESK, *simulate.split(), "30"],
            env=walker.environment,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(lambda: walker.clock()["speed"] == 30 or simulator.poll() is not None, patience_s=120)
        assert "every service knows the TPS" in days.read_text()
        simulator.send_signal(signal.SIGINT)
        assert simulator.wait(timeout=30) == 143
    finally:
        simulator.kill()
        simulator.wait()
    assert "goes on from here" in days.read_text()
    facts = json.loads(
        walker.type("results", "--contest", "walikota", "--region", "91.71.03", "--json").stdout
    )
    assert (facts["tps_total"], facts["rehearsal"], facts["official"]) == (3, True, False)
    assert facts["as_of"] < facts["public_at"]
    said = walker.type("results", "--contest", "walikota", "--region", "91.71.03").stdout
    assert re.search(r"of 3 TPS are in, as of .* WIT", said), said
    went_on = walker.type(*simulate.split(), "10000")
    assert went_on.returncode == 0, went_on.stdout
    assert ", 0 faults" in went_on.stdout
    plan = plan_region("91.71.03", tps=3, seed=7, election="pilkada-2024", voting_day=date(2024, 11, 27))
    place = json.loads(walker.shell(_public(plan.tps[0].code))[1])
    assert (place["zone"], place["zone_label"], place["rehearsal"]) == ("Asia/Jayapura", "WIT", True)
    for contest in plan.contests:
        ended = json.loads(
            walker.type("results", "--contest", contest.id, "--region", "91.71.03", "--json").stdout
        )
        totals = plan.totals(contest.id)
        assert ended["votes"] == {str(number): votes for number, votes in totals.votes.items()}
        assert (ended["valid"], ended["invalid"], ended["tps_in"]) == (totals.valid, totals.invalid, 3)


def _public(code: str) -> str:
    return f"curl -s http://127.0.0.1:8000/v1/elections/pilkada-2024/public/tps/{code}"
