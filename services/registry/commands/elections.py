"""Commands that define an election and its contests: what they change is the frame of everything else."""

from uuid_utils.compat import uuid7

from chassis.actor import Actor, require_whole
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import Choice, ElectionSettings, Stage
from contracts.zones import WIB, zone_of
from services.registry.commands.frame import judge, lock_names, refuse, status_of
from services.registry.errors import ChoicesNumbered, RehearsalMismatch, VotingDateFixed
from services.registry.events import contest_defined, election_defined, facility_changed
from services.registry.rules.elections import (
    contest_errors,
    election_errors,
    is_numbered,
    known_calendar,
    name_errors,
    office_of,
    results_public_at,
)
from services.registry.rules.facilities import known_hospitals
from services.registry.rules.regions import civil_date
from services.registry.schemas.elections import (
    ContestIn,
    ContestReceipt,
    ElectionIn,
    ElectionReceipt,
)
from services.registry.schemas.shapes import Outcome
from services.registry.tables.definitions import Contest, Election, Facility
from services.registry.tables.frames import Frame, load_frame


async def define_election(
    uow: UnitOfWork,
    election: str,
    command: ElectionIn,
    *,
    actor: Actor,
    expected: int | None,
    origin: Origin,
) -> Receipt:
    """Define an election, or define it again; the same facts again change nothing.

    A new one brings the hospitals that are known for its region.

    Emits:
        election.defined, where something changed; facility.changed for each hospital of a new one.

    Raises:
        RegionNotCovered: the caller's regions do not cover the whole of it.
        RehearsalMismatch: it is a rehearsal's and the desk's is not, or the other way round.
        InvalidPayload: it does not fit together.
        VotingDateFixed: TPS are registered that take its date or hours.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    require_whole(actor, command.region_code)
    if command.rehearsal is not None and command.rehearsal is not origin.rehearsal:
        raise RehearsalMismatch(
            "A rehearsal and a real election never share a desk.",
            detail_id="Gladi dan pemilihan sungguhan tidak pernah berbagi desk.",
            current_state="rehearsal" if origin.rehearsal else "election",
            allowed=["define it on a desk of its own", "leave `rehearsal` out"],
        )
    planned = _planned(election, command, rehearsal=origin.rehearsal)
    settings = ElectionSettings.model_validate(planned.settings)
    stages = [Stage.model_validate(stage) for stage in planned.stages]
    refuse(name_errors(election) + election_errors(settings, stages, region_code=command.region_code))
    await lock_names(uow, [f"election:{election}"])
    before = await uow.session.get(Election, election, with_for_update=True)
    if before is not None:
        require_whole(actor, before.region_code)
    facts = planned.model_dump(exclude={"version"})
    same = before is not None and before.model_dump(exclude={"version"}) == facts
    outcome = judge(before.version if before else None, expected=expected, same=same)
    row = before or planned
    if before is not None and outcome is Outcome.CHANGED:
        await _keep_what_tps_take(uow, before, planned)
        before.sqlmodel_update(facts)
        before.version += 1
    if outcome is not Outcome.UNCHANGED:
        uow.session.add(row)
        await uow.session.flush()
        uow.emit(election_defined(row), aggregate_id=election, version=row.version, origin=origin)
    if outcome is Outcome.CREATED:
        _add_known_hospitals(uow, row, origin=origin)
    out = ElectionReceipt.model_validate(
        {**row.model_dump(exclude={"id"}), "election": election, "outcome": outcome}
    )
    return Receipt(
        out,
        location=f"/v1/elections/{election}",
        aggregate=f"election/{election}",
        version=row.version,
        status=status_of(outcome),
    )


def _planned(election: str, command: ElectionIn, *, rehearsal: bool) -> Election:
    settings = ElectionSettings.model_validate(command.settings.model_dump())
    stages = (
        known_calendar(command.voting_date)
        if command.stages is None
        else [Stage.model_validate(stage.model_dump()) for stage in command.stages]
    )
    return Election(
        id=election,
        version=1,
        name=command.name,
        region_code=command.region_code,
        voting_date=command.voting_date,
        results_public_at=results_public_at(
            settings, voting_date=command.voting_date, region_code=command.region_code
        ),
        rehearsal=rehearsal,
        settings=settings.model_dump(mode="json"),
        stages=[stage.model_dump(mode="json") for stage in stages],
    )


async def _keep_what_tps_take(uow: UnitOfWork, before: Election, after: Election) -> None:
    """Refuse another day or other hours while TPS take them from the election: those were told with the old ones."""
    hours = ("voting_opens", "voting_closes")
    taken = ["voting_date"] if before.voting_date != after.voting_date else []
    taken += [name for name in hours if _value(before, name) != _value(after, name)]
    if not taken:
        return
    condition = " or ".join(f"{name} is null" for name in taken)
    rows = await uow.fetch(
        f"select 1 from tps where election = $1 and ({condition}) limit 1",  # noqa: S608 - of three column names
        before.id,
    )
    if rows:
        raise VotingDateFixed(
            "TPS are registered that take their day and hours from the election.",
            detail_id="Sudah ada TPS yang mengikuti tanggal dan jam pemilihan ini.",
            current_state="tps-registered",
            allowed=[
                f"give each TPS its own {name} (PUT tps, or an import with that column)" for name in taken
            ],
        )


def _value(row: Election, name: str) -> str:
    settings = ElectionSettings.model_validate(row.settings)
    return (settings.voting_opens if name == "voting_opens" else settings.voting_closes).value


def _add_known_hospitals(uow: UnitOfWork, row: Election, *, origin: Origin) -> None:
    for code, facts in known_hospitals(row.region_code):
        facility = Facility(
            id=uuid7(), election=row.id, code=code, version=1, **facts.model_dump(mode="json")
        )
        uow.session.add(facility)
        uow.emit(facility_changed(facility), aggregate_id=facility.id, version=1, origin=origin)


async def define_contest(
    uow: UnitOfWork,
    contest: str,
    command: ContestIn,
    *,
    actor: Actor,
    expected: int | None,
    origin: Origin,
) -> Receipt:
    """Define a contest, or define it again; its id says the office and the region.

    TPS that are registered already keep their contests: define contests first, or import those TPS again with an empty
    `contests` cell.

    Emits:
        contest.defined, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        RegionNotCovered: the caller's regions do not cover the whole of the election.
        InvalidPayload: choices and winning rule do not fit together.
        ChoicesNumbered: the choices have their numbers, and no decision that changes them was named.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for update")
    require_whole(actor, frame.region_code)
    planned = Contest(
        election=origin.election,
        id=contest,
        version=1,
        name=command.name,
        choices=[
            choice.model_dump(mode="json") for choice in sorted(command.choices, key=lambda c: c.number)
        ],
        winning_rule=command.winning_rule.value,
        winning_rule_source=command.winning_rule_source,
    )
    choices = [Choice.model_validate(choice) for choice in planned.choices]
    refuse(contest_errors(contest, choices, command.winning_rule))
    before = await uow.session.get(Contest, (origin.election, contest), with_for_update=True)
    facts = planned.model_dump(exclude={"version"})
    same = before is not None and before.model_dump(exclude={"version"}) == facts
    outcome = judge(before.version if before else None, expected=expected, same=same)
    row = before or planned
    if before is not None and outcome is Outcome.CHANGED:
        _keep_numbers(before, planned, command.change_reason, frame=frame, origin=origin)
        before.sqlmodel_update(facts)
        before.version += 1
    if outcome is not Outcome.UNCHANGED:
        uow.session.add(row)
        uow.emit(
            contest_defined(row),
            aggregate_id=f"{origin.election}:{contest}",
            version=row.version,
            origin=origin,
            contest=contest,
        )
    out = ContestReceipt.model_validate(
        {
            **row.model_dump(exclude={"id"}),
            "contest": contest,
            "region_code": office_of(contest).region_code,
            "rehearsal": frame.rehearsal,
            "outcome": outcome,
        }
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/contests/{contest}",
        aggregate=f"contest/{origin.election}:{contest}",
        version=row.version,
        status=status_of(outcome),
    )


def _keep_numbers(before: Contest, after: Contest, reason: str, *, frame: Frame, origin: Origin) -> None:
    if before.choices == after.choices or reason:
        return
    zone = zone_of(frame.region_code) if frame.region_code else WIB
    if is_numbered(frame.stages, today=civil_date(origin.now, zone)):
        raise ChoicesNumbered(
            "The pairs have their numbers.",
            detail_id="Nomor urut pasangan calon sudah ditetapkan.",
            current_state="numbered",
            allowed=["name the decision that changes them in change_reason"],
        )
