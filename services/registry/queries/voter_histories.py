"""A voter by NIK or id, with what happened: nothing of the person, and no reason that tells of health."""

from chassis.actor import Actor
from chassis.database import Connection
from chassis.sealing import SealingKeys
from services.registry.schemas.voter_changes import VoterChangeOut, VoterHistory, WhichVoter
from services.registry.tables.frames import load_frame
from services.registry.tables.voter_histories import HEALTH_MAY_SHOW, Change, find_voter, voter_unknown
from services.registry.tables.voters import require_same_keys, voter_out


async def voter_history(
    connection: Connection,
    which: WhichVoter,
    *,
    election: str,
    keys: SealingKeys | None,
    actor: Actor,
) -> VoterHistory:
    """Return a voter of the caller's regions and what happened to the row.

    Raises:
        ElectionUnknown: there is no such election.
        VotersUnavailable: the keys are not here.
        VoterUnknown: there is no such voter, or not in these regions.
    """
    await load_frame(connection, election)
    keys = await require_same_keys(connection, keys)
    told = await find_voter(connection, which, election=election, keys=keys)
    if not actor.may_touch(told.tps.code):
        raise voter_unknown()
    shown = voter_out(told.row, told.tps).model_dump()
    return VoterHistory(**shown, history=[_shown(each) for each in told.history])


def _shown(change: Change) -> VoterChangeOut:
    hidden = change.reason == HEALTH_MAY_SHOW
    return VoterChangeOut(
        at=change.occurred_at,
        recorded_at=change.recorded_at,
        kind=change.kind,
        actor=change.actor,
        channel=change.channel,
        from_tps=change.from_tps,
        to_tps=change.to_tps,
        reason=change.reason,
        evidence=None if hidden else change.notes.evidence or None,
    )
