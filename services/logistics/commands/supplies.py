"""What TPS and kecamatan need: computed from what the registry tells and from the catalogue, again whenever one changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.actor import Actor, require_whole
from chassis.conditional import check_version
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.logistics_events import ItemNeed, ItemScope, KecamatanNeedComputed, TpsNeedComputed
from services.logistics.commands.known_tps import NEEDS, change_election
from services.logistics.errors import ElectionUnknown, ItemOfElection
from services.logistics.rules.quantities import (
    BALLOT_BOX,
    SPARE_BOX,
    CatalogueItem,
    due_at,
    kecamatan_needs,
    total_of,
    tps_needs,
)
from services.logistics.schemas.supplies import CatalogueItemIn, CatalogueItemOut

BATCH = 500

_LOCK_STALE = """select s.tps_id from tps_supply s join election_ref e using (election)
    where s.stale order by s.election, s.tps_id limit $1 for update of s skip locked"""
# A statement of its own, so that it sees what was told until the rows were locked; what is told later marks them again.
_STALE = """
select s.tps_id, s.election, s.version, s.due_at, s.needs, t.tps_code, t.kecamatan, t.zone, t.voting_date, t.dpt,
    t.contests, t.active, e.due_days_before
from tps_supply s join tps_ref t using (tps_id) join election_ref e on e.election = s.election
where s.tps_id = any($1::uuid[]) order by s.election, s.tps_id
"""
_CATALOGUE = "select * from catalogue_item where election = any($1::text[]) order by election, position, item"
_COMPUTED = """
update tps_supply s set stale = false, version = u.version, due_at = u.due_at, boxes = u.boxes, needs = u.needs
from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::int[], $5::text[]) u(tps_id, version, due_at, boxes, needs)
where s.tps_id = u.tps_id
"""
_MAKE_KECAMATAN = """insert into kecamatan_need (election, region_code, version, needs)
    select u.*, 0, '' from unnest($1::text[], $2::text[]) u on conflict do nothing"""
_LOCK_KECAMATAN = """select k.* from unnest($1::text[], $2::text[]) u(election, region_code)
    join kecamatan_need k using (election, region_code) order by k.election, k.region_code for update of k"""
_CONTESTS = """
select t.election, t.kecamatan, array_agg(distinct c) as contests
from unnest($1::text[], $2::text[]) u(election, kecamatan)
join tps_ref t using (election, kecamatan), unnest(t.contests) c where t.active group by 1, 2
"""
_KECAMATAN = """update kecamatan_need k set version = u.version, needs = u.needs
    from unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) u(election, region_code, version, needs)
    where k.election = u.election and k.region_code = u.region_code"""


@dataclass(frozen=True, slots=True)
class _Computed:
    """A TPS with what it needs by now."""

    row: Row
    due_at: datetime
    needs: list[ItemNeed]
    stored: str

    @property
    def changed(self) -> bool:
        return self.stored != self.row["needs"] or self.due_at != self.row["due_at"]


async def compute_needs(uow: UnitOfWork, *, now: datetime, rehearsal: bool, limit: int = BATCH) -> int:
    """Compute the needs of TPS whose facts changed, and of their kecamatan; return how many TPS were looked at.

    An election that the registry has not told of yet waits. What comes out the same is not told again.

    Emits:
        tps_supply.need_computed, kecamatan_need.computed
    """
    stale = [row["tps_id"] for row in await uow.fetch(_LOCK_STALE, limit)]
    if not stale:
        return 0
    rows = await uow.fetch(_STALE, stale)
    catalogue = await _catalogue(uow, {row["election"] for row in rows})
    computed = [_compute(row, catalogue[row["election"]]) for row in rows]
    versions = {c.row["tps_id"]: c.row["version"] + c.changed for c in computed}
    await uow.execute(
        _COMPUTED,
        [c.row["tps_id"] for c in computed],
        [versions[c.row["tps_id"]] for c in computed],
        [c.due_at for c in computed],
        [total_of(c.needs, BALLOT_BOX) for c in computed],
        [c.stored for c in computed],
    )
    for c in computed:
        if c.changed:
            _emit_tps(
                uow, c, versions[c.row["tps_id"]], _origin(c.row["election"], now=now, rehearsal=rehearsal)
            )
    places = sorted({(row["election"], row["kecamatan"]) for row in rows})
    await _compute_kecamatan(uow, places, catalogue, now=now, rehearsal=rehearsal)
    return len(rows)


async def _catalogue(uow: UnitOfWork, elections: set[str]) -> dict[str, list[CatalogueItem]]:
    found: dict[str, list[CatalogueItem]] = {election: [] for election in elections}
    for row in await uow.fetch(_CATALOGUE, sorted(elections)):
        found[row["election"]].append(
            CatalogueItem(
                row["item"],
                row["name"],
                row["name_id"],
                row["unit"],
                ItemScope(row["per"]),
                row["quantity"],
                row["sealed"],
                row["source"],
                row["verified"],
                row["reserve_ratio"],
                row["of_election"],
            )
        )
    return found


def _compute(row: Row, catalogue: Sequence[CatalogueItem]) -> _Computed:
    needs = tps_needs(catalogue, dpt=row["dpt"], contests=row["contests"]) if row["active"] else []
    due = due_at(row["voting_date"], row["zone"], days_before=row["due_days_before"])
    facts = NEEDS.dump_json(needs).decode()
    return _Computed(row, due, needs, facts)


def _emit_tps(uow: UnitOfWork, computed: _Computed, version: int, origin: Origin) -> None:
    row = computed.row
    tps_id: UUID = row["tps_id"]
    uow.emit(
        TpsNeedComputed(
            tps_id=tps_id,
            tps_code=row["tps_code"],
            active=row["active"],
            due_at=computed.due_at,
            zone=row["zone"],
            boxes=total_of(computed.needs, BALLOT_BOX),
            contests=sorted(row["contests"]) if row["active"] else [],
            items=computed.needs,
        ),
        aggregate_id=tps_id,
        version=version,
        origin=origin,
        tps_id=tps_id,
    )


async def _compute_kecamatan(
    uow: UnitOfWork,
    places: Sequence[tuple[str, str]],
    catalogue: Mapping[str, Sequence[CatalogueItem]],
    *,
    now: datetime,
    rehearsal: bool,
) -> None:
    """Compute the spare boxes of kecamatan; their rows are locked before their TPS are read, so no contest is missed."""
    columns = ([election for election, _ in places], [code for _, code in places])
    await uow.execute(_MAKE_KECAMATAN, *columns)
    rows = await uow.fetch(_LOCK_KECAMATAN, *columns)
    found = await uow.fetch(_CONTESTS, *columns)
    contests: dict[tuple[str, str], list[str]] = {
        (row["election"], row["kecamatan"]): sorted(row["contests"]) for row in found
    }
    changed: list[tuple[str, str, int, str]] = []
    for row in rows:
        election, code = row["election"], row["region_code"]
        voted = contests.get((election, code), [])
        needs = kecamatan_needs(catalogue[election], contests=voted)
        stored = NEEDS.dump_json(needs).decode()
        if stored == row["needs"]:
            continue
        changed.append((election, code, row["version"] + 1, stored))
        uow.emit(
            KecamatanNeedComputed(
                region_code=code, contests=voted, spare_boxes=total_of(needs, SPARE_BOX), items=needs
            ),
            aggregate_id=f"{election}:{code}",
            version=row["version"] + 1,
            origin=_origin(election, now=now, rehearsal=rehearsal),
        )
    if changed:
        await uow.execute(_KECAMATAN, *(list(column) for column in zip(*changed, strict=True)))


def _origin(election: str, *, now: datetime, rehearsal: bool) -> Origin:
    return Origin(election, "service:logistics", "api", now, rehearsal)


_LOCK_ITEM = "select * from catalogue_item where election = $1 and item = $2 for update"
_PUT_ITEM = """
insert into catalogue_item (election, item, name, name_id, unit, per, quantity, sealed, source, verified, of_election,
    position, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false, 100, 1)
