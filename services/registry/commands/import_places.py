"""What an import does with rows of places and stages: the same commands as one request, for many rows at once."""

from collections.abc import Mapping, Sequence
from datetime import date, time

from chassis.database import UnitOfWork
from contracts.zones import local_instant
from services.registry.commands.boundaries import Boundary, draw_boundaries
from services.registry.commands.checklists import Check, check_places
from services.registry.commands.coded import facts_of
from services.registry.commands.facilities import region_misfits
from services.registry.commands.import_chunk import (
    ELSEWHERE,
    TWICE,
    Apply,
    Chunk,
    known_tps,
    of_shape,
    validated,
)
from services.registry.commands.keepers import keeper_of
from services.registry.commands.outreach import (
    OutreachChange,
    is_early,
    locked_outreach,
    write_outreach,
)
from services.registry.commands.region_changes import (
    RegionChange,
    change_misfits,
    successors_of,
    write_region_changes,
)
from services.registry.commands.risks import Assessment, assess_risks
from services.registry.rules.checklists import check_misfits
from services.registry.rules.regions import LIST, is_region
from services.registry.schemas.checklists import CheckFacts
from services.registry.schemas.imports import ImportKind
from services.registry.schemas.outreach import OutreachFacts
from services.registry.schemas.place_rows import (
    BoundaryRowIn,
    CheckRowIn,
    LayerRowIn,
    OutreachRowIn,
    RegionChangeRowIn,
)
from services.registry.schemas.shapes import ImportRow, Misfit, Outcome
from services.registry.tables.frames import load_frame

UNKNOWN_REGION = Misfit("code", "region-unknown", "The list of regions has no such code.")
EARLY = Misfit("state", "not-begun", "It has not begun by the desk's clock, so it was not held.")
Rows = Sequence[tuple[int, ImportRow]]


async def _apply_checklist(uow: UnitOfWork, rows: Rows, chunk: Chunk) -> None:
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, CheckRowIn)
    known = await known_tps(uow, given, chunk)
    checks: dict[tuple[str, str], tuple[int, Check]] = {}
    for number, row in given:
        if number not in known:
            continue
        said = row.model_dump(exclude={"tps_code", "item"})
        facts = validated(chunk, number, CheckFacts, said | {"source": row.source or chunk.terms.source})
        if facts is None:
            continue
        check = Check(known[number], row.item, facts)
        if misfits := check_misfits(row.item, facts):
            chunk.refuse(number, *misfits)
        elif check.key in checks:  # a former code and the present one, in one file
            chunk.refuse(number, TWICE)
        else:
            checks[check.key] = (number, check)
    results = await check_places(
        uow,
        [check for _, check in checks.values()],
        keeper=await keeper_of(uow, chunk.terms.actor),
        dry_run=chunk.terms.dry_run,
        origin=chunk.origin,
    )
    for (number, _), result in zip(checks.values(), results, strict=True):
        chunk.judge(number, result)


async def _apply_layer(uow: UnitOfWork, rows: Rows, chunk: Chunk) -> None:
    """Take in what a layer says of each TPS: nothing is written where it says nothing."""
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, LayerRowIn)
    known = await known_tps(uow, given, chunk)
    numbers: list[int] = []
    assessments: list[Assessment] = []
    for number, row in given:
        if number not in known:
            continue
        if row.risk_class is None:
            chunk.refuse(number, _unsaid(row))
            continue
        numbers.append(number)
        indicators = tuple(row.indicators or ())
        assessments.append(
            Assessment(known[number], row.kind, row.risk_class, indicators, chunk.terms.source, row.as_of)
        )
    results = await assess_risks(
        uow,
        assessments,
        keeper=await keeper_of(uow, chunk.terms.actor),
        dry_run=chunk.terms.dry_run,
        origin=chunk.origin,
    )
    for number, result in zip(numbers, results, strict=True):
        chunk.judge(number, result)


def _unsaid(row: LayerRowIn) -> Misfit:
    if row.why == "no-point":
        detail = f"TPS {row.tps_code} has no point: what the layer says of it is not known."
        detail_id = f"TPS {row.tps_code} tidak memiliki titik: keterangan lapisan tentangnya tidak diketahui."
        return Misfit("tps_code", "tps-no-point", detail, detail_id)
    detail = f"TPS {row.tps_code} lies in no polygon of the layer: that says nothing, and never low."
    detail_id = f"TPS {row.tps_code} di luar semua bidang lapisan: itu tidak berarti apa pun, dan bukan risiko rendah."
    return Misfit("tps_code", "outside-layer", detail, detail_id)


