"""Check-ins of officers, written for a list: the single route reaches it through the coalescer, a batch is one group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.coalescer import Item
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import Problem
from contracts.registry_people_events import Duty
from contracts.zones import zone_of
from services.registry.commands.rosters import Crew, lock_rosters, tell_roster
from services.registry.errors import ElectionUnknown, SlotEmpty, TpsUnknown
from services.registry.rules.check_ins import Hours, Placed, findings_of, place_check_in
from services.registry.rules.rosters import Holder
from services.registry.schemas.check_ins import CheckInIn, CheckInOut
from services.registry.tables.frames import Frame, TpsState, find_tps, load_frame
from services.registry.tables.people import holder_of


@dataclass(frozen=True, slots=True)
class RecordCheckIn:
    """A check-in and the TPS that it is at."""

    tps_code: str
    said: CheckInIn


@dataclass(slots=True)
class _Roster:
    """A locked roster while a list of check-ins changes it.

    Attributes:
        told: the posts of which something was told that counts.
        changed_by: whose check-in changed who is present; one list has one for each roster.
    """

    tps: TpsState
    version: int
    held: dict[tuple[Duty, int], Holder] = field(default_factory=dict[tuple[Duty, int], Holder])
    told: set[tuple[Duty, int]] = field(default_factory=set[tuple[Duty, int]])
    changed_by: Origin | None = None

    @property
    def after(self) -> int:
        """Return the version that the list leaves."""
        return self.version + (self.changed_by is not None)

    def place(self, post: tuple[Duty, int], placed: Placed, *, present: bool, origin: Origin) -> bool:
        """Take in that somebody is there, or not; return whether that is new."""
        before = self.held[post]
        self.held[post] = replace(before, present=present, present_at=placed.at)
        self.told.add(post)
        if (before.present is True) is not present:
            self.changed_by = origin
        return before.present is not present


@dataclass(frozen=True, slots=True)
class _Day:
    """What one election's check-ins of a group are judged by."""

    frame: Frame
    tps: Mapping[str, TpsState]
    rosters: Mapping[UUID, _Roster]


async def record_check_ins(uow: UnitOfWork, items: Sequence[Item[RecordCheckIn]]) -> list[Receipt | Problem]:
    """Record who is at their TPS, many in one transaction, each judged alone.

    Of two check-ins of one post the one that was made later stands, in whatever order they come. What is not of the voting day
    is kept, and makes nobody present.

    Returns:
        one result per item, in their order: the receipt, or `ElectionUnknown`, `TpsUnknown`, `SlotEmpty`.

    Emits:
        tps_roster.changed, one for each roster in which somebody is present now who was not, or the other way round.
    """
    days: dict[str, _Day | ElectionUnknown] = {}
    for election in dict.fromkeys(item.origin.election for item in items):
        codes = [item.command.tps_code for item in items if item.origin.election == election]
        days[election] = await _day(uow, election, codes)
    results: list[Receipt | Problem] = []
    log: list[tuple[object, ...]] = []
    for item in items:
        day = days[item.origin.election]
        results.append(day if isinstance(day, Problem) else _record(day, item, log))
    rosters = [roster for day in days.values() if isinstance(day, _Day) for roster in day.rosters.values()]
    await _write(uow, rosters, log)
    for day in days.values():
        if isinstance(day, _Day):
            _tell(uow, day)
    return results


async def _day(uow: UnitOfWork, election: str, codes: Sequence[str]) -> _Day | ElectionUnknown:
    try:
        frame = await load_frame(uow, election, lock="for share")
    except ElectionUnknown as problem:
        return problem
    known = await find_tps(uow, election, codes, lock=True)
    by_id = {state.tps_id: state for state in known.values()}
    versions = await lock_rosters(uow, list(by_id))
    rosters = {roster_id: _Roster(by_id[roster_id], version) for roster_id, version in versions.items()}
    for row in await uow.fetch("select * from officer where tps_id = any($1::uuid[])", list(rosters)):
        rosters[row["tps_id"]].held[Duty(row["duty"]), row["slot"]] = holder_of(row)
    return _Day(frame, known, rosters)


