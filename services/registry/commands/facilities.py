"""Commands on facilities and on named groups of regions."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.actor import Actor, require_region
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import ContactStatus
from services.registry.commands.coded import CodedChange, write_coded
from services.registry.commands.frame import judge, lock_names, locked_by_code, refuse, status_of
from services.registry.commands.keepers import keeper_of, require_keeper
from services.registry.errors import GroupOfOtherElection
from services.registry.events import facility_changed, region_group_defined
from services.registry.rules.keeping import Keeper
from services.registry.rules.regions import is_region
from services.registry.schemas.facilities import (
    FacilityFacts,
    FacilityIn,
    FacilityReceipt,
    RegionGroupIn,
    RegionGroupReceipt,
)
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.tables.definitions import Facility, FacilityStep, RegionGroup
from services.registry.tables.frames import load_frame

FacilityChange = CodedChange[Facility, FacilityFacts]
"""A facility as it is to be."""


def _has_come(change: FacilityChange) -> bool:
    """Say whether the desk comes further with a facility, or back."""
    before = ContactStatus.NOT_CONTACTED if change.before is None else change.before.contact_status
    return change.facts.contact_status != before


def region_misfits(region_code: str) -> list[Misfit]:
    """Return why nothing can lie in a region: the list of regions does not have it."""
    if is_region(region_code):
        return []
    return [
        Misfit(
            "region_code",
            "region-unknown",
            "The list of regions has no such code.",
            "Daftar wilayah tidak memuat kode ini.",
        )
    ]


async def locked_facilities(uow: UnitOfWork, election: str, codes: Sequence[str]) -> Mapping[str, Facility]:
    """Return facilities by code and hold them, those that do not exist yet too.

    Emits:
        nothing
    """
    return await locked_by_code(uow, Facility, election, codes, name="facility")


async def write_facilities(
    uow: UnitOfWork, changes: Sequence[FacilityChange], *, keeper: Keeper, origin: Origin
) -> list[Facility]:
    """Write facilities that change, and that the caller may change, and tell of each.

    Emits:
        facility.changed, one for each.
    """
    come = [_has_come(change) for change in changes]  # before the rows are changed
    written = await write_coded(uow, Facility, changes, tell=facility_changed, keeper=keeper, origin=origin)
    uow.session.add_all(_step(row, origin) for row, has_come in zip(written, come, strict=True) if has_come)
    return written


def _step(row: Facility, origin: Origin) -> FacilityStep:
    on = {
        ContactStatus.CONTACTED: row.contacted_on,
        ContactStatus.LIST_RECEIVED: row.list_received_on,
        ContactStatus.SERVED: row.served_on,
    }
    return FacilityStep(
        id=uuid7(),
        facility_id=row.id,
        status=row.contact_status,
        happened_on=on.get(ContactStatus(row.contact_status)),
        recorded_at=origin.now,
        actor=origin.actor,
    )


async def change_facility(
    uow: UnitOfWork, code: str, command: FacilityIn, *, actor: Actor, expected: int | None, origin: Origin
) -> Receipt:
    """Enter a facility, or change what is known of it; the same facts again change nothing.

    Emits:
        facility.changed, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        InvalidPayload: there is no such region.
        RegionNotCovered: the code is one of a facility outside the caller's regions, or another agency keeps it.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    facts = FacilityFacts.model_validate(command.model_dump(exclude={"channel"}))
    refuse(region_misfits(facts.region_code))
    before = (await locked_facilities(uow, origin.election, [code])).get(code)
    keeper = await keeper_of(uow, actor)
    if before is not None:
        require_region(actor, before.region_code)
        require_keeper(keeper, before.kept_by)
    change = FacilityChange(code, facts, before)
    outcome = judge(before.version if before else None, expected=expected, same=change.same)
    row = before
    if outcome is not Outcome.UNCHANGED:
        (row,) = await write_facilities(uow, [change], keeper=keeper, origin=origin)
    assert row is not None
    facility_id: UUID = row.id
    out = FacilityReceipt(
        **facts.model_dump(),
        facility_id=facility_id,
        code=code,
        version=row.version,
        rehearsal=frame.rehearsal,
        outcome=outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/facilities/{code}",
        aggregate=f"facility/{facility_id}",
        version=row.version,
        status=status_of(outcome),
    )


async def define_region_group(
    uow: UnitOfWork, name: str, command: RegionGroupIn, *, actor: Actor, expected: int | None, origin: Origin
) -> Receipt:
    """Define a named group of regions, change it, or dissolve it (no regions); a grant may name it.

    Emits:
        region_group.defined, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        RegionNotCovered: the caller's regions do not cover all of the group, as it is to be or as it was: a grant may name it.
        InvalidPayload: there is no such region.
        GroupOfOtherElection: another election defined a group of this name.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    await load_frame(uow, origin.election, lock="for share")
    regions = sorted(set(command.regions))
    for region in regions:
        require_region(actor, region)
    refuse(
        [
            Misfit(
                f"/regions/{position}",
                "region-unknown",
                "The list of regions has no such code.",
                "Daftar wilayah tidak memuat kode ini.",
            )
            for position, code in enumerate(command.regions)
            if not is_region(code)
        ]
    )
    await lock_names(uow, [f"region-group:{name}"])
    row = await uow.session.get(RegionGroup, name, with_for_update=True)
    for region in row.regions if row is not None else ():
        require_region(actor, region)
    if row is not None and row.election != origin.election:
        raise GroupOfOtherElection(
            "Group names hold on the whole desk; take another one.",
            detail_id="Nama kelompok wilayah berlaku di seluruh desk; pakai nama lain.",
            current_state="defined by another election",
            allowed=["take another name"],
        )
    facts = {"title": command.title, "regions": regions, "source": command.source}
    same = row is not None and all(getattr(row, field) == value for field, value in facts.items())
    outcome = judge(row.version if row else None, expected=expected, same=same)
    if row is None:
        row = RegionGroup.model_validate({**facts, "name": name, "election": origin.election, "version": 1})
    elif outcome is Outcome.CHANGED:
        row.sqlmodel_update(facts)
        row.version += 1
    if outcome is not Outcome.UNCHANGED:
        uow.session.add(row)
        uow.emit(region_group_defined(row), aggregate_id=name, version=row.version, origin=origin)
    out = RegionGroupReceipt.model_validate(
        {**facts, "name": name, "version": row.version, "outcome": outcome}
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/region-groups/{name}",
        aggregate=f"region_group/{name}",
        version=row.version,
        status=status_of(outcome),
    )
