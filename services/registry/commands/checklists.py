"""Commands on the checklists of places; written for many, so that an import is the same as one PUT."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.actor import Actor, region_not_covered
from chassis.conditional import check_version
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_places_events import (
    AlternateSite,
    CheckAnswer,
    CheckedItem,
    CheckItem,
    TpsChecklistChanged,
)
from services.registry.commands.frame import refuse, status_of
from services.registry.commands.keepers import keeper_of
from services.registry.commands.risks import older
from services.registry.commands.tps import locked_tps
from services.registry.rules.checklists import check_misfits
from services.registry.rules.distances import Point, distance_m
from services.registry.rules.keeping import Keeper
from services.registry.schemas.checklists import CheckFacts, CheckIn, CheckReceipt
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import TpsState, load_frame


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one item at a TPS."""

    tps: TpsState
    item: CheckItem
    facts: CheckFacts

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is about: TPS and item."""
        return self.tps.tps_id.hex, self.item.value

    def distance_m(self) -> int | None:
        """Return how far the alternate site is: computed where both points are known, else what was said."""
        here, there = self.tps.facts, self.facts
        if here.lat is None or here.lon is None or there.lat is None or there.lon is None:
            return there.distance_m
        return round(distance_m(Point(here.lat, here.lon), Point(there.lat, there.lon)))

    def values(self) -> tuple[object, ...]:
        """Return what is kept of it beside who and when."""
        said = self.facts
        return (said.answer.value, said.source, said.as_of, said.place, said.lat, said.lon, self.distance_m())


_KEPT = ("answer", "source", "as_of", "place", "lat", "lon", "distance_m")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a check: refused where a newer one is known, or another agency keeps the item."""

    outcome: Outcome | None
    version: int
    recorded_at: datetime
    kept_elsewhere: bool = False


_WRITE = """
insert into tps_check (tps_id, item, answer, source, as_of, place, lat, lon, distance_m, kept_by, checked_by, recorded_at)
select u.*, $11, $12 from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::text[], $7::float8[],
    $8::float8[], $9::int[], $10::text[]) u
on conflict (tps_id, item) do update set answer = excluded.answer, source = excluded.source, as_of = excluded.as_of,
    place = excluded.place, lat = excluded.lat, lon = excluded.lon, distance_m = excluded.distance_m, kept_by = excluded.kept_by,
    checked_by = excluded.checked_by, recorded_at = excluded.recorded_at
"""
_VERSIONS = """
insert into tps_checklist (tps_id, version) select u, 1 from unnest($1::uuid[]) u
on conflict (tps_id) do update set version = tps_checklist.version + 1
returning tps_id, version
"""


async def check_places(
    uow: UnitOfWork, checks: Sequence[Check], *, keeper: Keeper, dry_run: bool = False, origin: Origin
) -> list[Checked]:
    """Record checks of different items, each TPS's row being held.

    One is refused that is older than what is known, or of an item that another agency keeps.

    Returns:
        one result per check, in their order.

    Emits:
        tps_checklist.changed, one for each TPS of which something changed.
    """
    states = {check.tps.tps_id: check.tps for check in checks}
    rows = await uow.fetch("select * from tps_check where tps_id = any($1::uuid[])", list(states))
    standing = {(row["tps_id"].hex, row["item"]): row for row in rows}
    kept = [row["kept_by"] if (row := standing.get(check.key)) is not None else None for check in checks]
    outcomes = [
        _outcome(check, standing.get(check.key)) if keeper.may_change(kept_by) else None
        for check, kept_by in zip(checks, kept, strict=True)
    ]
    writes = [
        (check, keeper.keeps(kept_by))
        for check, outcome, kept_by in zip(checks, outcomes, kept, strict=True)
        if outcome is not None and outcome is not Outcome.UNCHANGED
    ]
    if writes and not dry_run:
        changed = sorted({check.tps.tps_id for check, _ in writes})
        await uow.fetch(_VERSIONS, changed)
        columns = [(check.tps.tps_id, check.item.value, *check.values(), by) for check, by in writes]
        await uow.execute(
            _WRITE, *(list(column) for column in zip(*columns, strict=True)), origin.actor, origin.now
        )
        await _tell(uow, [states[tps_id] for tps_id in changed], origin=origin)
    versions = await _versions(uow, list(states))
    results: list[Checked] = []
    for check, outcome, kept_by in zip(checks, outcomes, kept, strict=True):
        before = standing.get(check.key)
        stays = outcome is None or outcome is Outcome.UNCHANGED
        recorded_at = before["recorded_at"] if before is not None and stays else origin.now
        version = versions.get(check.tps.tps_id, 0)
        results.append(Checked(outcome, version, recorded_at, not keeper.may_change(kept_by)))
    return results


