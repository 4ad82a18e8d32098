"""A TPS gets another place: a decision with who, on what basis, from when and why; what was known of the old place goes."""

from dataclasses import replace
from datetime import UTC, datetime

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import RiskKind
from contracts.registry_places_events import TpsRelocationDecided
from contracts.zones import zone_of
from services.registry.commands.checklists import forget_checks
from services.registry.commands.risks import Assessment, assess_risks
from services.registry.commands.tps import TpsChange, asked_of_point, locked_tps, tps_receipt, write_tps
from services.registry.rules.keeping import DESK
from services.registry.rules.regions import civil_date
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.tps import RelocationIn
from services.registry.tables.frames import Moved, TpsState, load_frame

_MOVED = ("place", "address", "lat", "lon", "accessible", "source")
_OF_THE_PLACE = (RiskKind.HAZARD, RiskKind.NETWORK)
"""Risks that belong to a place rather than to who votes there."""

_WRITE = """
insert into tps_relocation (tps_id, number, tps_version, reason_class, reason, basis, decided_by, decided_at, effective_at,
    from_place, from_address, place, address, lat, lon, source, recorded_at)
select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
from tps_relocation where tps_id = $1
returning number
"""


async def relocate_tps(
    uow: UnitOfWork, code: str, command: RelocationIn, *, expected: int | None, origin: Origin
) -> Receipt:
    """Give a TPS another place; what it is otherwise stays, and what was known of the old place is not known of the new.

    Emits:
        tps.registered and tps_relocation.decided, where something changed; with them tps_risk.assessed for the risks
        of the place, and tps_checklist.changed, where something was known.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
        PreconditionFailed: the TPS is there in another version than the caller named, where they named one.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    before = await locked_tps(uow, code, origin=origin)
    facts = before.facts.model_copy(update={name: getattr(command, name) for name in _MOVED})
    if facts == before.facts:
        return tps_receipt(before, frame, Outcome.UNCHANGED)
    check_version(expected, before.version)
    effective_at = (command.effective_at or command.occurred_at).astimezone(UTC)
    moved = Moved(effective_at, command.reason_class)
    state = replace(before, version=before.version + 1, facts=facts, moved=moved)
    change = TpsChange(state, command.reason, command.occurred_at)
    await write_tps(uow, [change], frame=frame, origin=origin)
    await uow.execute(
        "update tps set moved_at = $2, moved_reason = $3 where id = $1",
        *(state.tps_id, effective_at, command.reason_class.value),
    )
    await _record(uow, before, state, command, effective_at=effective_at, origin=origin)
    await _forget_place(uow, state, command, origin=origin)
    asked = await asked_of_point(uow, state, origin=origin)
    return tps_receipt(state, frame, Outcome.CHANGED, asked=asked)


async def _record(
    uow: UnitOfWork,
    before: TpsState,
    after: TpsState,
    command: RelocationIn,
    *,
    effective_at: datetime,
    origin: Origin,
) -> None:
    (row,) = await uow.fetch(
        _WRITE,
        *(after.tps_id, after.version, command.reason_class.value, command.reason, command.basis),
        *(command.decided_by or origin.actor, command.occurred_at, effective_at),
        *(before.facts.place, before.facts.address, command.place, command.address),
        *(command.lat, command.lon, command.source, origin.now),
    )
    uow.emit(
        TpsRelocationDecided(
            tps_id=after.tps_id,
            tps_code=after.code,
            reason_class=command.reason_class,
            from_place=before.facts.place,
            place=command.place,
            address=command.address,
            lat=command.lat,
            lon=command.lon,
            accessible=command.accessible,
            effective_at=effective_at,
            source=command.source,
        ),
        aggregate_id=after.tps_id,
        version=row["number"],
        origin=origin,
        occurred_at=command.occurred_at,
        tps_id=after.tps_id,
    )


async def _forget_place(uow: UnitOfWork, state: TpsState, command: RelocationIn, *, origin: Origin) -> None:
    """Take back what was known of the old place: of the new one it is not known, which is never safe."""
    rows = await uow.fetch(
        "select kind, as_of from tps_risk where tps_id = $1 and kind = any($2::text[]) and risk_class is not null",
        *(state.tps_id, [kind.value for kind in _OF_THE_PLACE]),
    )
    decided_on = civil_date(command.occurred_at, zone_of(state.code))
    taken_back = [
        Assessment(state, RiskKind(row["kind"]), None, (), command.source, max(row["as_of"], decided_on))
        for row in rows
    ]
    await assess_risks(uow, taken_back, keeper=DESK, origin=origin)
    await forget_checks(uow, state, origin=origin)
