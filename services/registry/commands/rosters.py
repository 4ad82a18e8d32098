"""The rosters of places while a transaction changes them; written for many, so that an import is the same as one PUT."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.access import Scope
from contracts.registry_people_events import Duty, PostCount
from services.registry.commands.access import cut_tokens_of_officers
from services.registry.commands.frame import lock_names
from services.registry.events import area_roster_changed, roster_changed
from services.registry.rules.rosters import Holder, post_counts, slots_at, with_status
from services.registry.schemas.officers import EndReason, PostStatus
from services.registry.tables.frames import Frame
from services.registry.tables.people import holder_of, screened_persons, trained_duties

Place = tuple[UUID, Duty, int]
"""A post: roster, duty, slot."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The officers of one place, a TPS or an area; the id is the TPS's, or that of the area's roster."""

    roster_id: UUID
    code: str

    @property
    def is_area(self) -> bool:
        """Say whether it is an area's."""
        return self.code.count(".") < 4


@dataclass(frozen=True, slots=True)
class Assignment:
    """A post as it is to be: held by somebody, or empty.

    Attributes:
        reason: why who holds it now leaves it, where somebody said.
        happened_on: when, where somebody said.
    """

    crew: Crew
    duty: Duty
    slot: int
    holder: Holder | None
    reason: EndReason | None = None
    happened_on: date | None = None

    @property
    def place(self) -> Place:
        """Return the post."""
        return self.crew.roster_id, self.duty, self.slot


class Rosters:
    """The rosters of some places while a transaction changes them."""

    def __init__(
        self,
        held: dict[Place, Holder],
        elsewhere: dict[str, Place],
        versions: dict[UUID, int],
        *,
        trained: Mapping[str, frozenset[Duty]] | None = None,
        screened: frozenset[str] = frozenset(),
    ) -> None:
        self.held = held
        self._elsewhere = elsewhere
        self._versions = versions
        self._trained = trained or {}
        self._screened = screened

    def version(self, roster_id: UUID) -> int:
        """Return the version of a roster, 0 where nobody was ever named."""
        return self._versions.get(roster_id, 0)

    def of(self, roster_id: UUID) -> list[tuple[Duty, int, Holder]]:
        """Return the posts of a place that are filled."""
        return [(duty, slot, holder) for (of, duty, slot), holder in self.held.items() if of == roster_id]

    def planned(self, place: Place, said: Holder, *, status: PostStatus | None) -> Holder:
        """Return the holder of a post as it is to be: the same person keeps what was not said, somebody new is what is known."""
        before = self.held.get(place)
        if before is not None and before.person == said.person:
            return with_status(replace(before, display_name=said.display_name, trained=said.trained), status)
        attended = place[1] in self._trained.get(said.person, frozenset())
        known = replace(said, attended=attended, screened=said.person in self._screened)
        return with_status(known, status)

    def leaving(self, assignments: Sequence[Assignment]) -> set[str]:
        """Return who held a slot and does not hold the same one afterwards: whatever their tokens say no longer holds."""
        named = {each.holder.person: each.place for each in assignments if each.holder}
        before = {self.held[each.place].person: each.place for each in assignments if each.place in self.held}
        before |= {person: place for person, place in self._elsewhere.items() if person in named}
        return {person for person, place in before.items() if named.get(person) != place}

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
    uow: UnitOfWork, election: str, *, rosters: Sequence[UUID], persons: Sequence[str]
) -> Rosters:
    """Read some rosters and the posts of some persons, holding all rosters of the election against other assignments.

    Rows of rosters are held too: check-ins and screenings hold those alone.

    Emits:
        nothing
    """
    await lock_names(uow, [f"roster:{election}"])
    versions = await lock_rosters(uow, rosters)
    rows = await uow.fetch("select * from officer where tps_id = any($1::uuid[])", list(rosters))
    held = {(row["tps_id"], Duty(row["duty"]), row["slot"]): holder_of(row) for row in rows}
    asked = list(persons)
    # One person holds one slot, wherever the other one is, and was trained wherever that was.
    # Of a screening it counts that there was one.
    async with uow.beyond_regions(purposes=[Scope.HEALTH_SCREEN]):
        rows = await uow.fetch(
            "select person, tps_id, duty, slot from officer where election = $1 and person = any($2::text[])",
            election,
            asked,
        )
        trained = await trained_duties(uow, election, asked)
        screened = await screened_persons(uow, election, asked)
    elsewhere = {row["person"]: (row["tps_id"], Duty(row["duty"]), row["slot"]) for row in rows}
    return Rosters(
        held,
        elsewhere,
        versions,
        trained=trained,
        screened=screened,
    )


async def lock_rosters(uow: UnitOfWork, rosters: Sequence[UUID]) -> dict[UUID, int]:
    """Hold rosters, in one order, and return their versions; one of which nobody was ever named is not among them.

    Emits:
        nothing
    """
    rows = await uow.fetch(
        "select tps_id, version from tps_roster where tps_id = any($1::uuid[]) order by tps_id for update",
        list(rosters),
    )
    return {row["tps_id"]: row["version"] for row in rows}


