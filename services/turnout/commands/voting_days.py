"""Commands on the voting day. `record_reports` is written for a list; the single route reaches it through the coalescer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from chassis.coalescer import Item
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import Problem
from chassis.tps_codes import by_code, code_findings, find_tps
from contracts.turnout_events import MilestoneRecorded, TurnoutRecorded, TurnoutSuperseded
from contracts.vocabulary import Milestone
from services.turnout.errors import tps_unknown
from services.turnout.rules.times import (
    WINDOWS,
    Course,
    VotingDate,
    judge_time,
    order_findings,
    report_window,
)
from services.turnout.rules.voting_days import Figures, milestone_findings, report_findings
from services.turnout.schemas.voting_days import MilestoneIn, MilestoneOut, TurnoutReportIn, TurnoutReportOut
from services.turnout.tables.known import TpsRef
from services.turnout.tables.voting_days import MilestoneRow, VotingDay


@dataclass(frozen=True, slots=True)
class RecordReport:
    """A turnout report and the TPS that it is of."""

    tps_code: str
    report: TurnoutReportIn


async def record_milestone(
    uow: UnitOfWork, tps_code: str, command: MilestoneIn, *, origin: Origin
) -> Receipt:
    """Record that a TPS reached a milestone; nothing that happened is refused, whatever the stage or the device's clock.

    A code that a TPS had before means the TPS, where nobody has it now.

    Emits:
        voting_day.milestone_recorded

    Raises:
        TpsUnknown: the election has no such TPS.
    """
    known = await find_tps(uow, origin.election, tps_code)
    if known is None:
        raise tps_unknown(tps_code)
    found = await uow.session.exec(
        select(VotingDay, TpsRef)
        .join(TpsRef, col(TpsRef.tps_id) == VotingDay.tps_id)
        .where(TpsRef.tps_id == known["tps_id"])
        .with_for_update(of=VotingDay)
    )
    both = found.first()
    if both is None:  # the TPS is known to everybody, its day to its own regions
        raise tps_unknown(tps_code)
    day, tps = both
    told = judge_time(command.occurred_at, origin.now, of=_date_of(tps), window=WINDOWS[command.milestone])
    reached = {Milestone(name): datetime.fromisoformat(at) for name, at in day.reached.items()}
    findings = (
        told.findings
        + code_findings(told.placed_at, known)
        + _milestone_findings(tps, command, placed_at=told.placed_at, reached=reached)
    )
    last = max(told.placed_at, reached.get(command.milestone, told.placed_at))
    day.reached = {**day.reached, command.milestone.value: last.isoformat()}
    day.version += 1
    if day.milestone_at is None or told.placed_at >= day.milestone_at:
        day.milestone, day.milestone_at = command.milestone, told.placed_at
    out = MilestoneOut(
        tps_code=tps.tps_code,
        milestone=command.milestone,
        note=command.note,
        findings=findings,
        occurred_at=command.occurred_at,
        recorded_at=origin.now,
    )
    uow.session.add(
        MilestoneRow(
            tps_id=tps.tps_id,
            version=day.version,
            actor=origin.actor,
            channel=origin.channel,
            **out.model_dump(exclude={"tps_code"}),
        )
    )
    uow.emit(
        MilestoneRecorded(
            tps_id=tps.tps_id,
            tps_code=tps.tps_code,
            milestone=command.milestone,
            note=command.note,
            findings=findings,
        ),
        aggregate_id=tps.tps_id,
        version=day.version,
        origin=origin,
        occurred_at=command.occurred_at,
        tps_id=tps.tps_id,
    )
    location = f"/v1/elections/{origin.election}/tps/{tps.tps_code}/voting-day"
    return Receipt(out, location=location, aggregate=f"voting_day/{tps.tps_id}", version=day.version)


def _date_of(tps: TpsRef) -> VotingDate:
    return VotingDate(tps.voting_date, tps.zone)


def _milestone_findings(
    tps: TpsRef, command: MilestoneIn, *, placed_at: datetime, reached: Mapping[Milestone, datetime]
) -> list[str]:
    own = milestone_findings(
        command.milestone,
        occurred_at=command.occurred_at,
        zone=tps.zone,
        opens=tps.voting_opens,
        closes=tps.voting_closes,
        dissolved=not tps.active,
    )
    course = Course(_date_of(tps), reached, tps.voting_closes)
    return own + order_findings(command.milestone, placed_at, course)


Outcome = Literal["created", "corrected", "unchanged", "superseded"]


@dataclass(frozen=True, slots=True)
class _Report:
    """A report of a slot: its figures, and the two times that it was told with."""

    figures: Figures
    occurred_at: datetime
    recorded_at: datetime


@dataclass(slots=True)
class _Day:
    """A locked voting day while a list of reports changes it."""

    tps: Row
    version: int
    standing: dict[str, _Report]

    @property
    def date(self) -> VotingDate:
        """Return when the TPS votes."""
        return VotingDate(self.tps["voting_date"], self.tps["zone"])


# Probes of indexes (`limit 1`, `any`): as joins, these read whole tables for one report wherever PostgreSQL has planned them
# while the tables were small.
_LOCK_DAYS = by_code("""
select c.election, c.tps_code as asked, t.tps_code, t.tps_id, t.dpt_men + t.dpt_women as dpt, t.active,
       t.voting_date, t.zone, t.voting_opens, t.voting_closes, t.had_by_another, t.code_since,
       v.version
