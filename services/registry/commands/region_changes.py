"""What codes of regions became: told by a table with its source, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis.database import UnitOfWork
from services.registry.rules.regions import LIST, is_region
from services.registry.schemas.shapes import Misfit, Outcome


@dataclass(frozen=True, slots=True)
class RegionChange:
    """That a code of a list became one of the desk's list; a code that was split has several."""

    list: str
    old_code: str
    new_code: str
    source: str
    as_of: date


def change_misfits(change: RegionChange) -> list[Misfit]:
    """Return why a change cannot be so."""
    if not is_region(change.new_code):
        return [Misfit("new_code", "region-unknown", "The desk's list of regions has no such code.")]
    if change.list == LIST and is_region(change.old_code):
        return [Misfit("old_code", "region-current", "The desk's list has this code: it has no successor.")]
    return []


async def successors_of(
    uow: UnitOfWork, codes: Sequence[tuple[str, str]]
) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return what codes of lists are known to have become.

    Emits:
        nothing
    """
    rows = await uow.fetch(
        """select c.list, c.old_code, array_agg(c.new_code) as new_codes
           from (select distinct list, old_code from unnest($1::text[], $2::text[]) u(list, old_code)) k
           join region_change c using (list, old_code) group by c.list, c.old_code""",
        [of_list for of_list, _ in codes],
        [code for _, code in codes],
    )
    return {(row["list"], row["old_code"]): row["new_codes"] for row in rows}


_WRITE = """
insert into region_change (list, old_code, new_code, source, as_of, recorded_at)
select u.*, $6 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[]) u
on conflict (list, old_code, new_code) do update set source = excluded.source, as_of = excluded.as_of,
    recorded_at = excluded.recorded_at
"""


async def write_region_changes(
    uow: UnitOfWork, changes: Sequence[RegionChange], *, dry_run: bool, now: datetime
) -> list[Outcome]:
    """Keep different changes of codes; the same facts again change nothing.

    Emits:
        nothing: no other service asks for a former code of a region.
    """
    rows = await uow.fetch(
        """select c.* from unnest($1::text[], $2::text[], $3::text[]) k(list, old_code, new_code)
           join region_change c using (list, old_code, new_code)""",
        [each.list for each in changes],
        [each.old_code for each in changes],
        [each.new_code for each in changes],
    )
    known = {(row["list"], row["old_code"], row["new_code"]): (row["source"], row["as_of"]) for row in rows}
    outcomes: list[Outcome] = []
    writes: list[tuple[object, ...]] = []
    for each in changes:
        before = known.get((each.list, each.old_code, each.new_code))
        if before == (each.source, each.as_of):
            outcomes.append(Outcome.UNCHANGED)
            continue
        outcomes.append(Outcome.CHANGED if before else Outcome.CREATED)
        writes.append((each.list, each.old_code, each.new_code, each.source, each.as_of))
    if writes and not dry_run:
        await uow.execute(_WRITE, *(list(column) for column in zip(*writes, strict=True)), now)
    return outcomes
