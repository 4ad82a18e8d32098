"""The rules and the dashboard as files: what they ask is well put, and every alert leads to a page."""

import json
import re
import shutil
import subprocess
from collections import Counter

import pytest
import yaml

from tests.observability.queries import (
    DASHBOARD,
    PROMETHEUS,
    ROOT,
    RUNBOOKS,
    Question,
    alerts,
    domain_names,
    panel_questions,
    panels,
    questions,
    recorded,
    rules,
    selections,
)

DEDUPLICATED = "max without (instance, pod)"
IN_ORDER = ["## What it means", "## Look", "## Do"]
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not on this machine (Debian: apt install prometheus)",
)


def doubled(asked: Question) -> list[str]:
    """What is wrong with how a question takes the figures of the election."""
    wrong: list[str] = []
    for selected in selections(asked.parsed()):
        if selected.name not in domain_names() or selected.name in recorded():
            if selected.name in recorded() and selected.name in domain_names() and selected.around:
                wrong.append(f"{asked.where}: {selected.around[0]} over {selected.name}")
            continue
        if selected.around != (DEDUPLICATED,):
            wrong.append(f"{asked.where}: {selected.name} stands in {selected.around or 'nothing'}")
    return wrong


def test_figures_of_the_election_are_taken_once_and_never_added_up() -> None:
    wrong = [problem for asked in questions() for problem in doubled(asked)]
    assert not wrong, f"replicas export these alike: take {DEDUPLICATED} and nothing else: {wrong}"


@pytest.mark.parametrize(
    "expr",
    [
        "sum(desk_tps_count)",
        "sum by (region) (max without (instance, pod) (desk_tps_count))",
        "desk_tps_count > 0",
        "avg without (instance, pod) (desk_forms_count)",
        "max without (instance) (desk_forms_count)",
        "sum(region:tps_opened:ratio)",
    ],
)
def test_what_counts_replicas_twice_is_found(expr: str) -> None:
    assert doubled(Question("here", expr))


def test_what_takes_them_once_is_let_through() -> None:
    assert not doubled(Question("here", "max without (pod, instance) (desk_tps_count) - 3 > up"))
    assert "desk_incidents_overdue_count" in domain_names()
    assert "region:tps_opened:ratio" in domain_names()
    assert "desk_consumer_lag_records" not in domain_names()


def test_nobody_asks_prometheus_for_the_time() -> None:
    """A rehearsal's hour may pass in a minute: deadlines are exported as desk seconds that are left."""
    clocks = {"time", "timestamp", "hour", "minute", "day_of_week", "day_of_month", "month", "year"}
    wrong = [
        asked.where
        for asked in questions()
        if any(clocks & set(selected.around) for selected in selections(asked.parsed()))
        or re.search(r"\btime\(\)", asked.expr)
    ]
    assert not wrong


def test_alerts_about_the_election_wait_by_the_desks_clock() -> None:
    wrong = [alert["alert"] for alert in alerts() if alert["labels"]["audience"] == "desk" and "for" in alert]
    assert not wrong, f"`for` is wall time, and these speak of desk time: {wrong}"


def test_every_alert_leads_to_its_page() -> None:
    for alert in alerts():
        name = alert["alert"]
        assert alert["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
        page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {name}\n"), name
        places = [page.find(f"\n{heading}\n") for heading in IN_ORDER]
        assert -1 not in places, f"{name}: {IN_ORDER}"
        assert places == sorted(places), f"{name}: {IN_ORDER}"
        if alert["labels"]["audience"] == "desk":
            assert "\n**Ringkasan.** " in page, f"{name}: officials read it, so it begins in Indonesian"


def test_every_page_is_of_an_alert_and_in_the_list() -> None:
    names = {alert["alert"] for alert in alerts()}
    found = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert found == names
    listed = re.findall(r"\]\((\w+)\.md\)", (RUNBOOKS / "README.md").read_text(encoding="utf-8"))
    assert Counter(listed) == Counter(names)


def test_alerts_say_who_they_are_for_and_officials_read_theirs_in_indonesian() -> None:
    for alert in alerts():
        assert set(alert["labels"]) == {"severity", "audience"}, alert["alert"]
        assert alert["labels"]["severity"] in {"critical", "warning"}
        assert alert["labels"]["audience"] in {"desk", "operators"}
        assert alert["annotations"]["summary"]
        if alert["labels"]["audience"] == "desk":
            assert alert["annotations"]["ringkasan"], alert["alert"]


def test_names_are_used_once() -> None:
    names = Counter(rule.get("alert") or rule["record"] for rule in rules())
    assert not [name for name, count in names.items() if count > 1]


@needs_promtool
def test_promtool_accepts_the_rules() -> None:
    run = subprocess.run(
        ["promtool", "check", "rules", *sorted((PROMETHEUS / "rules").glob("*.yml"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


@needs_promtool
def test_rules_do_what_they_say() -> None:
    run = subprocess.run(
        ["promtool", "test", "rules", *sorted((PROMETHEUS / "tests").glob("*.yml"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_is_seen_to_fire_and_to_keep_still() -> None:
    fires, still = set[str](), set[str]()
    for file in sorted((PROMETHEUS / "tests").glob("*.yml")):
        for scenario in yaml.safe_load(file.read_text())["tests"]:
            for test in scenario.get("alert_rule_test", []):
                (fires if test["exp_alerts"] else still).add(test["alertname"])
    names = {alert["alert"] for alert in alerts()}
    assert names - fires == set()
    assert names - still == set()


def test_every_recorded_figure_is_tested_or_asked_for() -> None:
    text = "\n".join(file.read_text() for file in (PROMETHEUS / "tests").glob("*.yml"))
    assert not [name for name in recorded() if name not in text]
    asked = {selected.name for question in questions() for selected in selections(question.parsed())}
    assert not set(recorded()) - asked


def test_the_dashboard_can_be_provisioned_beside_any_prometheus() -> None:
    board = json.loads(DASHBOARD.read_text())
    assert board["uid"] == "desk-pilkada"
    assert board["editable"] is False
    variables = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
    assert variables == {"datasource": "datasource", "election": "query", "region": "query"}
    for panel in panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
        assert panel["description"], panel["title"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


def test_panels_stand_beside_and_below_one_another() -> None:
    taken = Counter[tuple[int, int]]()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                taken[x, y] += 1
    assert max(taken.values()) == 1


def test_the_dashboard_is_about_what_the_desk_must_see() -> None:
    asked = {selected.name for question in panel_questions() for selected in selections(question.parsed())}
    unseen = {
        name
        for name in domain_names() - set(recorded())
        if name not in asked
        and not any(
            name == selected.name
            for derived in recorded().values()
            for selected in selections(derived.parsed())
        )
    }
    assert unseen <= {
        "desk_boxes_discrepancy_count",
        "desk_boxes_needed_count",
        "desk_dpt_count",
        "desk_incidents_next_deadline_seconds",
        "desk_point_state",
        "desk_stage_seconds",
        "desk_turnout_reported_tps",
        "desk_turnout_slot_seconds",
    }, "these are exported, and neither panel nor rule asks for them"


def test_compose_mounts_what_is_here() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    mounted = {
        volume.split(":")[0] for name in ("prometheus", "grafana") for volume in compose[name]["volumes"]
    }
    for wanted in (
        "./prometheus/prometheus.yml",
        "./prometheus/rules",
        "./grafana/dashboards",
        "./grafana/provisioning/datasource.yml",
        "./grafana/provisioning/dashboards.yml",
    ):
        assert wanted in mounted
        assert (ROOT / "deploy" / wanted).exists()
