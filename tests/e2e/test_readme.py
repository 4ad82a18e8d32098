"""The README says only what is true: its examples are run as they are printed."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operating import Operator, wait_for

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A desk with the city loaded, and no simulated days."""
    operator = Operator(tmp_path_factory.mktemp("readme"))
    operator.start()
    wait_for(
        lambda: "simulator" not in [p["name"] for p in operator.status()["processes"] if p["alive"]],
        patience_s=120,
    )
    yield operator
    operator.type("down")


def run(desk: Operator, example: str) -> dict[str, object]:
    """Run an example as it is printed, on this desk's port."""
    there = example.replace("127.0.0.1:8000", f"127.0.0.1:{desk.port}")
    ran = subprocess.run(
        ["bash", "-c", there],
        env=desk.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.slow
def test_the_five_examples_work_as_printed(desk: Operator) -> None:
    overview, report, feed, place, incident = EXAMPLES
    deadline = time.monotonic() + 60
    while run(desk, overview).get("tps_total") != 1_530:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    first = run(desk, report)
    assert first["total"] == 200
    assert run(desk, report) == first
    deadline = time.monotonic() + 20
    while not (items := run(desk, feed)["items"]):
        assert time.monotonic() < deadline
    assert isinstance(items, list)
    assert any(item["data"].get("total") == 200 for item in items)
    assert run(desk, place)["tps_code"] == "32.71.06.1002.028"
    assert run(desk, incident)["tracking_code"]


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5
    assert os.access(ROOT / "Makefile", os.R_OK)
