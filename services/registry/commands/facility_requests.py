"""Commands on what facilities ask for: recorded whenever it comes, decided by a named person, and opened again if need be."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from uuid_utils.compat import uuid7

from chassis.actor import Actor, require_region
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload, WrongState
from contracts.device_clocks import CLOCK_AHEAD, is_ahead, placed_at
from contracts.registry_events import ContactStatus
from contracts.registry_people_events import RequestState
from contracts.zones import zone_of
from services.registry.commands.coded import facts_of
from services.registry.commands.facilities import (
    FacilityChange,
    locked_facilities,
    write_facilities,
)
from services.registry.commands.frame import refuse
from services.registry.commands.keepers import keeper_of, require_keeper
from services.registry.errors import LetterKnown, RequestUnknown
from services.registry.events import facility_request_changed
from services.registry.rules.facility_requests import (
    WAYS_OUT,
    cutoff_at,
    decision_misfits,
    granted_of,
    is_late,
)
from services.registry.rules.keeping import DESK
from services.registry.rules.regions import civil_date
from services.registry.schemas.facilities import FacilityFacts
from services.registry.schemas.facility_requests import (
    DecisionIn,
    FacilityRequestIn,
    FacilityRequestReceipt,
    ReasonIn,
    VoterCounts,
)
from services.registry.tables.definitions import (
    Facility,
    FacilityRequest,
    FacilityRequestStep,
    facility_unknown,
)
from services.registry.tables.frames import find_tps, load_frame


async def record_request(
    uow: UnitOfWork, code: str, command: FacilityRequestIn, *, actor: Actor, origin: Origin
) -> Receipt:
    """Record what a facility's letter asks for; one that comes after the cut-off is kept with a finding.

    Whoever sent a letter was in contact and gave a list: the facility is that far from now on.

    Emits:
        facility_request.changed; facility.changed, where the facility had not come that far.

    Raises:
        ElectionUnknown, FacilityUnknown: there is no such thing, or not in the caller's regions.
        RegionNotCovered: another agency keeps the facility.
        LetterKnown: the letter is recorded already.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    facility = await _facility(uow, code, actor=actor, origin=origin)
    await _refuse_known(uow, facility, command.letter_number)
    cutoff = cutoff_at(frame.voting_date, facility.region_code, frame.settings)
    row = FacilityRequest(
        id=uuid7(),
        election=origin.election,
        facility_id=facility.id,
        version=1,
        letter_number=command.letter_number,
        evidence_sha256=command.evidence_sha256,
        received_at=command.received_at,
        recorded_at=origin.now,
        cutoff_at=cutoff,
        voters=command.voters.model_dump(),
        state=RequestState.RECEIVED.value,
        granted=None,
        tps_ids=[],
        reason_code=None,
        reason="",
        decided_at=None,
        decided_by=None,
        findings=_findings(command, cutoff, origin=origin),
    )
    await _have_list(uow, facility, command, origin=origin)
    return await _keep(uow, row, facility, [], reason="", origin=origin, status=201)


