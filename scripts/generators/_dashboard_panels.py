"""What the dashboard shows: its rows and panels, and the question that each of them asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["stat", "lines", "stack", "bars"]
NOTHING = "tidak ada · none"
"""What a panel says that is empty on a good day."""

_HERE = 'election="$election", region="$region"'


@dataclass(frozen=True)
class Query:
    """What a panel asks, and what it calls the series that come back."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        says: what one reads off it, for whoever points at its corner.
        width: of the 24 columns.
        alarm_from: from this value on it is red.
        good_from: from this value on it is green, below it is amber.
        may_be_empty: whether nothing to show is what one hopes for; then it says so.
    """

    title: str
    kind: Kind
    queries: Sequence[Query]
    says: str
    unit: str = "none"
    width: int = 8
    height: int = 7
    alarm_from: float | None = None
    good_from: float | None = None
    may_be_empty: bool = False


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


def domain(name: str, *, legend: str = "") -> Query:
    """Return the query of a figure of the election in the region that was chosen.

    Example: `domain("desk_tps_count").expr` is
    `max without (instance, pod) (desk_tps_count{election="$election", region="$region"})`.
    """
    return Query(f"max without (instance, pod) ({name}{{{_HERE}}})", legend or name)


def ratio(name: str, *, legend: str) -> Query:
    """Return the query of a recorded ratio in the region that was chosen."""
    return Query(f"{name}{{{_HERE}}}", legend)


DAY = Row(
    "Hari ini · Today",
    [
        Panel(
            "Jam desk · Desk time", "stat", [Query("1000 * max(desk_clock_seconds)", "desk")],
            "What the desk's clock shows; in a rehearsal it may run faster than yours.", "dateTimeAsIso", 5, 4,
        ),
        Panel(
            "Laju jam · Clock speed", "stat", [Query("max(desk_clock_speed_ratio)", "speed")],
            "Desk seconds per second; 0 means that the clock is held.", "suffix:×", 3, 4,
        ),
        Panel(
            "Kotak diterima · Boxes received", "stat", [ratio("region:supply_done:ratio", legend="TPS")],
            "TPS that have the sealed boxes of all their contests, of those whose need is known.",
            "percentunit", 4, 4, good_from=1,
        ),
        Panel(
            "TPS buka · TPS opened", "stat", [ratio("region:tps_opened:ratio", legend="TPS")],
            "TPS that have said that they opened.", "percentunit", 4, 4, good_from=1,
        ),
        Panel(
            "Partisipasi · Turnout", "stat",
            [domain("desk_turnout_ratio", legend="sementara · so far"), domain("desk_turnout_target_ratio", legend="target")],
            "Voters who voted, as the TPS that reported say, of everybody on the list.", "percentunit", 4, 4,
        ),
        Panel(
            "Formulir masuk · Forms in", "stat", [ratio("region:forms_verified:ratio", legend="{{contest}}")],
            "Forms C.Hasil that two entries agree on, or a third has settled. Not the official result.", "percentunit", 4, 4,
        ),
        Panel(
            "Sepuluh butir · The ten points", "bars", [domain("desk_point_ratio", legend="{{point}}")],
            "What is done of each point of the desk; a point without data is not shown, and never green.",
            "percentunit", 12, 8, good_from=1,
        ),
        Panel(
            "Peringatan · Alerts", "bars",
            [Query('count by (alertname, severity) (ALERTS{alertstate="firing"})', "{{severity}} {{alertname}}")],
            "Alerts that fire now; each has a page in docs/runbooks.", "none", 12, 8,
            alarm_from=1, may_be_empty=True,
        ),
    ],
)  # fmt: skip
SUPPLY = Row(
    "Logistik H-1 · Logistics",
    [
        Panel(
            "Kotak menurut tempat · Boxes by place", "stack", [domain("desk_boxes_count", legend="{{state}}")],
            "Where the sealed boxes are by their last hand-over.", width=10,
        ),
        Panel(
            "TPS · Polling stations", "lines",
            [
                domain("desk_supply_tps", legend="perlu · in need"),
                domain("desk_supply_done_tps", legend="lengkap · complete"),
                domain("desk_supply_on_time_tps", legend="tepat waktu · on time"),
                domain("desk_supply_overdue_tps", legend="terlambat · overdue"),
                domain("desk_supply_discrepancy_tps", legend="selisih · discrepancy"),
            ],
            "TPS whose boxes are all there, those that are late, and those with a box in open discrepancy.", width=9,
        ),
        Panel(
            "Sisa waktu H-1 · Time to H-1", "stat", [domain("desk_supply_deadline_seconds", legend="H-1")],
            "Desk time until the earliest deadline of a TPS without all its boxes; empty when none is left.", "s", 5, 7,
            may_be_empty=True,
        ),
    ],
)  # fmt: skip
VOTING = Row(
    "Pemungutan suara · Voting",
    [
        Panel(
            "Tahapan TPS · Milestones", "lines", [domain("desk_milestone_tps", legend="{{milestone}}")],
            "TPS that have reached each milestone of their day.", width=9,
        ),
        Panel(
            "Laporan partisipasi · Slots reported", "bars", [ratio("region:turnout_slot:ratio", legend="{{slot}}")],
            "TPS that have reported each slot, of those that opened.", "percentunit", 6, good_from=0.9,
        ),
        Panel(
            "Pengguna hak pilih · Voted", "stack", [domain("desk_turnout_voted_count", legend="{{sex}}")],
            "Voters who voted, as the TPS that reported say; what was not reported is not in it.", width=6,
        ),
        Panel(
            "Menuju buka dan tutup · To opening, closing", "stat",
            [
                domain("desk_voting_opens_seconds", legend="buka · opens"),
                domain("desk_voting_closes_seconds", legend="tutup · closes"),
            ],
            "Desk time until voting opens and closes here; negative once it has.", "s", 3, 7,
        ),
    ],
)  # fmt: skip
COUNTING = Row(
    "Penghitungan · Counting (bukan hasil resmi · not the official result)",
    [
        Panel(
            "C.Hasil menurut status · Forms by state", "lines",
            [
                domain("desk_forms_count", legend="{{contest}} {{state}}"),
                domain("desk_forms_expected_count", legend="{{contest}} semua · all"),
            ],
            "Forms entered once, in dispute, held for their figures, and verified. Votes are never here.", width=16,
        ),
        Panel(
            "Menunggu penyelesaian · Waiting to be settled", "bars",
            [domain("desk_forms_waiting_oldest_seconds", legend="{{state}}")],
            "How long the oldest form that is held or in dispute has waited, in desk time.", "s",
            alarm_from=7200, may_be_empty=True,
        ),
    ],
)  # fmt: skip
INCIDENTS = Row(
    "Kejadian dan pekerjaan · Incidents and work",
    [
        Panel(
            "Kejadian terbuka · Open incidents", "stack",
            [domain("desk_incidents_open_count", legend="{{category}} {{state}}")],
            "Incidents that are not closed, by category and state.", may_be_empty=True,
        ),
        Panel(
            "Lewat waktu · Past their clock", "bars",
            [domain("desk_incidents_overdue_count", legend="{{category}} {{clock}}")],
            "Clocks of open incidents that have run out.", alarm_from=1, may_be_empty=True,
        ),
        Panel(
            "Masalah, saran, tugas · Problems, advice, tasks", "lines",
            [
                domain("desk_work_open_count", legend="{{kind}} terbuka · open"),
                domain("desk_work_overdue_count", legend="{{kind}} lewat · overdue"),
            ],
            "What is open, and what is past its date.",
        ),
    ],
)  # fmt: skip
EVENTS = Row(
    "Ledgers, topics, projections",
    [
        Panel(
            "Oldest unpublished event", "lines",
            [Query("service:desk_outbox_unpublished_oldest_seconds:max", "{{service}}")],
            "Age of the oldest event that is committed and not on its topic; over 10 s is an alert.", "s", 6, alarm_from=10,
        ),
        Panel(
            "Events published", "lines",
            [Query("sum by (service) (rate(desk_relay_published_events_total[$__rate_interval]))", "{{service}}")],
            "Events per second that the broker acknowledged.", "ops", 6,
        ),
        Panel(
            "Lag per source", "lines",
            [Query("max without (instance, pod) (desk_source_lag_seconds)", "{{service}} of {{source}}")],
            "Age of the moment up to which everything of a source is known; over 5 s is an alert.", "s", 6, alarm_from=5,
        ),
        Panel(
            "Consumer lag", "lines", [Query("consumer:desk_consumer_lag_records:sum", "{{service}}")],
            "Records on the topics not yet taken in.", "none", 6,
        ),
        Panel(
            "Dead letters", "stat", [Query("max without (instance, pod) (desk_dead_letters)", "{{service}}")],
            "Records that could not be taken in and are unsettled: their aggregates wait.", "none", 6, 5, alarm_from=1,
        ),
        Panel(
            "Drift of totals", "stat", [domain("desk_reconciler_drift_count", legend="{{region}}")],
            "Totals that are not the sum of their rows; anything but 0 is an alert.", "none", 4, 5, alarm_from=1,
        ),
        Panel(
            "Since the last look", "stat",
            [
                Query("max without (instance, pod) (desk_reconciler_age_seconds)", "totals compared"),
                Query("max without (instance, pod) (desk_figures_age_seconds)", "figures of {{service}}"),
            ],
            "Age of the last comparison of totals with rows, and of the figures on this page.", "s", 8, 5,
        ),
        Panel(
            "Streams", "stat", [Query("sum(desk_stream_clients_count)", "open")],
            "Event streams that are open at all gateways.", "none", 6, 5,
        ),
    ],
)  # fmt: skip
PROCESSES = Row(
    "Processes",
    [
        Panel(
            "Up", "stat", [Query('up{job="desk"}', "{{service}}")], "Processes that answer.", "none", 6, 7, good_from=1
        ),
        Panel(
            "Parts", "bars", [Query("desk_part_state == 1", "{{service}} {{part}}: {{state}}")],
            "What each part of each process does.", "none", 10,
        ),
        Panel(
            "Commands waiting for a group", "lines",
            [
                Query("desk_coalescer_waiting_commands / desk_coalescer_capacity_commands", "{{service}} {{command}}"),
                Query("rate(desk_coalescer_refused_commands_total[$__rate_interval])", "{{service}} {{command}} refused/s"),
            ],
            "Share of the queue that is full; beyond it commands get 503 with Retry-After.", "percentunit", 8, alarm_from=0.8,
        ),
        Panel(
            "Requests", "lines", [Query("service:http_requests:rate1m", "{{service}}")], "Requests per second.", "reqps", 6
        ),
        Panel(
            "Errors", "lines", [Query("service:http_errors:ratio_rate1m", "{{service}}")],
            "Share of answers that are 5xx.", "percentunit", 6, alarm_from=0.02,
        ),
        Panel(
            "99 % of answers within", "lines", [Query("service:http_request_duration_seconds:p99_5m", "{{service}}")],
            "Streams left out.", "s", 6,
        ),
        Panel(
            "Memory", "lines", [Query('process_resident_memory_bytes{job="desk"}', "{{service}}")],
            "Resident memory of each process.", "bytes", 6,
        ),
    ],
)  # fmt: skip
ROWS = (DAY, SUPPLY, VOTING, COUNTING, INCIDENTS, EVENTS, PROCESSES)