async def _apply_boundaries(uow: UnitOfWork, rows: Rows, chunk: Chunk) -> None:
    numbers: list[int] = []
    boundaries: list[Boundary] = []
    for number, row in of_shape(rows, BoundaryRowIn):
        if not chunk.terms.covers(row.code):
            chunk.refuse(number, ELSEWHERE)
        elif not is_region(row.code):
            chunk.refuse(number, UNKNOWN_REGION)
        else:
            numbers.append(number)
            source = chunk.terms.source
            boundaries.append(Boundary(row.code, row.name, row.geometry or {}, source, row.as_of))
    results = await draw_boundaries(uow, boundaries, dry_run=chunk.terms.dry_run, origin=chunk.origin)
    for number, drawn in zip(numbers, results, strict=True):
        if drawn.outcome is None:
            chunk.refuse(number, *drawn.reasons)
        else:
            chunk.take(number, drawn.outcome, *drawn.reasons)


async def _apply_region_changes(uow: UnitOfWork, rows: Rows, chunk: Chunk) -> None:
    numbers: list[int] = []
    changes: list[RegionChange] = []
    given = of_shape(rows, RegionChangeRowIn)
    known = await successors_of(uow, [(row.list, row.old_code) for _, row in given])
    for number, row in given:
        source = row.source or chunk.terms.source
        change = RegionChange(row.list, row.old_code, row.new_code, source, row.as_of)
        # Whoever reads the old code is told of all its successors: to add one is to change what the others stand for.
        concerned = [row.new_code, *known.get((row.list, row.old_code), ())]
        if row.list == LIST:
            concerned.append(row.old_code)
        if not all(chunk.terms.covers(code) for code in concerned):
            chunk.refuse(number, ELSEWHERE)
        elif misfits := change_misfits(change):
            chunk.refuse(number, *misfits)
        else:
            numbers.append(number)
            changes.append(change)
    results = await write_region_changes(uow, changes, dry_run=chunk.terms.dry_run, now=chunk.origin.now)
    for number, outcome in zip(numbers, results, strict=True):
        chunk.take(number, outcome)


async def _apply_outreach(uow: UnitOfWork, rows: Rows, chunk: Chunk) -> None:
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, OutreachRowIn)
    known = await locked_outreach(uow, chunk.origin.election, [row.code for _, row in given])
    keeper = await keeper_of(uow, chunk.terms.actor)
    changes: list[OutreachChange] = []
    for number, row in given:
        before = known.get(row.code)
        standing = facts_of(before, OutreachFacts).model_dump() if before else {}
        facts = validated(
            chunk, number, OutreachFacts, standing | {"source": chunk.terms.source} | _said_of(row)
        )
        if facts is None:
            continue
        places = [facts.region_code, *([before.region_code] if before else [])]
        kept_elsewhere = before is not None and not keeper.may_change(before.kept_by)
        if kept_elsewhere or not all(chunk.terms.covers(place) for place in places):
            chunk.refuse(number, ELSEWHERE)
        elif misfits := region_misfits(facts.region_code):
            chunk.refuse(number, *misfits)
        elif is_early(facts, now=chunk.origin.now):
            chunk.refuse(number, EARLY)
        else:
            change = OutreachChange(row.code, facts, before)
            outcome = Outcome.CHANGED if before else Outcome.CREATED
            if change.same:
                outcome = Outcome.UNCHANGED
            else:
                changes.append(change)
            chunk.take(number, outcome)
    if not chunk.terms.dry_run:
        await write_outreach(uow, changes, keeper=keeper, origin=chunk.origin)


_OUTREACH_NEVER_NULL = frozenset({"kind", "place", "photos", "source"})


def _said_of(row: OutreachRowIn) -> dict[str, object]:
    """Return what a row says of an activity: civil times of its region become moments."""
    told = row.model_dump(exclude={"code", "day", "starts", "ends"}, exclude_unset=True)
    said: dict[str, object] = {
        name: value for name, value in told.items() if value is not None or name not in _OUTREACH_NEVER_NULL
    }
    said["starts_at"] = _moment(row, row.starts)
    if "ends" in row.model_fields_set:
        said["ends_at"] = _moment(row, row.ends) if row.ends else None
    return said


def _moment(row: OutreachRowIn, civil: str) -> object:
    day: date = row.day
    try:
        return local_instant(row.region_code, day, time.fromisoformat(civil))
    except LookupError:  # no such province: the row is refused for its region, whatever the time
        return None


PLACES: Mapping[ImportKind, Apply] = {
    ImportKind.CHECKLIST: _apply_checklist,
    ImportKind.RISK_LAYER: _apply_layer,
    ImportKind.BOUNDARIES: _apply_boundaries,
    ImportKind.REGION_CHANGES: _apply_region_changes,
    ImportKind.OUTREACH: _apply_outreach,
}
