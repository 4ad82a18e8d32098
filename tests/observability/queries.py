"""Every question that the dashboard and the rules ask, read from their files."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from promql_parser import AggModifierType, AggregateExpr, Call, Expr, MatchOp, VectorSelector

from scripts.generators.reference_metrics import metrics

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "desk.json"
RUNBOOKS = ROOT / "docs" / "runbooks"
OF_PROMETHEUS = {"up", "ALERTS"}
"""What Prometheus itself knows."""


@dataclass(frozen=True)
class Question:
    """A PromQL expression and where it stands."""

    where: str
    expr: str
    legend: str = ""

    def parsed(self, **variables: str) -> Expr:
        """Its tree, with the dashboard's variables filled in."""
        return promql_parser.parse(self.filled(**variables))

    def filled(self, **variables: str) -> str:
        """It as Prometheus would get it from Grafana."""
        known = {"election": "pilkada-2024", "region": "32.71", "__rate_interval": "1m"} | variables
        return re.sub(r"\$(\w+)", lambda found: known[found[1]], self.expr)


@dataclass(frozen=True)
class Selected:
    """A series that an expression selects, with the aggregations and functions around it, outermost first."""

    name: str
    equal: dict[str, str]
    labels: set[str]
    around: tuple[str, ...]


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Every rule, recording and alerting."""
    files = sorted((PROMETHEUS / "rules").glob("*.yml"))
    return tuple(
        rule | {"file": file.name}
        for file in files
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    )


def alerts() -> list[dict[str, Any]]:
    """Every alert."""
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> dict[str, Question]:
    """What is recorded, by its name."""
    return {
        rule["record"]: Question(rule["record"], rule["expr"].strip()) for rule in rules() if "record" in rule
    }


def panels() -> list[dict[str, Any]]:
    """Every panel of the dashboard that is no heading."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def panel_questions() -> list[Question]:
    """Every question of every panel."""
    return [
        Question(f"panel {panel['title']!r}", target["expr"], target["legendFormat"])
        for panel in panels()
        for target in panel["targets"]
    ]


def questions() -> list[Question]:
    """Every question of rules and panels."""
    asked = [Question(rule.get("alert") or rule["record"], rule["expr"].strip()) for rule in rules()]
    return [*asked, *panel_questions()]


def selections(expr: Expr) -> Iterator[Selected]:
    """Every series that an expression selects."""
    found: list[Selected] = []
    around: list[str] = []

    def enter(node: Expr) -> None:
        if isinstance(node, AggregateExpr):
            around.append(_aggregation(node))
        elif isinstance(node, Call):
            around.append(node.func.name)
        elif isinstance(node, VectorSelector):
            matchers = [*node.matchers.matchers, *(m for group in node.matchers.or_matchers for m in group)]
            equal = {m.name: m.value for m in matchers if m.op == MatchOp.Equal}
            found.append(Selected(node.name or "", equal, {m.name for m in matchers}, tuple(around)))

    def leave(node: Expr) -> None:
        if isinstance(node, AggregateExpr | Call):
            around.pop()

    promql_parser.walk(expr, enter, leave)
    yield from found


def _aggregation(node: AggregateExpr) -> str:
    modifier = node.modifier
    if modifier is None:
        return str(node.op)
    word = "without" if modifier.type == AggModifierType.Without else "by"
    return f"{node.op} {word} ({', '.join(sorted(modifier.labels))})"


@cache
def domain_names() -> frozenset[str]:
    """The figures of the election: gauges that every replica exports alike, and what is recorded from them."""
    gauges = {metric.name for metric in metrics() if "election" in metric.labels}
    derived = {
        name
        for name, question in recorded().items()
        if any(selected.name in gauges for selected in selections(question.parsed()))
    }
    return frozenset(gauges | derived)