on conflict (election, item) do update set name = excluded.name, name_id = excluded.name_id, unit = excluded.unit,
    per = excluded.per, quantity = excluded.quantity, sealed = excluded.sealed, source = excluded.source,
    verified = excluded.verified, version = catalogue_item.version + 1
returning *
"""


async def change_item(
    uow: UnitOfWork,
    item: str,
    command: CatalogueItemIn,
    *,
    expected_version: int,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Put an item into the catalogue or change it; needs are computed again soon after, and told.

    Args:
        expected_version: of the item as the caller read it; 0 for a new one.

    Emits:
        nothing itself; `compute_needs` tells tps_supply.need_computed of every TPS whose needs change by it.

    Raises:
        ElectionUnknown: the registry has not told of the election.
        RegionNotCovered: the caller's regions do not cover the whole of it.
        ItemOfElection: the quantity is a setting of the election.
        PreconditionFailed: the item changed since the caller read it.
    """
    await change_election(uow, origin.election)
    known = await uow.fetch_row(
        "select region_code from election_ref where election = $1 for update", origin.election
    )
    if known is None:
        raise ElectionUnknown
    require_whole(actor, known["region_code"])
    row = await uow.fetch_row(_LOCK_ITEM, origin.election, item)
    if row is not None and row["of_election"]:
        raise ItemOfElection(
            "Change the election's setting in the registry.",
            detail_id="Ubah pengaturan pemilihan di registri.",
            current_state="set by the election",
            allowed=["define the election again"],
        )
    check_version(expected_version, row["version"] if row else 0)
    stored = await uow.fetch_row(
        _PUT_ITEM,
        *(origin.election, item, command.name, command.name_id, command.unit, command.per),
        *(command.quantity, command.sealed, command.source, command.verified),
    )
    assert stored is not None
    async with (
        uow.beyond_regions()
    ):  # an item is of the election, and so are the needs that the service computes by it
        await uow.execute("update tps_supply set stale = true where election = $1", origin.election)
    out = CatalogueItemOut.model_validate(dict(stored))
    location = f"/v1/elections/{origin.election}/catalogue"
    return Receipt(out, location=location, status=201 if out.version == 1 else 200)
