"""Commands on activities that bring the election to voters; written for many, so that an import is the same as one PUT."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.actor import Actor, require_region
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_places_events import OutreachChanged, OutreachKind, OutreachState
from services.registry.commands.coded import CodedChange, write_coded
from services.registry.commands.facilities import region_misfits
from services.registry.commands.frame import judge, locked_by_code, refuse, status_of
from services.registry.commands.keepers import keeper_of, require_keeper
from services.registry.errors import NotBegun
from services.registry.rules.keeping import Keeper
from services.registry.schemas.outreach import OutreachFacts, OutreachIn, OutreachReceipt
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import load_frame
from services.registry.tables.places import Outreach

OutreachChange = CodedChange[Outreach, OutreachFacts]
"""An activity as it is to be."""


def is_early(facts: OutreachFacts, *, now: datetime) -> bool:
    """Say whether an activity is told to be held that has not begun."""
    return facts.state is OutreachState.HELD and facts.starts_at > now


async def locked_outreach(uow: UnitOfWork, election: str, codes: Sequence[str]) -> Mapping[str, Outreach]:
    """Return activities by code and hold them, those that do not exist yet too.

    Emits:
        nothing
    """
    return await locked_by_code(uow, Outreach, election, codes, name="outreach")


async def write_outreach(
    uow: UnitOfWork, changes: Sequence[OutreachChange], *, keeper: Keeper, origin: Origin
) -> list[Outreach]:
    """Write activities that change, and that the caller may change, and tell of each.

    Emits:
        outreach.changed, one for each.
    """
    return await write_coded(uow, Outreach, changes, tell=_changed, keeper=keeper, origin=origin)


def _changed(row: Outreach) -> OutreachChanged:
    return OutreachChanged(
        activity_id=row.id,
        code=row.code,
        kind=OutreachKind(row.kind),
        state=OutreachState(row.state),
        title=row.title,
        organiser=row.organiser,
        region_code=row.region_code,
        place=row.place,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        reach_men=row.reach_men,
        reach_women=row.reach_women,
        reach_total=row.reach_total,
        photos=len(row.photos),
        source=row.source,
        as_of=row.as_of,
    )


async def change_outreach(
    uow: UnitOfWork,
    code: str,
    command: OutreachIn,
    *,
    expected: int | None,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Plan an activity, or tell that it was held, cancelled or otherwise; the same facts again change nothing.

    Emits:
        outreach.changed, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        InvalidPayload: there is no such region.
        RegionNotCovered: it is there, and lies elsewhere or another agency keeps it.
        NotBegun: it is told to be held and has not begun.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    facts = OutreachFacts.model_validate(command.model_dump(exclude={"channel"}))
    refuse(region_misfits(facts.region_code))
    if is_early(facts, now=origin.now):
        raise NotBegun(
            "An activity that has not begun was not held.",
            detail_id="Kegiatan yang belum dimulai belum terlaksana.",
            current_state="planned",
            allowed=["tell that it was held once it has begun", "correct starts_at", "leave it planned"],
        )
    before = (await locked_outreach(uow, origin.election, [code])).get(code)
    keeper = await keeper_of(uow, actor)
    if before is not None:
        require_region(actor, before.region_code)
        require_keeper(keeper, before.kept_by)
    change = OutreachChange(code, facts, before)
    outcome = judge(before.version if before else None, expected=expected, same=change.same)
    row = before
    if outcome is not Outcome.UNCHANGED:
        (row,) = await write_outreach(uow, [change], keeper=keeper, origin=origin)
    assert row is not None
    out = OutreachReceipt(
        **facts.model_dump(),
        activity_id=row.id,
        code=code,
        version=row.version,
        rehearsal=frame.rehearsal,
        outcome=outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/outreach/{code}",
        aggregate=f"outreach/{row.id}",
        version=row.version,
        status=status_of(outcome),
    )
