"""Commands on the officers of places: who holds a post, how far they have come, why they leave it and who comes next."""

from dataclasses import replace

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload, WrongState
from contracts.registry_people_events import Duty
from services.registry.commands.frame import status_of
from services.registry.commands.rosters import Assignment, Crew, Rosters, assign, counts_of, load_rosters
from services.registry.commands.tps import locked_tps
from services.registry.errors import OfficerElsewhere, RegionUnknown, SlotEmpty
from services.registry.rules.regions import is_region
from services.registry.rules.rosters import Holder, may_step, roster_counts, slots_at
from services.registry.schemas.officers import (
    EndIn,
    EndReason,
    OfficerIn,
    PostReceipt,
    PostStatus,
    RosterReceipt,
    StepIn,
)
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import Frame, load_frame
from services.registry.tables.people import area_roster_id


async def locked_crew(uow: UnitOfWork, code: str, *, origin: Origin) -> Crew:
    """Return the officers of a place by its code and hold the place.

    Raises:
        TpsUnknown, RegionUnknown: there is no such place.
    """
    if code.count(".") == 4:
        tps = await locked_tps(uow, code, origin=origin)
        return Crew(tps.tps_id, tps.code)
    if not is_region(code):
        raise RegionUnknown(
            f"The list of regions has no code {code}.", detail_id=f"Daftar wilayah tidak memuat kode {code}."
        )
    return Crew(area_roster_id(origin.election, code), code)


def check_slot(code: str, duty: Duty, slot: int, *, frame: Frame) -> None:
    """Refuse a post that a place does not have.

    Raises:
        InvalidPayload: it has no such duty, or fewer slots of it.
    """
    if slot > slots_at(code, frame.settings).get(duty, 0):
        raise InvalidPayload(
            "A place of this kind has fewer slots of this duty.",
            detail_id="Tempat semacam ini memiliki lebih sedikit posisi untuk tugas ini.",
            errors=[FieldError("path:slot", "slot-unknown", "It has fewer.", "Posisinya lebih sedikit.")],
        )


