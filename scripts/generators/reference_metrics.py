"""docs/reference/metrics.md: every metric that a process exposes, read from the source."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.generators._code import ROOT, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OWNS = ["docs/reference/metrics.md"]

_WORDS = """\
Prometheus text at `/metrics` of each process. Domain figures are gauges that every replica exports alike: take
`max without (instance, pod)`, never `sum`. Labels go no finer than the kecamatan. Counters are exposed with `_total`.
"""
_KINDS = {
    "Counter": "counter",
    "Gauge": "gauge",
    "Histogram": "histogram",
    "CounterMetricFamily": "counter",
    "GaugeMetricFamily": "gauge",
    "HistogramMetricFamily": "histogram",
    "DomainGauge": "gauge",
}
_PLACE = ("election", "rehearsal", "region")


@dataclass(frozen=True, order=True)
class Metric:
    """One metric as the source makes it."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    home: str


def generate() -> Iterator[tuple[str, str]]:
    """Yields the one page."""
    rows = [_row(metric) for metric in sorted(set(metrics()))]
    table = ["| metric | kind | labels | what | of |", "|---|---|---|---|---|", *rows]
    yield (
        "docs/reference/metrics.md",
        head("Metrics", "the source of each process", _WORDS) + "\n" + "\n".join(table),
    )


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} | {metric.home} |"


def metrics() -> Iterator[Metric]:
    """Yields every metric that a constructor with a literal name makes, in chassis, services and gateway."""
    for package in ("chassis", "services", "gateway"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from _of(path)


def _of(path: Path) -> Iterator[Metric]:
    home = path.relative_to(ROOT).as_posix()
    module = ast.parse(path.read_text(encoding="utf-8"))
    lists = dict(_named_lists(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and (kind := _kind(node.func)) is not None:
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if texts and isinstance(texts[0], str):
                words = texts[1] if len(texts) > 1 and isinstance(texts[1], str) else ""
                help_ = " ".join(words.split()).replace("|", "\\|")
                yield Metric(texts[0], kind, help_, tuple(_labels(node, lists)), home)


def _named_lists(module: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields every list of words that has a name in a file, for labels that several metrics share."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple):
            words = tuple(_words(node.value))
            yield from ((target.id, words) for target in node.targets if isinstance(target, ast.Name))


def _words(found: ast.List | ast.Tuple) -> Iterator[str]:
    for item in found.elts:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def _kind(function: ast.expr) -> str | None:
    name = (
        function.id
        if isinstance(function, ast.Name)
        else function.attr
        if isinstance(function, ast.Attribute)
        else ""
    )
    return _KINDS.get(name)


def _labels(call: ast.Call, lists: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if isinstance(call.func, ast.Name) and call.func.id == "DomainGauge":
        yield from _PLACE
    named = (keyword.value for keyword in call.keywords if keyword.arg in {"labelnames", "labels"})
    for argument in (*call.args[2:], *named):
        if isinstance(argument, ast.List | ast.Tuple):
            for item in argument.elts:
                if isinstance(item, ast.Starred) and isinstance(item.value, ast.Name):
                    yield from lists.get(item.value.id, ())
            yield from _words(argument)