from unnest($1::text[], $2::text[]) c(election, tps_code)
cross join lateral (<tps>) t
join voting_day v using (tps_id)
order by t.tps_id for update of v
""")
_STANDING = """select tps_id, slot, men, women, total, occurred_at, recorded_at from turnout_report
    where tps_id = any($1::uuid[])"""
_WRITE = """
with days as (
    update voting_day v set version = u.version from unnest($12::uuid[], $13::bigint[]) u(tps_id, version)
    where v.tps_id = u.tps_id and v.tps_id = any($12::uuid[])
)
insert into turnout_report (tps_id, slot, men, women, total, findings, occurred_at, recorded_at, actor, channel,
                            granted_region)
select tps_id, slot, men, women, total, string_to_array(findings, ' '), occurred_at, recorded_at, actor, channel,
       granted_region
from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::int[], $6::text[], $7::timestamptz[], $8::timestamptz[],
            $9::text[], $10::text[], $11::text[])
     u(tps_id, slot, men, women, total, findings, occurred_at, recorded_at, actor, channel, granted_region)
on conflict (tps_id, slot) do update set men = excluded.men, women = excluded.women, total = excluded.total,
    findings = excluded.findings, occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at,
    actor = excluded.actor, channel = excluded.channel, granted_region = excluded.granted_region