_APPEND = """
insert into officer_history (id, election, tps_id, duty, slot, step, person, successor, happened_on, recorded_at, actor,
                             channel)
select id, $8, tps_id, duty, slot, step, person, successor, happened_on, $10, $11, $12
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $9::date[])
     u(id, tps_id, duty, slot, step, person, successor, happened_on)
"""


async def assign(
    uow: UnitOfWork, rosters: Rosters, assignments: Sequence[Assignment], *, frame: Frame, origin: Origin
) -> None:
    """Write assignments that change something and do not clash; each roster gets one new version.

    Emits:
        tps_roster.changed, one for each TPS; area_roster.changed, one for each area; access.changed for each person who
        left a slot.
    """
    if not assignments:
        return
    await cut_tokens_of_officers(uow, rosters.leaving(assignments), origin=origin)
    touched = {each.crew.roster_id: each.crew for each in assignments}
    versions = {roster_id: rosters.version(roster_id) + 1 for roster_id in touched}
    await uow.execute(
        """insert into tps_roster (tps_id, version, region_code)
           select * from unnest($1::uuid[], $2::bigint[], $3::text[])
           on conflict (tps_id) do update set version = excluded.version""",
        list(versions),
        list(versions.values()),
        [touched[roster_id].code if touched[roster_id].is_area else None for roster_id in versions],
    )
    await _append(uow, rosters, assignments, origin=origin)
    await _write_holders(uow, assignments, election=origin.election)
    for each in assignments:
        rosters.held.pop(each.place, None)
        if each.holder:
            rosters.held[each.place] = each.holder
    for roster_id, crew in touched.items():
        tell_roster(uow, crew, rosters.of(roster_id), version=versions[roster_id], frame=frame, origin=origin)


async def _write_holders(uow: UnitOfWork, assignments: Sequence[Assignment], *, election: str) -> None:
    places = [each.place for each in assignments]
    await uow.execute(
        """delete from officer o using unnest($1::uuid[], $2::text[], $3::int[]) u(tps_id, duty, slot)
           where (o.tps_id, o.duty, o.slot) = (u.tps_id, u.duty, u.slot)""",
        *(list(column) for column in zip(*places, strict=True)),
    )
    held = [(*each.place, *_columns(each.holder)) for each in assignments if each.holder]
    if held:
        await uow.execute(
            """insert into officer (tps_id, duty, slot, person, display_name, trained, status, attended, screened, present,
                                    present_at, election)
               select u.*, $12 from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[],
                                           $8::bool[], $9::bool[], $10::bool[], $11::timestamptz[]) u""",
            *(list(column) for column in zip(*held, strict=True)),
            election,
        )


def _columns(holder: Holder) -> tuple[object, ...]:
    said = (holder.person, holder.display_name, holder.trained.value, holder.status.value)
    return (*said, holder.attended, holder.screened, holder.present, holder.present_at)


async def _append(
    uow: UnitOfWork, rosters: Rosters, assignments: Sequence[Assignment], *, origin: Origin
) -> None:
    """Append to the history what assignments mean: who left and why, who came, and which status was reached."""
    steps: list[tuple[object, ...]] = []
    for each in assignments:
        before, after = rosters.held.get(each.place), each.holder
        stays = before is not None and after is not None and before.person == after.person
        if before is not None and not stays:
            usual = EndReason.REPLACED if after else EndReason.VACATED
            ended = (each.reason or usual).value
            successor = after.person if after else None
            steps.append((uuid7(), *each.place, ended, before.person, successor, each.happened_on))
        if after is not None and (before is None or not stays or before.status is not after.status):
            steps.append((uuid7(), *each.place, after.status.value, after.person, None, each.happened_on))
    if steps:
        columns = [list(column) for column in zip(*steps, strict=True)]
        told = (origin.now, origin.actor, origin.channel)
        await uow.execute(_APPEND, *columns[:7], origin.election, columns[7], *told)


def tell_roster(
    uow: UnitOfWork,
    crew: Crew,
    held: Sequence[tuple[Duty, int, Holder]],
    *,
    version: int,
    frame: Frame,
    origin: Origin,
) -> None:
    """Tell of a roster as it is now; the caller holds its row and has raised its version.

    Emits:
        tps_roster.changed or area_roster.changed
    """
    counts = post_counts(
        ((duty, holder) for duty, _, holder in held), slots=slots_at(crew.code, frame.settings)
    )
    if crew.is_area:
        told = area_roster_changed(crew.code, counts)
        uow.emit(told, aggregate_id=crew.roster_id, version=version, origin=origin)
        return
    uow.emit(
        roster_changed(crew.roster_id, crew.code, counts, held),
        aggregate_id=crew.roster_id,
        version=version,
        origin=origin,
        tps_id=crew.roster_id,
    )


def counts_of(rosters: Rosters, crew: Crew, frame: Frame) -> list[PostCount]:
    """Return how far a place's posts are filled."""
    held = ((duty, holder) for duty, _, holder in rosters.of(crew.roster_id))
    return post_counts(held, slots=slots_at(crew.code, frame.settings))
