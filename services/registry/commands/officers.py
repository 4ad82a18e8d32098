"""Commands on the rosters of TPS; written for many, so that an import is the same as one PUT."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload
from contracts.registry_events import RosterCount
from services.registry.commands.frame import lock_names, status_of
from services.registry.commands.tps import locked_tps
from services.registry.errors import OfficerElsewhere, SlotEmpty
from services.registry.events import roster_changed
from services.registry.rules.rosters import roster_counts, slots_of
from services.registry.schemas.officers import Duty, OfficerIn, RosterReceipt, Trained
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import Frame, TpsState, load_frame


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a slot."""

    person: str
    display_name: str
    trained: Trained


Place = tuple[UUID, Duty, int]
"""A slot: TPS, duty, number."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A slot as it is to be: held by somebody, or empty."""

    tps: TpsState
    duty: Duty
    slot: int
    holder: Holder | None

    @property
    def place(self) -> Place:
        """Return the slot."""
        return self.tps.tps_id, self.duty, self.slot


class Rosters:
    """The rosters of some TPS while a transaction changes them."""

    def __init__(
        self, held: dict[Place, Holder], elsewhere: dict[str, Place], versions: dict[UUID, int]
    ) -> None:
        self.held = held
        self._elsewhere = elsewhere
        self._versions = versions

    def version(self, tps_id: UUID) -> int:
        """Return the version of a TPS's roster, 0 where nobody was ever named."""
        return self._versions.get(tps_id, 0)

    def clashes(self, assignments: Sequence[Assignment]) -> set[int]:
        """Return which assignments cannot stand, because their person would hold two slots afterwards.

        A person who leaves another slot by the same list is free; one who is named twice gets the first.
        """
        refused: set[int] = set()
        while True:
            after = {place: holder.person for place, holder in self.held.items()}
            after.update({place: person for person, place in self._elsewhere.items() if place not in after})
            for index, each in enumerate(assignments):
                if index not in refused:
                    after.pop(each.place, None)
                    if each.holder:
                        after[each.place] = each.holder.person
            places: defaultdict[str, list[Place]] = defaultdict(list)
            for place, person in after.items():
                places[person].append(place)
            found = self._second_places(assignments, places, refused)
            if not found:
                return refused
            refused |= found

    def _second_places(
        self, assignments: Sequence[Assignment], places: Mapping[str, list[Place]], refused: set[int]
    ) -> set[int]:
        found: set[int] = set()
        kept: set[str] = set()
        for index, each in enumerate(assignments):
            person = each.holder.person if each.holder else None
            if index in refused or person is None or len(places[person]) < 2:
                continue
            by_list = {a.place for i, a in enumerate(assignments) if i not in refused and a.holder}
            others = [place for place in places[person] if place != each.place]
            if person in kept or any(place not in by_list for place in others):
                found.add(index)
            kept.add(person)
        return found


async def load_rosters(
    uow: UnitOfWork, election: str, *, tps_ids: Sequence[UUID], persons: Sequence[str]
) -> Rosters:
    """Read the rosters of some TPS and the slots of some persons, holding all rosters of the election.

    Emits:
        nothing
    """
    await lock_names(uow, [f"roster:{election}"])
    rows = await uow.fetch("select * from officer where tps_id = any($1::uuid[])", list(tps_ids))
    held = {
        (row["tps_id"], Duty(row["duty"]), row["slot"]): Holder(
            row["person"], row["display_name"], Trained(row["trained"])
        )
        for row in rows
    }
    async with uow.beyond_regions():  # one person holds one slot, wherever the other one is
        rows = await uow.fetch(
            "select person, tps_id, duty, slot from officer where election = $1 and person = any($2::text[])",
            election,
            list(persons),
        )
    elsewhere = {row["person"]: (row["tps_id"], Duty(row["duty"]), row["slot"]) for row in rows}
    rows = await uow.fetch(
        "select tps_id, version from tps_roster where tps_id = any($1::uuid[])", list(tps_ids)
    )
    return Rosters(held, elsewhere, {row["tps_id"]: row["version"] for row in rows})


