"""Commands on the voting day. `record_reports` is written for a list; the single route reaches it through the coalescer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from chassis.coalescer import Item
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import Problem
from contracts.turnout_events import MilestoneRecorded, TurnoutRecorded
from services.turnout.errors import TpsUnknown
from services.turnout.rules.voting_days import Figures, milestone_findings, report_findings
from services.turnout.schemas.voting_days import MilestoneIn, MilestoneOut, TurnoutReportIn, TurnoutReportOut
from services.turnout.tables.codes import by_code, find_tps
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
    """Record that a TPS reached a milestone; nothing that happened is refused, whatever the stage.

    A code that a TPS had before means the TPS, where nobody has it now.

    Emits:
        voting_day.milestone_recorded

    Raises:
        TpsUnknown: the election has no such TPS.
    """
    known = await find_tps(uow, origin.election, tps_code)
    if known is None:
        raise TpsUnknown(
            f"No TPS has the code {tps_code}.", detail_id=f"Tidak ada TPS dengan kode {tps_code}."
        )
    found = await uow.session.exec(
        select(VotingDay, TpsRef)
        .join(TpsRef, col(TpsRef.tps_id) == VotingDay.tps_id)
        .where(TpsRef.tps_id == known["tps_id"])
        .with_for_update(of=VotingDay)
    )
    day, tps = found.one()
    findings = milestone_findings(
        command.milestone, occurred_at=command.occurred_at, zone=tps.zone, dissolved=not tps.active
    )
    day.version += 1
    if day.milestone_at is None or command.occurred_at >= day.milestone_at:
        day.milestone, day.milestone_at = command.milestone, command.occurred_at
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


@dataclass(slots=True)
class _Day:
    """A locked voting day while a list of reports changes it."""

    tps: Row
    version: int
    totals: dict[str, int]
    standing: dict[str, tuple[int, int, int]]


# Probes of indexes (`limit 1`, `any`): as joins, these read whole tables for one report wherever PostgreSQL has planned them
# while the tables were small.
_LOCK_DAYS = by_code("""
select c.election, c.tps_code as asked, t.tps_code, t.tps_id, t.dpt_men + t.dpt_women as dpt, t.active, v.version
from unnest($1::text[], $2::text[]) c(election, tps_code)
cross join lateral (<tps>) t
join voting_day v using (tps_id)
order by t.tps_id for update of v
""")
_STANDING = "select tps_id, slot, men, women, total from turnout_report where tps_id = any($1::uuid[])"
_WRITE = """
with days as (
    update voting_day v set version = u.version from unnest($11::uuid[], $12::bigint[]) u(tps_id, version)
    where v.tps_id = u.tps_id and v.tps_id = any($11::uuid[])
)
insert into turnout_report (tps_id, slot, men, women, total, findings, occurred_at, recorded_at, actor, channel)
select tps_id, slot, men, women, total, string_to_array(findings, ' '), occurred_at, recorded_at, actor, channel
from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::int[], $6::text[], $7::timestamptz[], $8::timestamptz[],
            $9::text[], $10::text[])
     u(tps_id, slot, men, women, total, findings, occurred_at, recorded_at, actor, channel)
on conflict (tps_id, slot) do update set men = excluded.men, women = excluded.women, total = excluded.total,
    findings = excluded.findings, occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at,
    actor = excluded.actor, channel = excluded.channel
"""


async def record_reports(uow: UnitOfWork, items: Sequence[Item[RecordReport]]) -> list[Receipt | Problem]:
    """Record turnout reports, many in one transaction, each judged alone.

    A report of a slot that was reported before replaces it; the same figures again change nothing and tell nobody. A code that
    a TPS had before means the TPS, where nobody has it now.

    Returns:
        one result per item, in their order: the receipt, or `TpsUnknown`.

    Emits:
        voting_day.turnout_recorded, one for each report that changed something.
    """
    days = await _lock_days(uow, items)
    results: list[Receipt | Problem] = []
    writes: dict[tuple[UUID, str], tuple[object, ...]] = {}
    for item in items:
        code, report, origin = item.command.tps_code, item.command.report, item.origin
        day = days.get((origin.election, code))
        if day is None:
            results.append(
                TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
            )
            continue
        figures = Figures(
            report.men, report.women, report.men + report.women if report.total is None else report.total
        )
        others = {slot: total for slot, total in day.totals.items() if slot != report.slot}
        dissolved = not day.tps["active"]
        findings = report_findings(
            report.slot, figures, dpt=day.tps["dpt"], others=others, dissolved=dissolved
        )
        outcome = _outcome(day, report.slot, figures)
        if outcome != "unchanged":
            day.version += 1
            day.totals[report.slot] = figures.total
            day.standing[report.slot] = (figures.men, figures.women, figures.total)
            tps_id: UUID = day.tps["tps_id"]
            writes[tps_id, report.slot] = (
                *(tps_id, report.slot, figures.men, figures.women, figures.total, " ".join(findings)),
                *(report.occurred_at, origin.now, origin.actor, origin.channel),
            )
            _emit_report(uow, day, report, figures=figures, findings=findings, origin=origin)
        results.append(
            _receipt(day, report, figures=figures, findings=findings, outcome=outcome, origin=origin)
        )
    if writes:
        touched = {day.tps["tps_id"]: day.version for day in days.values()}
        await uow.execute(_WRITE, *_columns(writes.values()), list(touched), list(touched.values()))
    return results


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
            day = days.setdefault(row["tps_id"], _Day(row, row["version"], {}, {}))
            found[row["election"], row["asked"]] = day
    for row in await uow.fetch(_STANDING, list(days)):
        day = days[row["tps_id"]]
        day.totals[row["slot"]] = row["total"]
        day.standing[row["slot"]] = (row["men"], row["women"], row["total"])
    return found


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _outcome(day: _Day, slot: str, figures: Figures) -> Literal["created", "corrected", "unchanged"]:
    standing = day.standing.get(slot)
    if standing is None:
        return "created"
    return "unchanged" if standing == (figures.men, figures.women, figures.total) else "corrected"


def _emit_report(
    uow: UnitOfWork,
    day: _Day,
    report: TurnoutReportIn,
    *,
    figures: Figures,
    findings: list[str],
    origin: Origin,
) -> None:
    uow.emit(
        TurnoutRecorded(
            tps_id=day.tps["tps_id"],
            tps_code=day.tps["tps_code"],
            slot=report.slot,
            men=figures.men,
            women=figures.women,
            total=figures.total,
            findings=findings,
        ),
        aggregate_id=day.tps["tps_id"],
        version=day.version,
        origin=origin,
        occurred_at=report.occurred_at,
        tps_id=day.tps["tps_id"],
    )


def _receipt(
    day: _Day,
    report: TurnoutReportIn,
    *,
    figures: Figures,
    findings: list[str],
    outcome: Literal["created", "corrected", "unchanged"],
    origin: Origin,
) -> Receipt:
    code: str = day.tps["tps_code"]
    out = TurnoutReportOut(
        tps_code=code,
        slot=report.slot,
        men=figures.men,
        women=figures.women,
        total=figures.total,
        findings=findings,
        outcome=outcome,
        occurred_at=report.occurred_at,
        recorded_at=origin.now,
    )
    location = f"/v1/elections/{origin.election}/tps/{code}/voting-day"
    status: int = 201 if outcome == "created" else 200
    aggregate = f"voting_day/{day.tps['tps_id']}"
    return Receipt(out, location=location, aggregate=aggregate, version=day.version, status=status)