"""


_COLUMNS = 11
"""Of a report in `_WRITE`."""


async def record_reports(uow: UnitOfWork, items: Sequence[Item[RecordReport]]) -> list[Receipt | Problem]:
    """Record turnout reports, many in one transaction, each judged alone.

    Of two reports of one slot the one that was made later stands, in whatever order they come: the other is told of and
    changes nothing. The same figures again change nothing and tell nobody. A code that a TPS had before means the TPS, where
    nobody has it now.

    Returns:
        one result per item, in their order: the receipt, or `TpsUnknown`.

    Emits:
        voting_day.turnout_recorded, one for each report that changed something; voting_day.turnout_superseded for each that
        came after one that was made later.
    """
    days = await _lock_days(uow, items)
    results: list[Receipt | Problem] = []
    writes: dict[tuple[UUID, str], tuple[object, ...]] = {}
    for item in items:
        code, report, origin = item.command.tps_code, item.command.report, item.origin
        day = days.get((origin.election, code))
        if day is None:
            results.append(tps_unknown(code))
            continue
        judged = _judge(day, report, now=origin.now)
        if judged.outcome != "unchanged":
            day.version += 1
            _emit_report(uow, day, report, judged=judged, origin=origin)
        if judged.outcome in {"created", "corrected"}:
            tps_id, figures = day.tps["tps_id"], judged.figures
            day.standing[report.slot] = _Report(figures, report.occurred_at, origin.now)
            writes[tps_id, report.slot] = (
                *(tps_id, report.slot, figures.men, figures.women, figures.total, " ".join(judged.findings)),
                *(report.occurred_at, origin.now, origin.actor, origin.channel, origin.granted_region),
            )
        results.append(_receipt(day, report, judged=judged, origin=origin))
    touched = {day.tps["tps_id"]: day.version for day in days.values() if day.version != day.tps["version"]}
    if touched:
        columns = _columns(writes.values()) or [[] for _ in range(_COLUMNS)]
        await uow.execute(_WRITE, *columns, list(touched), list(touched.values()))
    return results


@dataclass(frozen=True, slots=True)
class _Judged:
    """A report once the rules have looked at it."""

    figures: Figures
    findings: list[str]
    outcome: Outcome


def _judge(day: _Day, report: TurnoutReportIn, *, now: datetime) -> _Judged:
    """Ask the rules what is to be said of a report, and whether it is the one of its slot that stands."""
    total = report.men + report.women if report.total is None else report.total
    figures = Figures(report.men, report.women, total)
    window = report_window(report.slot)
    told = judge_time(report.occurred_at, now, of=day.date, window=window)
    findings = told.findings + report_findings(
        report.slot,
        figures,
        dpt=day.tps["dpt"],
        others={slot: other.figures.total for slot, other in day.standing.items() if slot != report.slot},
        opens=day.tps["voting_opens"],
        closes=day.tps["voting_closes"],
        dissolved=not day.tps["active"],
    )
    findings += code_findings(told.placed_at, day.tps)
    standing = day.standing.get(report.slot)
    if standing is None:
        return _Judged(figures, findings, "created")
    if standing.figures == figures:
        return _Judged(figures, findings, "unchanged")
    stands = judge_time(standing.occurred_at, standing.recorded_at, of=day.date, window=window)
    if told.placed_at < stands.placed_at:
        return _Judged(figures, [*findings, "W-REPORT-ORDER"], "superseded")
    return _Judged(figures, findings, "corrected")


async def _lock_days(uow: UnitOfWork, items: Sequence[Item[RecordReport]]) -> Mapping[tuple[str, str], _Day]:
    """Lock the days of TPS and return them by the election and code that were asked for, one by two codes where both mean it."""
    wanted = {(item.origin.election, item.command.tps_code) for item in items}
    days: dict[UUID, _Day] = {}
    found: dict[tuple[str, str], _Day] = {}
    for statement in _LOCK_DAYS:
        missing = sorted(wanted - found.keys())
        if not missing:
            break
        for row in await uow.fetch(statement, *_columns(missing)):
            day = days.setdefault(row["tps_id"], _Day(row, row["version"], {}))
            found[row["election"], row["asked"]] = day
    for row in await uow.fetch(_STANDING, list(days)):
        figures = Figures(row["men"], row["women"], row["total"])
        days[row["tps_id"]].standing[row["slot"]] = _Report(figures, row["occurred_at"], row["recorded_at"])
    return found


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _emit_report(
    uow: UnitOfWork, day: _Day, report: TurnoutReportIn, *, judged: _Judged, origin: Origin
) -> None:
    kind = TurnoutSuperseded if judged.outcome == "superseded" else TurnoutRecorded
    uow.emit(
        kind(
            tps_id=day.tps["tps_id"],
            tps_code=day.tps["tps_code"],
            slot=report.slot,
            men=judged.figures.men,
            women=judged.figures.women,
            total=judged.figures.total,
            findings=judged.findings,
        ),
        aggregate_id=day.tps["tps_id"],
        version=day.version,
        origin=origin,
        occurred_at=report.occurred_at,
        tps_id=day.tps["tps_id"],
    )


def _receipt(day: _Day, report: TurnoutReportIn, *, judged: _Judged, origin: Origin) -> Receipt:
    code: str = day.tps["tps_code"]
    out = TurnoutReportOut(
        tps_code=code,
        slot=report.slot,
        men=judged.figures.men,
        women=judged.figures.women,
        total=judged.figures.total,
        findings=judged.findings,
        outcome=judged.outcome,
        occurred_at=report.occurred_at,
        recorded_at=origin.now,
    )
    location = f"/v1/elections/{origin.election}/tps/{code}/voting-day"
    status: int = 201 if judged.outcome == "created" else 200
    aggregate = f"voting_day/{day.tps['tps_id']}"
    return Receipt(out, location=location, aggregate=aggregate, version=day.version, status=status)
