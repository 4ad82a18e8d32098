"""A desk with a Prometheus beside it: every process is scraped, every panel gets data, no rule fails."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy import postgres
from scripts.generators._dashboard_panels import NOTHING
from tests.infrastructure import free_ports
from tests.observability.queries import Question, alerts, panels, recorded
from tests.operating import hear_signals

DESK = Path(sys.executable).with_name("desk")
EVENING = "2024-11-27T20:00:00+07:00"
"""Most of what happens in an election has happened by then; the simulator sends what is due at once."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        shutil.which("prometheus") is None,
        reason="prometheus is not on this machine (Debian: apt install prometheus)",
    ),
]


class Watched:
    """A desk of a few TPS on the evening of voting day, as `make run` starts it."""

    def __init__(self, home: Path) -> None:
        self.port = free_ports(10)
        self.folder = home / "desk home" / str(self.port)
        self.output = home / "output"
        self.began = time.time()
        self.folder.mkdir(parents=True)
        self._set_clock()
        environment = dict(os.environ) | {
            "DESK_HOME": str(self.folder.parent),
            "DESK_PORT": str(self.port),
            "SPEED": "60",
            "DESK_SIMULATOR_TPS": "8",
        }
        with self.output.open("wb") as output:
            self.supervisor = subprocess.Popen(
                [DESK, "run"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=hear_signals,  # noqa: PLW1509 - it takes no lock
            )

    def _set_clock(self) -> None:
        """Let the desk believe that it has stopped this evening."""
        now = datetime.now(UTC).isoformat()
        clock = {"real_anchor": now, "desk_anchor": EVENING, "speed": 0, "rehearsal": True}
        (self.folder / "clock.json").write_text(json.dumps(clock))
        last = {"wall": now, "desk": EVENING, "ended": True}
        (self.folder / "clock_last.json").write_text(json.dumps(last))

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return its exit code."""
        self.supervisor.send_signal(signal.SIGINT)
        try:
            return self.supervisor.wait(timeout=60)
        finally:
            self.supervisor.kill()
            postgres.remove(self.folder / "postgres")

    def ask(self, path: str, **parameters: str) -> Any:
        """Ask Prometheus."""
        url = f"http://127.0.0.1:{self.port + 8}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def seen(self, expr: str) -> list[dict[str, str]]:
        """The labels of every series that an expression has had since this desk began."""
        window = {"start": f"{self.began:.0f}", "end": f"{time.time() + 1:.0f}", "step": "5"}
        return [series["metric"] for series in self.ask("query_range", query=expr, **window)["result"]]

    def wait(self, condition: Callable[[], bool], *, patience_s: float, what: str) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + patience_s
        while True:
            assert self.supervisor.poll() is None, self.output.read_text()
            try:
                if condition():
                    return
            except OSError:
                pass
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.output.read_text()}"
            time.sleep(0.5)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    desk = Watched(tmp_path_factory.mktemp("watched"))
    try:
        desk.wait(
            lambda: (
                bool(desk.seen('desk_forms_count{state="verified"} > 0'))
                and bool(desk.seen("desk_reconciler_drift_count"))
                and bool(desk.seen("service:http_request_duration_seconds:p99_5m"))
            ),
            patience_s=200,
            what="forms in Prometheus",
        )
        yield desk
    finally:
        code = desk.stop()
    assert code == 0, desk.output.read_text()


def test_the_run_says_where_prometheus_is(desk: Watched) -> None:
    said = desk.output.read_text()
    assert f"http://127.0.0.1:{desk.port + 8}" in said
    assert "grafana" in said
    state = json.loads((desk.folder / "state.json").read_text())
    assert "prometheus" in {process["name"] for process in state["processes"]}


def test_every_process_is_scraped_on_the_ports_of_this_run(desk: Watched) -> None:
    targets = desk.ask("targets", state="active")["activeTargets"]
    found = {
        (target["labels"]["service"], target["labels"]["instance"]): target["health"] for target in targets
    }
    names = ("gateway", "registry", "logistics", "incidents", "turnout")
    assert found == {(name, f"127.0.0.1:{desk.port + n}"): "up" for n, name in enumerate(names)}


def test_the_rules_are_loaded_and_none_of_them_fails(desk: Watched) -> None:
    loaded = [rule for group in desk.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in loaded} == {alert["alert"] for alert in alerts()} | set(recorded())
    desk.wait(
        lambda: all(
            rule["health"] == "ok" for group in desk.ask("rules")["groups"] for rule in group["rules"]
        ),
        patience_s=20,
        what="every rule to be evaluated",
    )


def test_every_panel_gets_data(desk: Watched) -> None:
    shown = [panel for panel in panels() if panel["fieldConfig"]["defaults"]["noValue"] != NOTHING]

    def empty() -> list[str]:
        return [
            f"{panel['title']}: {target['expr']}"
            for panel in shown
            for target in panel["targets"]
            if not desk.seen(Question("", target["expr"]).filled())
        ]

    assert len(shown) > len(panels()) / 2
    desk.wait(lambda: not empty(), patience_s=90, what="data of every panel")


def test_a_series_has_what_its_legend_names(desk: Watched) -> None:
    for panel in panels():
        for target in panel["targets"]:
            named = {part.split("}}")[0] for part in target["legendFormat"].split("{{")[1:]}
            for labels in desk.seen(Question("", target["expr"]).filled()):
                assert named <= set(labels), (panel["title"], labels)


def test_nothing_is_wrong_with_the_machinery_of_a_desk_that_works(desk: Watched) -> None:
    """What has settled down must be quiet; a start may be noisy for a few seconds."""
    desk.wait(lambda: not _firing(desk), patience_s=60, what="operators' alerts to end")


def _firing(desk: Watched) -> list[dict[str, str]]:
    found = desk.ask("query", query='ALERTS{alertstate="firing", audience="operators"}')["result"]
    return [series["metric"] for series in found]