async def assign(
    uow: UnitOfWork, rosters: Rosters, assignments: Sequence[Assignment], *, frame: Frame, origin: Origin
) -> None:
    """Write assignments that change something and do not clash; each roster gets one new version.

    Emits:
        tps_roster.changed, one for each TPS.
    """
    if not assignments:
        return
    touched = {each.tps.tps_id: each.tps for each in assignments}
    versions = {tps_id: rosters.version(tps_id) + 1 for tps_id in touched}
    await uow.execute(
        """insert into tps_roster (tps_id, version) select * from unnest($1::uuid[], $2::bigint[])
           on conflict (tps_id) do update set version = excluded.version""",
        list(versions),
        list(versions.values()),
    )
    places = [each.place for each in assignments]
    await uow.execute(
        """delete from officer o using unnest($1::uuid[], $2::text[], $3::int[]) u(tps_id, duty, slot)
           where (o.tps_id, o.duty, o.slot) = (u.tps_id, u.duty, u.slot)""",
        *(list(column) for column in zip(*places, strict=True)),
    )
    held = [
        (*a.place, a.holder.person, a.holder.display_name, a.holder.trained) for a in assignments if a.holder
    ]
    if held:
        await uow.execute(
            """insert into officer (tps_id, duty, slot, person, display_name, trained, election)
               select u.*, $7 from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[]) u""",
            *(list(column) for column in zip(*held, strict=True)),
            origin.election,
        )
    for each in assignments:
        rosters.held.pop(each.place, None)
        if each.holder:
            rosters.held[each.place] = each.holder
    for tps_id, tps in touched.items():
        uow.emit(
            roster_changed(tps_id, tps.code, counts_of(rosters, tps_id, frame)),
            aggregate_id=tps_id,
            version=versions[tps_id],
            origin=origin,
            tps_id=tps_id,
        )


def counts_of(rosters: Rosters, tps_id: UUID, frame: Frame) -> Mapping[Duty, RosterCount]:
    """Return how far a TPS's slots are filled."""
    held = [(duty, holder.trained) for (tps, duty, _), holder in rosters.held.items() if tps == tps_id]
    return roster_counts(held, slots=slots_of(frame.settings))


async def assign_officer(
    uow: UnitOfWork, code: str, duty: Duty, slot: int, *, command: OfficerIn, origin: Origin
) -> Receipt:
    """Name who holds a slot; who held it before leaves it.

    Emits:
        tps_roster.changed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
        InvalidPayload: a TPS has no such slot.
        OfficerElsewhere: the person holds another slot.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    if slot > slots_of(frame.settings)[duty]:
        raise InvalidPayload(
            "A TPS has fewer slots of this duty.",
            detail_id="TPS memiliki lebih sedikit tempat untuk tugas ini.",
            errors=[
                FieldError("path:slot", "slot-unknown", "A TPS has fewer.", "TPS memiliki lebih sedikit.")
            ],
        )
    tps = await locked_tps(uow, code, origin=origin)
    rosters = await load_rosters(uow, origin.election, tps_ids=[tps.tps_id], persons=[command.person])
    holder = Holder(command.person, command.display_name, command.trained)
    assignment = Assignment(tps, duty, slot, holder)
    before = rosters.held.get(assignment.place)
    if before == holder:
        return _receipt(rosters, tps, frame, Outcome.UNCHANGED, version=rosters.version(tps.tps_id))
    if rosters.clashes([assignment]):
        raise OfficerElsewhere(
            "One person holds one slot; empty the other one first.",
            detail_id="Satu orang hanya mengisi satu tempat; kosongkan dahulu tempat yang lain.",
            current_state="holds another slot",
            allowed=["empty the other slot", "name another person"],
        )
    await assign(uow, rosters, [assignment], frame=frame, origin=origin)
    outcome = Outcome.CHANGED if before else Outcome.CREATED
    return _receipt(rosters, tps, frame, outcome, version=rosters.version(tps.tps_id) + 1)


async def vacate_slot(uow: UnitOfWork, code: str, duty: Duty, slot: int, *, origin: Origin) -> Receipt:
    """Empty a slot; its name is deleted.

    Emits:
        tps_roster.changed

    Raises:
        ElectionUnknown, TpsUnknown, SlotEmpty: there is no such thing.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    tps = await locked_tps(uow, code, origin=origin)
    rosters = await load_rosters(uow, origin.election, tps_ids=[tps.tps_id], persons=[])
    assignment = Assignment(tps, duty, slot, None)
    if assignment.place not in rosters.held:
        raise SlotEmpty("Nobody holds this slot.", detail_id="Tempat ini belum terisi.")
    await assign(uow, rosters, [assignment], frame=frame, origin=origin)
    return _receipt(rosters, tps, frame, Outcome.CHANGED, version=rosters.version(tps.tps_id) + 1)


def _receipt(rosters: Rosters, tps: TpsState, frame: Frame, outcome: Outcome, *, version: int) -> Receipt:
    counts = counts_of(rosters, tps.tps_id, frame)
    out = RosterReceipt(
        tps_id=tps.tps_id,
        tps_code=tps.code,
        version=version,
        kpps=counts[Duty.KPPS],
        linmas=counts[Duty.LINMAS],
        ptps=counts[Duty.PTPS],
        outcome=outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{frame.election}/tps/{tps.code}/officers",
        aggregate=f"tps_roster/{tps.tps_id}",
        version=version,
        status=status_of(outcome),
    )
