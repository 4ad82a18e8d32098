"""The smoke of `make faults`: twenty kills of a desk under load; nothing acknowledged is lost, and nothing differs."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from faults.plan import WEIGHTS, fault
from tests.infrastructure import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.campaign, pytest.mark.timeout(900)]
KILLS = 20


def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"make faults FAULTS={KILLS} SEED={seed} ARGS='--kills-only --check-every 10'")
    words = ["--faults", KILLS, "--kills-only", "--check-every", 10, "--seed", seed, "--folder", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "faults", *map(str, words), "--port", str(free_ports(50))],
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-6_000:]
    told = [json.loads(line) for line in (tmp_path / f"{seed}.jsonl").read_text().splitlines()]
    assert len([line for line in told if "fault" in line]) == KILLS
    looks = [line["looked"] for line in told if "looked" in line]
    assert all(look["holds"] for look in looks)
    assert looks[-1]["acknowledged"] > KILLS
    assert done.stdout.startswith(f"Seed {seed}: {KILLS} faults, {KILLS} of them kills")


def test_a_plan_repeats_and_holds_every_kind() -> None:
    plan = [fault(7, n) for n in range(500)]
    assert plan == [fault(7, n) for n in range(500)]
    assert {one.kind for one in plan} == set(WEIGHTS)
    assert {fault(7, n, kills_only=True).kind for n in range(200)} == {"crash", "kill"}
