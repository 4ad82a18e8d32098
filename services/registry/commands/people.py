"""Commands on the people of an agency: pseudonyms with roles, regions and an end."""

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import AccessKind
from services.registry.commands.access import cut_tokens, locked_agency
from services.registry.commands.frame import judge, lock_names, status_of
from services.registry.errors import PersonUnknown
from services.registry.rules.grants import Reach
from services.registry.schemas.access import PersonIn, PersonReceipt
from services.registry.schemas.shapes import Outcome
from services.registry.tables.access import AgencyPerson


async def register_person(
    uow: UnitOfWork,
    agency: str,
    person: str,
    *,
    command: PersonIn,
    expected: int | None,
    reach: Reach,
    origin: Origin,
) -> Receipt:
    """Register somebody of an agency, or change what they may do.

    Emits:
        access.changed, where they were registered and something changed.

    Raises:
        AgencyUnknown: there is no such agency.
        RegionNotCovered, ElectionNotCovered: they may, or may until now, more than who registers them.
        PreconditionRequired, PreconditionFailed: they are registered in another version.
    """
    await locked_agency(uow, agency, reach=reach)
    await lock_names(uow, [f"person:{agency}:{person}"])
    row = await uow.session.get(AgencyPerson, (agency, person), with_for_update=True)
    if row is not None:
        reach.require(row.regions, row.election)
    facts = {
        "roles": sorted(set(command.roles)),
        "regions": sorted(set(command.regions)),
        "election": command.election,
        "ends_at": command.ends_at,
    }
    same = row is not None and all(getattr(row, name) == value for name, value in facts.items())
    outcome = judge(row.version if row else None, expected=expected, same=same)
    if row is None:
        row = AgencyPerson.model_validate({**facts, "agency": agency, "person": person, "version": 1})
    elif outcome is Outcome.CHANGED:
        row.sqlmodel_update(facts)
        row.version += 1
        await cut_tokens(uow, [(AccessKind.PERSON, f"{agency}:{person}")], origin=origin)
    uow.session.add(row)
    return _receipt(row, outcome)


async def remove_person(
    uow: UnitOfWork, agency: str, person: str, *, expected: int, reach: Reach, origin: Origin
) -> Receipt:
    """Strike somebody off an agency's list; their tokens end, and nothing of them is kept here.

    Emits:
        access.changed

    Raises:
        AgencyUnknown, PersonUnknown: there is no such thing.
        PreconditionFailed: they are registered in another version.
    """
    await locked_agency(uow, agency, reach=reach)
    row = await uow.session.get(AgencyPerson, (agency, person), with_for_update=True)
    if row is None:
        raise PersonUnknown(
            "The agency has nobody of this pseudonym.", detail_id="Instansi tidak memiliki orang ini."
        )
    reach.require(row.regions, row.election)
    check_version(expected, row.version)
    row.version += 1
    receipt = _receipt(row, Outcome.CHANGED)
    await uow.session.delete(row)
    await cut_tokens(uow, [(AccessKind.PERSON, f"{agency}:{person}")], origin=origin)
    return receipt


def _receipt(row: AgencyPerson, outcome: Outcome) -> Receipt:
    return Receipt(
        PersonReceipt.model_validate({**row.model_dump(), "outcome": outcome}),
        location=f"/v1/agencies/{row.agency}/people/{row.person}",
        aggregate=f"agency_person/{row.agency}:{row.person}",
        version=row.version,
        status=status_of(outcome),
    )