def _record(day: _Day, item: Item[RecordCheckIn], log: list[tuple[object, ...]]) -> Receipt | Problem:
    code, said, origin = item.command.tps_code, item.command.said, item.origin
    tps = day.tps.get(code)
    if tps is None:
        return TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    roster = day.rosters.get(tps.tps_id)
    holder = roster.held.get((said.duty, said.slot)) if roster else None
    if roster is None or holder is None:
        return SlotEmpty("Nobody holds this post.", detail_id="Posisi ini belum terisi.")
    hours, active = _hours(tps, day.frame), tps.facts.active
    placed = place_check_in(said.occurred_at, origin.now, hours=hours, present=said.present, active=active)
    superseded = holder.present_at is not None and placed.at < holder.present_at
    counts = placed.of_the_day and not superseded
    is_new = not counts or roster.place((said.duty, said.slot), placed, present=said.present, origin=origin)
    out = CheckInOut(
        tps_code=tps.code,
        duty=said.duty,
        slot=said.slot,
        present=said.present,
        counts=counts,
        findings=list(findings_of(placed, superseded=superseded)),
        outcome="superseded" if superseded else "recorded" if is_new else "unchanged",
        occurred_at=said.occurred_at,
        recorded_at=origin.now,
    )
    log.append(
        (
            *(uuid7(), tps.tps_id, said.duty.value, said.slot, holder.person, said.present),
            *(" ".join(out.findings), said.occurred_at, origin.now, origin.actor, origin.channel),
        )
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/tps/{tps.code}/officers",
        aggregate=f"tps_roster/{tps.tps_id}",
        version=roster.after,
    )


def _hours(tps: TpsState, frame: Frame) -> Hours:
    facts = tps.facts
    return Hours(
        facts.voting_date or frame.voting_date,
        facts.voting_opens or frame.settings.voting_opens.value,
        zone_of(tps.code),
    )


_LOG = """
insert into check_in (id, tps_id, duty, slot, person, present, findings, occurred_at, recorded_at, actor, channel)
select id, tps_id, duty, slot, person, present, string_to_array(findings, ' '), occurred_at, recorded_at, actor, channel
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::bool[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::text[], $11::text[])
     u(id, tps_id, duty, slot, person, present, findings, occurred_at, recorded_at, actor, channel)
"""
_MARK = """
update officer o set present = u.present, present_at = u.present_at
from unnest($1::uuid[], $2::text[], $3::int[], $4::bool[], $5::timestamptz[]) u(tps_id, duty, slot, present, present_at)
where (o.tps_id, o.duty, o.slot) = (u.tps_id, u.duty, u.slot)
"""


async def _write(uow: UnitOfWork, rosters: Sequence[_Roster], log: Sequence[tuple[object, ...]]) -> None:
    if not log:
        return
    await uow.execute(_LOG, *(list(column) for column in zip(*log, strict=True)))
    marks = [
        (
            roster.tps.tps_id,
            duty.value,
            slot,
            roster.held[duty, slot].present,
            roster.held[duty, slot].present_at,
        )
        for roster in rosters
        for duty, slot in sorted(roster.told)
    ]
    if marks:
        await uow.execute(_MARK, *(list(column) for column in zip(*marks, strict=True)))
    raised = {roster.tps.tps_id: roster.after for roster in rosters if roster.changed_by is not None}
    await uow.execute(
        """update tps_roster r set version = u.version from unnest($1::uuid[], $2::bigint[]) u(tps_id, version)
           where r.tps_id = u.tps_id""",
        list(raised),
        list(raised.values()),
    )


def _tell(uow: UnitOfWork, day: _Day) -> None:
    for roster in day.rosters.values():
        if roster.changed_by is not None:
            held = [(duty, slot, holder) for (duty, slot), holder in roster.held.items()]
            crew = Crew(roster.tps.tps_id, roster.tps.code)
            tell_roster(uow, crew, held, version=roster.after, frame=day.frame, origin=roster.changed_by)
