"""Commands on training sessions: what they are, and who attended. Who attended is trained, wherever they serve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.actor import Actor, require_region
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.registry_people_events import TrainingChanged, TrainingState
from services.registry.commands.facilities import region_misfits
from services.registry.commands.frame import judge, locked_by_code, refuse, status_of
from services.registry.commands.keepers import keeper_of, require_keeper
from services.registry.commands.roster_marks import mark_officers
from services.registry.events import training_changed
from services.registry.rules.keeping import Keeper
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.trainings import (
    AttendanceIn,
    AttendanceList,
    AttendanceReceipt,
    AttendanceResult,
    TrainingFacts,
    TrainingIn,
    TrainingReceipt,
)
from services.registry.tables.frames import Frame, find_tps, load_frame
from services.registry.tables.people import Training, area_roster_id, training_unknown


async def change_training(
    uow: UnitOfWork,
    code: str,
    command: TrainingIn,
    *,
    expected: int | None,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Plan a session, say that it was held or cancelled, or change what is known of it.

    Emits:
        training.changed, where something changed; the rosters of those who attended, where that counts otherwise now.

    Raises:
        ElectionUnknown: there is no such election.
        InvalidPayload: there is no such region.
        RegionNotCovered: the session is another region's, or another agency keeps it.
        WrongState: it is to be cancelled, and people attended.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    facts = TrainingFacts.model_validate(command.model_dump(exclude={"channel"}))
    refuse(region_misfits(facts.region_code))
    row = await locked_training(uow, origin.election, code)
    keeper = await keeper_of(uow, actor)
    if row is not None:
        require_region(actor, row.region_code)
        require_keeper(keeper, row.kept_by)
    same = row is not None and _facts_of(row) == facts
    outcome = judge(row.version if row else None, expected=expected, same=same)
    persons = await _attendees(uow, row.id) if row else []
    if facts.state is TrainingState.CANCELLED and persons and outcome is not Outcome.UNCHANGED:
        raise WrongState(
            "People attended this session.",
            detail_id="Pelatihan ini sudah ada pesertanya.",
            current_state="attended",
            allowed=["correct the attendance first", "leave it held"],
        )
    if outcome is Outcome.UNCHANGED:
        assert row is not None
        return await _receipt(uow, row, outcome)
    values = facts.model_dump() | {
        "state": facts.state.value,
        "duties": [duty.value for duty in facts.duties],
    }
    if row is None:
        named = {"id": uuid7(), "election": origin.election, "code": code, "version": 1}
        row = Training.model_validate({**values, **named})
    else:
        row.sqlmodel_update(values)
        row.version += 1
    row.kept_by = keeper.keeps(row.kept_by)
    uow.session.add(row)
    await uow.session.flush()
    uow.emit(await _told(uow, row), aggregate_id=row.id, version=row.version, origin=origin)
    await mark_officers(uow, persons, frame=frame, origin=origin)
    return await _receipt(uow, row, outcome)


async def record_attendance(
    uow: UnitOfWork, code: str, command: AttendanceList, *, actor: Actor, expected: int | None, origin: Origin
) -> Receipt:
    """Record who attended a session, each line judged alone; what was recorded before is corrected by the same line again.

    A session that was planned was held, once somebody attended.

    Emits:
        training.changed, where something changed; the rosters of those who are trained now, or are not.

    Raises:
        ElectionUnknown, TrainingUnknown: there is no such thing, or not in the caller's regions.
        RegionNotCovered: another agency keeps the session.
        WrongState: it was cancelled.
        PreconditionFailed: it is there in another version than the caller named, where they named one.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    row = await locked_training(uow, origin.election, code)
    if row is None or not actor.may_touch(row.region_code):
        raise training_unknown(code)
    keeper = await keeper_of(uow, actor)
    require_keeper(keeper, row.kept_by)
    version = row.version
    results = await take_attendance(
        uow, row, command.items, actor=actor, keeper=keeper, frame=frame, origin=origin
    )
    outcome = Outcome.CHANGED if any(each.outcome == "recorded" for each in results) else Outcome.UNCHANGED
    if outcome is Outcome.CHANGED:
        check_version(expected, version)
    receipt = await _receipt(uow, row, outcome)
    assert isinstance(receipt.body, TrainingReceipt)
    out = AttendanceReceipt(**receipt.body.model_dump(), items=results)
    return Receipt(
        out, location=receipt.location, aggregate=receipt.aggregate, version=row.version, status=200
    )


async def take_attendance(
    uow: UnitOfWork,
    row: Training,
    lines: Sequence[AttendanceIn],
    *,
    actor: Actor,
    keeper: Keeper,
    frame: Frame,
    origin: Origin,
    dry_run: bool = False,
) -> list[AttendanceResult]:
    """Take in lines of a session that the caller holds and may change, and return what became of each.

    Emits:
        training.changed, where something changed; the rosters of those who are trained now, or are not.

    Raises:
        WrongState: the session was cancelled.
    """
    if row.state == TrainingState.CANCELLED:
        raise WrongState(
            "The session was cancelled.",
            detail_id="Pelatihan ini dibatalkan.",
            current_state="cancelled",
            allowed=["say that it was held"],
        )
    persons = await _persons_of(uow, lines, actor=actor, election=origin.election)
    known = {
        each["person"]: each["attended"]
        for each in await uow.fetch(
            "select person, attended from training_attendance where training_id = $1", row.id
        )
    }
    results: list[AttendanceResult] = []
    changed: dict[str, bool] = {}
    for line, person in zip(lines, persons, strict=True):
        if isinstance(person, _Refused):
            results.append(AttendanceResult(outcome="refused", code=person.code))
            continue
        same = changed.get(person, known.get(person)) is line.attended
        results.append(AttendanceResult(outcome="unchanged" if same else "recorded", code=None))
        if not same:
            changed[person] = line.attended
    if changed and not dry_run:
        row.kept_by = keeper.keeps(row.kept_by)
        await _write(uow, row, changed, frame=frame, origin=origin)
    return results