async def assign_officer(
    uow: UnitOfWork,
    code: str,
    duty: Duty,
    slot: int,
    *,
    command: OfficerIn,
    expected: int | None,
    origin: Origin,
) -> Receipt:
    """Name who holds a post; who held it before is replaced.

    Emits:
        tps_roster.changed or area_roster.changed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown: there is no such thing.
        InvalidPayload: the place has no such post.
        PreconditionFailed: the roster is there in another version than the caller named, where they named one.
        OfficerElsewhere: the person holds another post.
        WrongState: the same person has come further already.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    check_slot(code, duty, slot, frame=frame)
    crew = await locked_crew(uow, code, origin=origin)
    rosters = await load_rosters(uow, origin.election, rosters=[crew.roster_id], persons=[command.person])
    place = (crew.roster_id, duty, slot)
    said = Holder(command.person, command.display_name, command.trained)
    before, holder = rosters.held.get(place), rosters.planned(place, said, status=command.status)
    version = rosters.version(crew.roster_id)
    if before == holder:
        return _receipt(rosters, crew, frame, Outcome.UNCHANGED, version=version)
    check_version(expected, version)
    if before is not None and before.person == holder.person:
        check_step(before.status, holder.status, correction=False)
    assignment = Assignment(crew, duty, slot, holder)
    check_clash(rosters, assignment)
    await assign(uow, rosters, [assignment], frame=frame, origin=origin)
    outcome = Outcome.CHANGED if before else Outcome.CREATED
    return _receipt(rosters, crew, frame, outcome, version=version + 1)


def check_step(before: PostStatus, after: PostStatus, *, correction: bool) -> None:
    """Refuse a step back that is no correction.

    Raises:
        WrongState: the holder has come further already.
    """
    if not may_step(before, after, correction=correction):
        raise WrongState(
            "The holder of this post has come further already.",
            detail_id="Pemegang posisi ini sudah melewati tahap itu.",
            current_state=before.value,
            allowed=["send the step with correction", "end the post", "name somebody else"],
        )


def check_clash(rosters: Rosters, assignment: Assignment) -> None:
    """Refuse a person who holds another post.

    Raises:
        OfficerElsewhere: the person does.
    """
    if rosters.clashes([assignment]):
        raise OfficerElsewhere(
            "One person holds one post; empty the other one first.",
            detail_id="Satu orang hanya mengisi satu posisi; kosongkan dahulu posisi yang lain.",
            current_state="holds another post",
            allowed=["empty the other post", "name another person"],
        )


async def vacate_slot(
    uow: UnitOfWork, code: str, duty: Duty, slot: int, *, expected: int | None, origin: Origin
) -> Receipt:
    """Empty a post; its name is deleted.

    Emits:
        tps_roster.changed or area_roster.changed

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown, SlotEmpty: there is no such thing.
        PreconditionFailed: the roster is there in another version than the caller named, where they named one.
    """
    frame, crew, rosters = await _for_change(uow, code, duty, slot, origin=origin)
    check_version(expected, rosters.version(crew.roster_id))
    await assign(uow, rosters, [Assignment(crew, duty, slot, None)], frame=frame, origin=origin)
    version = rosters.version(crew.roster_id) + 1
    return _receipt(rosters, crew, frame, Outcome.CHANGED, version=version)


async def step_officer(
    uow: UnitOfWork, code: str, duty: Duty, slot: int, *, command: StepIn, expected: int, origin: Origin
) -> Receipt:
    """Record how far the holder of a post has come: proposed, appointed, sworn in.

    Emits:
        tps_roster.changed or area_roster.changed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown, SlotEmpty: there is no such thing.
        PreconditionFailed: the roster is there in another version.
        WrongState: a step back that is no correction.
    """
    frame, crew, rosters = await _for_change(uow, code, duty, slot, origin=origin)
    before = rosters.held[crew.roster_id, duty, slot]
    version = rosters.version(crew.roster_id)
    if before.status is command.status:
        return _receipt(rosters, crew, frame, Outcome.UNCHANGED, version=version)
    check_version(expected, version)
    check_step(before.status, command.status, correction=command.correction)
    after = replace(before, status=command.status)
    assignment = Assignment(crew, duty, slot, after, happened_on=command.happened_on)
    await assign(uow, rosters, [assignment], frame=frame, origin=origin)
    return _receipt(rosters, crew, frame, Outcome.CHANGED, version=version + 1)


async def end_post(
    uow: UnitOfWork, code: str, duty: Duty, slot: int, *, command: EndIn, expected: int, origin: Origin
) -> Receipt:
    """Record why the holder of a post leaves it and, in the same breath, who holds it next.

    Emits:
        tps_roster.changed or area_roster.changed

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown, SlotEmpty: there is no such thing.
        InvalidPayload: somebody is replaced by nobody, or by themselves.
        PreconditionFailed: the roster is there in another version.
        OfficerElsewhere: the successor holds another post.
    """
    successor = command.successor
    persons = [successor.person] if successor else []
    frame, crew, rosters = await _for_change(uow, code, duty, slot, persons=persons, origin=origin)
    place = (crew.roster_id, duty, slot)
    _check_successor(command, before=rosters.held[place])
    version = rosters.version(crew.roster_id)
    check_version(expected, version)
    holder = None
    if successor is not None:
        said = Holder(successor.person, successor.display_name, successor.trained)
        holder = rosters.planned(place, said, status=successor.status)
    assignment = Assignment(crew, duty, slot, holder, reason=command.reason, happened_on=command.happened_on)
    check_clash(rosters, assignment)
    await assign(uow, rosters, [assignment], frame=frame, origin=origin)
    return _receipt(rosters, crew, frame, Outcome.CHANGED, version=version + 1)


def _check_successor(command: EndIn, *, before: Holder) -> None:
    successor = command.successor
    if successor is None and command.reason is EndReason.REPLACED:
        told = ("Who is replaced has a successor.", "Petugas yang diganti memiliki pengganti.")
    elif successor is not None and successor.person == before.person:
        told = ("Nobody succeeds themselves.", "Tidak ada yang menggantikan dirinya sendiri.")
    else:
        return
    raise InvalidPayload(told[0], detail_id=told[1], errors=[FieldError("/successor", "successor", *told)])


async def _for_change(
    uow: UnitOfWork, code: str, duty: Duty, slot: int, *, origin: Origin, persons: list[str] | None = None
) -> tuple[Frame, Crew, Rosters]:
    """Hold a place and its roster, and make sure that somebody holds the post."""
    frame = await load_frame(uow, origin.election, lock="for share")
    crew = await locked_crew(uow, code, origin=origin)
    rosters = await load_rosters(uow, origin.election, rosters=[crew.roster_id], persons=persons or [])
    if (crew.roster_id, duty, slot) not in rosters.held:
        raise SlotEmpty("Nobody holds this post.", detail_id="Posisi ini belum terisi.")
    return frame, crew, rosters


def _receipt(rosters: Rosters, crew: Crew, frame: Frame, outcome: Outcome, *, version: int) -> Receipt:
    """Return what a change of a roster answers with: its figures."""
    counts = counts_of(rosters, crew, frame)
    told = {"place_code": crew.code, "version": version, "posts": counts, "outcome": outcome}
    if crew.is_area:
        return Receipt(
            PostReceipt.model_validate(told),
            location=f"/v1/elections/{frame.election}/posts/{crew.code}",
            aggregate=f"area_roster/{crew.roster_id}",
            version=version,
            status=status_of(outcome),
        )
    figures = roster_counts(counts)
    out = RosterReceipt.model_validate(
        {
            **told,
            "tps_id": crew.roster_id,
            "tps_code": crew.code,
            "kpps": figures[Duty.KPPS],
            "linmas": figures[Duty.LINMAS],
            "ptps": figures[Duty.PTPS],
        }
    )
    return Receipt(
        out,
        location=f"/v1/elections/{frame.election}/tps/{crew.code}/officers",
        aggregate=f"tps_roster/{crew.roster_id}",
        version=version,
        status=status_of(outcome),
    )
