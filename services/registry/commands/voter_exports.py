"""What the desk has of one person, for that person; that it was given out is a row of history itself."""

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from services.registry.commands.held_voters import hold_voter
from services.registry.commands.voter_history import change_row, write_history
from services.registry.schemas.voter_changes import (
    ChangeKind,
    ExportedChangeOut,
    PersonOut,
    VoterExport,
    VoterExportIn,
    WhichVoter,
)
from services.registry.schemas.voters import ChangeNotes, Person, Sex
from services.registry.tables.voter_histories import Change, find_voter
from services.registry.tables.voters import voter_out


async def export_voter(
    uow: UnitOfWork, command: VoterExportIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> VoterExport:
    """Return all that the desk has of one person, and write down who asked for it and why.

    Emits:
        nothing

    Raises:
        VoterUnknown, VoterMoved: there is no such voter in the caller's regions.
        VotersUnavailable: the keys are not here, or something does not open.
    """
    held = await hold_voter(uow, command.voter, keys=keys, actor=actor, origin=origin)
    here = held.tps.tps_id
    asked = change_row(
        *(held.keys, held.voter, ChangeKind.EXPORTED, ChangeNotes(evidence=command.reason)),
        from_tps=here,
        to_tps=here,
        reason=None,
        origin=origin,
    )
    await write_history(uow, [asked])
    told = await find_voter(uow, WhichVoter(voter_id=held.voter), election=origin.election, keys=held.keys)
    return VoterExport(
        **voter_out(told.row, told.tps).model_dump(),
        person=_person(told.person),
        sex=Sex(told.row["sex"]),
        history=[_exported(each) for each in told.history],
    )


def _person(person: Person) -> PersonOut:
    return PersonOut.model_validate(person.model_dump())


def _exported(change: Change) -> ExportedChangeOut:
    notes = change.notes
    return ExportedChangeOut(
        at=change.occurred_at,
        recorded_at=change.recorded_at,
        kind=change.kind,
        actor=change.actor,
        channel=change.channel,
        from_tps=change.from_tps,
        to_tps=change.to_tps,
        reason=notes.reason or change.reason,
        evidence=notes.evidence or None,
        before=_person(notes.before) if notes.before is not None else None,
    )