async def revise_request(
    uow: UnitOfWork,
    code: str,
    request_id: UUID,
    command: FacilityRequestIn,
    *,
    expected: int,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Correct what was recorded of a letter, while nobody has decided.

    Emits:
        facility_request.changed

    Raises:
        ElectionUnknown, FacilityUnknown, RequestUnknown: there is no such thing, or not in the caller's regions.
        RegionNotCovered: another agency keeps the facility.
        PreconditionFailed: it is there in another version.
        WrongState: it is decided or withdrawn.
        LetterKnown: another request has that letter.
    """
    facility, row = await _opened(uow, code, request_id, actor=actor, origin=origin)
    check_version(expected, row.version)
    _refuse_unless(row, RequestState.RECEIVED)
    if command.letter_number != row.letter_number:
        await _refuse_known(uow, facility, command.letter_number)
    row.sqlmodel_update(
        {
            "letter_number": command.letter_number,
            "evidence_sha256": command.evidence_sha256,
            "received_at": command.received_at,
            "voters": command.voters.model_dump(),
            "findings": _findings(command, row.cutoff_at, origin=origin),
        }
    )
    row.version += 1
    return await _keep(uow, row, facility, [], reason="", origin=origin)


async def decide_request(
    uow: UnitOfWork,
    code: str,
    request_id: UUID,
    command: DecisionIn,
    *,
    expected: int,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Decide about a request, by name: all of it, a part or none, and which TPS serve it.

    Emits:
        facility_request.changed

    Raises:
        ElectionUnknown, FacilityUnknown, RequestUnknown: there is no such thing, or not in the caller's regions.
        RegionNotCovered: a TPS that is to serve it is another region's.
        InvalidPayload: the parts of the decision do not fit, or there is no such TPS.
        PreconditionFailed: it is there in another version.
        WrongState: it is decided or withdrawn.
    """
    facility, row = await _opened(uow, code, request_id, actor=actor, origin=origin)
    asked = VoterCounts.model_validate(row.voters).total
    refuse(decision_misfits(command, asked))
    serving = await _serving(uow, command.tps_codes, actor=actor, election=origin.election)
    check_version(expected, row.version)
    _refuse_unless(row, RequestState.RECEIVED)
    row.state = command.outcome.value
    row.granted = granted_of(command, asked)
    row.tps_ids = list(serving.values())
    row.reason_code = command.reason_code.value if command.reason_code else None
    row.reason = command.reason
    row.decided_at, row.decided_by = origin.now, origin.actor
    row.version += 1
    return await _keep(uow, row, facility, list(serving), reason=command.reason, origin=origin)


async def withdraw_request(
    uow: UnitOfWork,
    code: str,
    request_id: UUID,
    command: ReasonIn,
    *,
    expected: int,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Withdraw a request that nobody has decided.

    Emits:
        facility_request.changed

    Raises:
        ElectionUnknown, FacilityUnknown, RequestUnknown: there is no such thing, or not in the caller's regions.
        RegionNotCovered: another agency keeps the facility.
        PreconditionFailed: it is there in another version.
        WrongState: it is decided or withdrawn.
    """
    facility, row = await _opened(uow, code, request_id, actor=actor, origin=origin)
    check_version(expected, row.version)
    _refuse_unless(row, RequestState.RECEIVED)
    row.state, row.reason = RequestState.WITHDRAWN.value, command.reason
    row.version += 1
    return await _keep(uow, row, facility, [], reason=command.reason, origin=origin)


async def reopen_request(
    uow: UnitOfWork,
    code: str,
    request_id: UUID,
    command: ReasonIn,
    *,
    expected: int,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Open a request again that was decided or withdrawn: it waits for a decision, under the cut-off that it had.

    Emits:
        facility_request.changed

    Raises:
        ElectionUnknown, FacilityUnknown, RequestUnknown: there is no such thing, or not in the caller's regions.
        RegionNotCovered: another agency keeps the facility.
        PreconditionFailed: it is there in another version.
        WrongState: it waits already.
    """
    facility, row = await _opened(uow, code, request_id, actor=actor, origin=origin)
    check_version(expected, row.version)
    _refuse_unless(row, *(state for state in RequestState if state is not RequestState.RECEIVED))
    row.state, row.reason, row.reason_code = RequestState.RECEIVED.value, "", None
    row.granted, row.decided_at, row.decided_by = None, None, None
    row.tps_ids = []
    row.version += 1
    return await _keep(uow, row, facility, [], reason=command.reason, origin=origin)


async def _facility(uow: UnitOfWork, code: str, *, actor: Actor, origin: Origin) -> Facility:
    """Hold a facility whose letters the caller keeps: whoever records one first keeps the facility from then on."""
    facility = (await locked_facilities(uow, origin.election, [code])).get(code)
    if facility is None or not actor.may_touch(facility.region_code):
        raise facility_unknown(code)
    keeper = await keeper_of(uow, actor)
    require_keeper(keeper, facility.kept_by)
    facility.kept_by = keeper.keeps(facility.kept_by)
    uow.session.add(facility)
    return facility


async def _opened(
    uow: UnitOfWork, code: str, request_id: UUID, *, actor: Actor, origin: Origin
) -> tuple[Facility, FacilityRequest]:
    """Hold a facility and one of its requests."""
    await load_frame(uow, origin.election, lock="for share")
    facility = await _facility(uow, code, actor=actor, origin=origin)
    found = await uow.session.exec(
        select(FacilityRequest)
        .where(col(FacilityRequest.id) == request_id, col(FacilityRequest.facility_id) == facility.id)
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise RequestUnknown(
            "The facility made no such request.",
            detail_id="Fasilitas ini tidak memiliki permintaan tersebut.",
        )
    return facility, row


async def _refuse_known(uow: UnitOfWork, facility: Facility, letter_number: str) -> None:
    known = await uow.fetch_row(
        "select state from facility_request where facility_id = $1 and letter_number = $2",
        facility.id,
        letter_number,
    )
    if known is not None:
        raise LetterKnown(
            "The letter of this number is recorded already.",
            detail_id="Surat dengan nomor ini sudah tercatat.",
            current_state=known["state"],
            allowed=["revise the request that has this letter", "send the letter's own number"],
        )


def _refuse_unless(row: FacilityRequest, *states: RequestState) -> None:
    if row.state not in states:
        raise WrongState(
            "Not in this state of the request.",
            detail_id="Tidak dapat dilakukan pada keadaan permintaan ini.",
            current_state=row.state,
            allowed=list(WAYS_OUT[RequestState(row.state)]),
        )


async def _serving(uow: UnitOfWork, codes: Sequence[str], *, actor: Actor, election: str) -> dict[str, UUID]:
    """Return the TPS that are to serve a request, by the codes that they have now."""
    for code in codes:
        require_region(actor, code)
    found = await find_tps(uow, election, codes)
    told = ("No active TPS has this code.", "Tidak ada TPS aktif dengan kode ini.")
    wrong = [
        FieldError(f"/tps_codes/{n}", "tps-unknown", *told)
        for n, code in enumerate(codes)
        if code not in found or not found[code].facts.active
    ]
    if wrong:
        raise InvalidPayload(told[0], detail_id=told[1], errors=wrong)
    return {found[code].code: found[code].tps_id for code in codes}


def _findings(command: FacilityRequestIn, cutoff: datetime, *, origin: Origin) -> list[str]:
    """Return what is to be said of when a letter came: nothing comes later than the desk hears of it."""
    found = [CLOCK_AHEAD] if is_ahead(command.received_at, origin.now) else []
    late = is_late(placed_at(command.received_at, origin.now), cutoff)
    return [*found, "W-REQUEST-LATE"] if late else found


async def _have_list(
    uow: UnitOfWork, facility: Facility, command: FacilityRequestIn, *, origin: Origin
) -> None:
    if facility.contact_status not in {ContactStatus.NOT_CONTACTED, ContactStatus.CONTACTED}:
        return
    came = placed_at(command.received_at, origin.now)
    day = civil_date(came, zone_of(facility.region_code))
    told = {
        "contact_status": ContactStatus.LIST_RECEIVED,
        "contacted_on": facility.contacted_on or day,
        "list_received_on": facility.list_received_on or day,
    }
    change = FacilityChange(
        facility.code, facts_of(facility, FacilityFacts).model_copy(update=told), facility
    )
    await write_facilities(uow, [change], keeper=DESK, origin=origin)  # whose it is was settled before


async def _keep(
    uow: UnitOfWork,
    row: FacilityRequest,
    facility: Facility,
    tps_codes: Sequence[str],
    *,
    reason: str,
    origin: Origin,
    status: int = 200,
) -> Receipt:
    """Write a request and its step, and tell of it; the caller has raised its version."""
    uow.session.add(row)
    uow.session.add(
        FacilityRequestStep(
            request_id=row.id,
            version=row.version,
            state=row.state,
            reason=reason,
            recorded_at=origin.now,
            actor=origin.actor,
        )
    )
    told = facility_request_changed(row, facility, tps_codes)
    uow.emit(told, aggregate_id=row.id, version=row.version, origin=origin)
    out = FacilityRequestReceipt.model_validate({**told.model_dump(), "version": row.version})
    return Receipt(
        out,
        location=f"/v1/elections/{row.election}/facilities/{facility.code}/requests/{row.id}",
        aggregate=f"facility_request/{row.id}",
        version=row.version,
        status=status,
    )
