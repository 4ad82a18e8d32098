"""deploy/grafana/dashboards/desk.json: the one dashboard, built with Grafana's own library and never drawn by hand.

Rows for the desk's people have Indonesian titles first. Figures of the election are gauges that every replica exports
alike, so each is taken as `max without (instance, pod)`; tests refuse a `sum` over them.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import bargauge, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders.common import ReduceDataOptions, StackingConfig, VizLegendOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    GridPos,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)

from scripts.generators._dashboard_panels import NOTHING, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models.dashboard import Panel as BuiltPanel

    from scripts.generators._dashboard_panels import Panel

OWNS = ["deploy/grafana/dashboards/*.json"]
UID = "desk-pilkada"
_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH = 24


def generate() -> Iterator[tuple[str, str]]:
    """Yields the dashboard."""
    yield (
        "deploy/grafana/dashboards/desk.json",
        JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(build().build()),
    )


def build() -> dashboards.Dashboard:
    """Returns the dashboard with every row, laid out from left to right and top to bottom."""
    board = (
        dashboards.Dashboard("Desk Pilkada")
        .uid(UID)
        .description(
            "Made by scripts/generate from scripts/generators/grafana_dashboard.py. Do not edit. "
            "Bukan hasil resmi. / Not the official result."
        )
        .tags(["desk-pilkada"])
        .readonly()
        .refresh("5s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(dashboards.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(
            _variable("election", "Pemilihan · Election", "label_values(desk_tps_count, election)")
        )
        .with_variable(
            _variable(
                "region", "Wilayah · Region", 'label_values(desk_tps_count{election="$election"}, region)'
            )
        )
    )
    y, ids = 0, count(1)
    for row in ROWS:
        heading = dashboards.Row(row.title).id(next(ids)).grid_pos(GridPos(h=1, w=_WIDTH, x=0, y=y))
        board, y = board.with_row(heading), y + 1
        for panel, place in _laid_out(row.panels, y=y):
            board = board.with_panel(_panel(panel, place, id_=next(ids)))
            y = max(y, place.y + place.h)
    return board


def _variable(name: str, label: str, query: str) -> dashboards.QueryVariable:
    return (
        dashboards.QueryVariable(name)
        .label(label)
        .datasource(_SOURCE)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _laid_out(panels: Sequence[Panel], *, y: int) -> Iterator[tuple[Panel, GridPos]]:
    """Yields each panel with its place; one that does not fit beside the last begins a line."""
    x = line = 0
    for panel in panels:
        if x + panel.width > _WIDTH:
            x, y, line = 0, y + line, 0
        yield panel, GridPos(h=panel.height, w=panel.width, x=x, y=y)
        x, line = x + panel.width, max(line, panel.height)


def _panel(panel: Panel, place: GridPos, *, id_: int) -> Builder[BuiltPanel]:
    made: stat.Panel | timeseries.Panel | bargauge.Panel
    match panel.kind:
        case "stat":
            made = stat.Panel().graph_mode(BigValueGraphMode.NONE).reduce_options(_newest())
        case "bars":
            made = (
                bargauge.Panel()
                .orientation(VizOrientation.HORIZONTAL)
                .display_mode(BarGaugeDisplayMode.BASIC)
                .reduce_options(_newest())
            )
        case "lines" | "stack":
            legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
            made = timeseries.Panel().legend(legend.show_legend(True)).fill_opacity(8)  # noqa: FBT003 - the library's way
            if panel.kind == "stack":
                made = made.stacking(StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(40)
    made = (
        made.title(panel.title).description(panel.says).datasource(_SOURCE).unit(panel.unit).grid_pos(place)
    )
    made = made.id(id_).no_value(NOTHING if panel.may_be_empty else "–").thresholds(_thresholds(panel))
    for n, query in enumerate(panel.queries):
        made = made.with_target(
            prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(chr(ord("A") + n))
        )
    return made


def _newest() -> ReduceDataOptions:
    return ReduceDataOptions().calcs(["lastNotNull"])


def _thresholds(panel: Panel) -> dashboards.ThresholdsConfig:
    steps = [Threshold(value=None, color="text")]
    if panel.good_from is not None:
        steps = [Threshold(value=None, color="orange"), Threshold(value=panel.good_from, color="green")]
    if panel.alarm_from is not None:
        steps = [Threshold(value=None, color="green"), Threshold(value=panel.alarm_from, color="red")]
    return dashboards.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
