"""Commands on the personnel of police and army, by operation, agency and place."""

from dataclasses import dataclass

from sqlmodel import select

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_people_events import ForceAgency
from services.registry.commands.frame import judge, lock_names, refuse, status_of
from services.registry.commands.keepers import keeper_of, require_keeper
from services.registry.commands.officers import locked_crew
from services.registry.events import personnel_changed
from services.registry.rules.keeping import Keeper
from services.registry.rules.personnel import personnel_misfits
from services.registry.schemas.personnel import PersonnelFacts, PersonnelIn, PersonnelReceipt
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import load_frame
from services.registry.tables.people import Personnel


@dataclass(frozen=True, slots=True)
class Force:
    """Whose personnel, for what and where."""

    operation: str
    agency: ForceAgency
    code: str

    def name(self, election: str) -> str:
        """Return what stands for it in names of locks and aggregates."""
        return f"{election}:{self.operation}:{self.agency}:{self.code}"


async def locked_personnel(uow: UnitOfWork, election: str, force: Force) -> Personnel | None:
    """Return what is known of a force and hold it, also where that is nothing yet.

    Emits:
        nothing
    """
    await lock_names(uow, [f"personnel:{force.name(election)}"])
    found = await uow.session.exec(
        select(Personnel)
        .where(
            Personnel.election == election,
            Personnel.operation == force.operation,
            Personnel.agency == force.agency.value,
            Personnel.place_code == force.code,
        )
        .with_for_update()
    )
    return found.one_or_none()


def facts_of(row: Personnel) -> PersonnelFacts:
    """Return what is known of a force."""
    return PersonnelFacts.model_validate({name: getattr(row, name) for name in PersonnelFacts.model_fields})


async def write_personnel(
    uow: UnitOfWork,
    force: Force,
    facts: PersonnelFacts,
    *,
    before: Personnel | None,
    keeper: Keeper,
    origin: Origin,
) -> Personnel:
    """Write what is said of a force that the caller holds and may change, and tell of it.

    Emits:
        personnel.changed
    """
    values = facts.model_dump()
    if before is None:
        named = {
            "election": origin.election,
            "operation": force.operation,
            "agency": force.agency.value,
            "place_code": force.code,
            "version": 1,
        }
        row = Personnel.model_validate(values | named)
    else:
        row = before
        row.sqlmodel_update(values)
        row.version += 1
    row.kept_by = keeper.keeps(row.kept_by)
    uow.session.add(row)
    uow.emit(
        personnel_changed(row), aggregate_id=force.name(origin.election), version=row.version, origin=origin
    )
    return row


async def change_personnel(
    uow: UnitOfWork, force: Force, command: PersonnelIn, *, expected: int | None, actor: Actor, origin: Origin
) -> Receipt:
    """Say what an operation has of an agency at a place; the same facts again change nothing.

    Emits:
        personnel.changed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown: there is no such thing.
        InvalidPayload: more are trained than there are.
        RegionNotCovered: another agency keeps them.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    crew = await locked_crew(uow, force.code, origin=origin)
    here = Force(force.operation, force.agency, crew.code)
    facts = PersonnelFacts.model_validate(command.model_dump(exclude={"channel"}))
    refuse(personnel_misfits(facts))
    before = await locked_personnel(uow, origin.election, here)
    keeper = await keeper_of(uow, actor)
    require_keeper(keeper, before.kept_by if before else None)
    same = before is not None and facts_of(before) == facts
    outcome = judge(before.version if before else None, expected=expected, same=same)
    row = before
    if outcome is not Outcome.UNCHANGED:
        row = await write_personnel(uow, here, facts, before=before, keeper=keeper, origin=origin)
    assert row is not None
    out = PersonnelReceipt(
        **facts.model_dump(),
        operation=here.operation,
        agency=here.agency,
        place_code=here.code,
        version=row.version,
        rehearsal=frame.rehearsal,
        outcome=outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/personnel/{here.operation}/{here.agency}/{here.code}",
        aggregate=f"personnel/{here.name(origin.election)}",
        version=row.version,
        status=status_of(outcome),
    )