def _outcome(check: Check, before: Row | None) -> Outcome | None:
    if before is None:
        return Outcome.CREATED
    newest: date = before["as_of"]
    if check.facts.as_of < newest:
        return None
    same = check.values() == tuple(before[name] for name in _KEPT)
    return Outcome.UNCHANGED if same else Outcome.CHANGED


async def _versions(uow: UnitOfWork, tps_ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await uow.fetch("select * from tps_checklist where tps_id = any($1::uuid[])", list(tps_ids))
    return {row["tps_id"]: row["version"] for row in rows}


async def _tell(uow: UnitOfWork, states: Sequence[TpsState], *, origin: Origin) -> None:
    ids = [state.tps_id for state in states]
    rows = await uow.fetch("select * from tps_check where tps_id = any($1::uuid[]) order by item", ids)
    versions = await _versions(uow, ids)
    for state in states:
        own = [row for row in rows if row["tps_id"] == state.tps_id]
        uow.emit(
            TpsChecklistChanged(
                tps_id=state.tps_id,
                tps_code=state.code,
                items=[
                    CheckedItem(
                        item=CheckItem(row["item"]),
                        answer=CheckAnswer(row["answer"]),
                        source=row["source"],
                        as_of=row["as_of"],
                    )
                    for row in own
                ],
                alternate=next((_site(row) for row in own if row["place"] is not None), None),
            ),
            aggregate_id=state.tps_id,
            version=versions[state.tps_id],
            origin=origin,
            tps_id=state.tps_id,
        )


def _site(row: Row) -> AlternateSite:
    return AlternateSite(place=row["place"], lat=row["lat"], lon=row["lon"], distance_m=row["distance_m"])


async def forget_checks(uow: UnitOfWork, state: TpsState, *, origin: Origin) -> None:
    """Forget what was checked of the place that a TPS has left: of the new one nothing is known.

    Emits:
        tps_checklist.changed, where something was known.
    """
    gone = await uow.fetch("delete from tps_check where tps_id = $1 returning item", state.tps_id)
    if gone:
        await uow.fetch(_VERSIONS, [state.tps_id])
        await _tell(uow, [state], origin=origin)


async def check_place(
    uow: UnitOfWork,
    code: str,
    item: CheckItem,
    command: CheckIn,
    *,
    actor: Actor,
    expected: int | None,
    origin: Origin,
) -> Receipt:
    """Record what was found of one item of a TPS's checklist, or take it back (`unknown`).

    Emits:
        tps_checklist.changed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
        InvalidPayload: the item cannot be so.
        RegionNotCovered: another agency keeps what is known of it.
        PreconditionFailed: it is there in another version than the caller named, where they named one.
        AssessmentOlder: a newer check of it is known.
    """
    facts = CheckFacts.model_validate(command.model_dump(exclude={"channel"}))
    refuse(check_misfits(item, facts))
    await load_frame(uow, origin.election, lock="for share")
    tps = await locked_tps(uow, code, origin=origin)
    check = Check(tps, item, facts)
    (done,) = await check_places(uow, [check], keeper=await keeper_of(uow, actor), origin=origin)
    if done.kept_elsewhere:
        raise region_not_covered()
    if done.outcome is None:
        raise older("read the checklist of the TPS")
    if done.outcome is not Outcome.UNCHANGED:
        check_version(expected, done.version - 1)
    (row,) = await uow.fetch(
        "select * from tps_check where tps_id = $1 and item = $2", tps.tps_id, item.value
    )
    out = CheckReceipt(
        item=item,
        answer=facts.answer,
        source=facts.source,
        as_of=facts.as_of,
        checked_by=row["checked_by"],
        recorded_at=done.recorded_at,
        place=facts.place,
        lat=facts.lat,
        lon=facts.lon,
        distance_m=row["distance_m"],
        tps_code=tps.code,
        version=done.version,
        outcome=done.outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/tps/{tps.code}/checklist",
        aggregate=f"tps_checklist/{tps.tps_id}",
        version=done.version,
        status=status_of(done.outcome),
    )