async def _write(
    uow: UnitOfWork, row: Training, changed: dict[str, bool], *, frame: Frame, origin: Origin
) -> None:
    await uow.execute(
        """insert into training_attendance (training_id, person, attended, recorded_at, actor)
           select $1, u.*, $4, $5 from unnest($2::text[], $3::bool[]) u
           on conflict (training_id, person) do update set attended = excluded.attended,
               recorded_at = excluded.recorded_at, actor = excluded.actor""",
        *(row.id, list(changed), list(changed.values()), origin.now, origin.actor),
    )
    row.state = TrainingState.HELD.value
    row.version += 1
    uow.session.add(row)
    await uow.session.flush()
    uow.emit(await _told(uow, row), aggregate_id=row.id, version=row.version, origin=origin)
    await mark_officers(uow, list(changed), frame=frame, origin=origin)


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a line is refused."""

    code: Literal["region-not-covered", "place-unknown", "roster-slot-empty"]


async def _persons_of(
    uow: UnitOfWork, lines: Sequence[AttendanceIn], *, actor: Actor, election: str
) -> list[str | _Refused]:
    """Return whom each line names; where they serve elsewhere, the caller has no say in it."""
    codes = [line.place_code for line in lines if line.place_code]
    at_tps = await find_tps(uow, election, [code for code in codes if code.count(".") == 4])
    rosters = {code: state.tps_id for code, state in at_tps.items()}
    rosters |= {code: area_roster_id(election, code) for code in codes if code.count(".") < 4}
    holders = {
        (row["tps_id"], row["duty"], row["slot"]): row["person"]
        for row in await uow.fetch(
            "select tps_id, duty, slot, person from officer where tps_id = any($1::uuid[])",
            list(rosters.values()),
        )
    }
    serving = await _serving(uow, [line.person for line in lines if line.person], election=election)
    return [_person_of(line, rosters, holders, serving, actor=actor) for line in lines]


def _person_of(
    line: AttendanceIn,
    rosters: dict[str, UUID],
    holders: dict[tuple[UUID, str, int], str],
    serving: dict[str, str],
    *,
    actor: Actor,
) -> str | _Refused:
    if line.person is not None:
        place = serving.get(line.person)
        return line.person if place is None or actor.may_touch(place) else _Refused("region-not-covered")
    assert line.place_code is not None
    assert line.duty is not None
    assert line.slot is not None
    if not actor.may_touch(line.place_code):
        return _Refused("region-not-covered")
    roster_id = rosters.get(line.place_code)
    if roster_id is None:
        return _Refused("place-unknown")
    return holders.get((roster_id, line.duty.value, line.slot)) or _Refused("roster-slot-empty")


async def _serving(uow: UnitOfWork, persons: Sequence[str], *, election: str) -> dict[str, str]:
    """Return the place at which each person holds a post, wherever it is."""
    async with uow.beyond_regions():
        rows = await uow.fetch(
            """select o.person, coalesce(r.region_code, t.code) as code from officer o join tps_roster r on r.tps_id = o.tps_id
               left join tps t on t.id = o.tps_id where o.election = $1 and o.person = any($2::text[])""",
            election,
            list(persons),
        )
    return {row["person"]: row["code"] for row in rows}


async def locked_training(uow: UnitOfWork, election: str, code: str) -> Training | None:
    """Return a session and hold it, also where it is not there yet.

    Emits:
        nothing
    """
    return (await locked_by_code(uow, Training, election, [code], name="training")).get(code)


def _facts_of(row: Training) -> TrainingFacts:
    return TrainingFacts.model_validate({name: getattr(row, name) for name in TrainingFacts.model_fields})


async def _attendees(uow: UnitOfWork, training_id: UUID) -> list[str]:
    rows = await uow.fetch(
        "select person from training_attendance where training_id = $1 and attended", training_id
    )
    return [row["person"] for row in rows]


async def _counts(uow: UnitOfWork, training_id: UUID) -> tuple[int, int]:
    row = await uow.fetch_row(
        """select count(*) filter (where attended) as attended, count(*) filter (where not attended) as absent
           from training_attendance where training_id = $1""",
        training_id,
    )
    assert row is not None
    return row["attended"], row["absent"]


async def _told(uow: UnitOfWork, row: Training) -> TrainingChanged:
    attended, absent = await _counts(uow, row.id)
    return training_changed(row, attended=attended, absent=absent)


async def _receipt(uow: UnitOfWork, row: Training, outcome: Outcome) -> Receipt:
    attended, absent = await _counts(uow, row.id)
    out = TrainingReceipt(
        code=row.code,
        version=row.version,
        state=TrainingState(row.state),
        attended=attended,
        absent=absent,
        outcome=outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{row.election}/trainings/{row.code}",
        aggregate=f"training/{row.id}",
        version=row.version,
        status=status_of(outcome),
    )
