"""Warehouses and what lies in them."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from uuid_utils.compat import uuid7

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import Conflict
from contracts.access import covers
from contracts.logistics_events import WarehouseRegistered, WarehouseStockCounted
from services.logistics.errors import ItemUnknown, WarehouseUnknown
from services.logistics.rules.boxes import placed_at
from services.logistics.schemas.shipments import StockCountIn, StockLine, WarehouseIn, WarehouseOut
from services.logistics.tables.shipments import Stock, Warehouse
from services.logistics.tables.supplies import CatalogueRow


async def register_warehouse(uow: UnitOfWork, command: WarehouseIn, *, origin: Origin) -> Receipt:
    """Register a warehouse.

    Emits:
        warehouse.registered

    Raises:
        Conflict: the region has a warehouse of that name.
    """
    await _check_name(uow, command, origin, besides=None)
    facts = command.model_dump(exclude={"channel"})
    row = Warehouse(warehouse_id=uuid7(), election=origin.election, version=1, **facts)
    uow.session.add(row)
    return await _told(uow, row, origin, status=201)


async def change_warehouse(
    uow: UnitOfWork,
    warehouse_id: UUID,
    command: WarehouseIn,
    *,
    regions: Sequence[str],
    expected_version: int,
    origin: Origin,
) -> Receipt:
    """Register a warehouse again with other facts.

    Emits:
        warehouse.registered

    Raises:
        WarehouseUnknown: no warehouse of the caller's regions has that id.
        PreconditionFailed: it changed since the caller read it.
        Conflict: the region has another warehouse of that name.
    """
    row = await _lock(uow, warehouse_id, regions=regions, election=origin.election)
    check_version(expected_version, row.version)
    await _check_name(uow, command, origin, besides=warehouse_id)
    row.version += 1
    for name, value in command.model_dump(exclude={"channel"}).items():
        setattr(row, name, value)
    return await _told(uow, row, origin, status=200)


async def count_stock(
    uow: UnitOfWork, warehouse_id: UUID, command: StockCountIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Record how much of an item lies in a warehouse; the count that happened last stands.

    Emits:
        warehouse.stock_counted, where it stands.

    Raises:
        WarehouseUnknown: no warehouse of the caller's regions has that id.
        ItemUnknown: the catalogue has no such item.
    """
    row = await _lock(uow, warehouse_id, regions=regions, election=origin.election)
    if await uow.session.get(CatalogueRow, (origin.election, command.item)) is None:
        raise ItemUnknown
    when = placed_at(command.occurred_at, origin.now)
    contest = command.contest or ""
    stock = await uow.session.get(Stock, (warehouse_id, command.item, contest))
    if stock is None:
        stock = Stock(
            warehouse_id=warehouse_id,
            item=command.item,
            contest=contest,
            good=command.good,
            damaged=command.damaged,
            counted_at=when,
            recorded_at=origin.now,
            actor=origin.actor,
            channel=origin.channel,
        )
    elif when < stock.counted_at:
        return Receipt(
            _line(stock), location=_path(row), aggregate=_name(row), version=row.version, status=200
        )
    stock.good, stock.damaged, stock.counted_at = command.good, command.damaged, when
    stock.recorded_at, stock.actor, stock.channel = origin.now, origin.actor, origin.channel
    uow.session.add(stock)
    row.version += 1
    uow.emit(
        WarehouseStockCounted(
            warehouse_id=warehouse_id,
            region_code=row.region_code,
            item=command.item,
            contest=command.contest,
            good=command.good,
            damaged=command.damaged,
        ),
        aggregate_id=warehouse_id,
        version=row.version,
        origin=origin,
        occurred_at=command.occurred_at,
    )
    return Receipt(_line(stock), location=_path(row), aggregate=_name(row), version=row.version)


def _line(stock: Stock) -> StockLine:
    return StockLine(
        item=stock.item,
        contest=stock.contest or None,
        good=stock.good,
        damaged=stock.damaged,
        counted_at=stock.counted_at,
    )


async def _lock(uow: UnitOfWork, warehouse_id: UUID, *, regions: Sequence[str], election: str) -> Warehouse:
    found = await uow.session.exec(
        select(Warehouse).where(Warehouse.warehouse_id == warehouse_id).with_for_update()
    )
    row = found.first()
    if row is None or row.election != election or not any(covers(held, row.region_code) for held in regions):
        raise WarehouseUnknown
    return row


async def _check_name(uow: UnitOfWork, command: WarehouseIn, origin: Origin, *, besides: UUID | None) -> None:
    found = await uow.session.exec(
        select(Warehouse.warehouse_id).where(
            col(Warehouse.election) == origin.election,
            col(Warehouse.region_code) == command.region_code,
            col(Warehouse.name) == command.name,
        )
    )
    if any(other != besides for other in found):
        raise Conflict(
            "The region has a warehouse of that name.",
            detail_id="Wilayah ini sudah memiliki gudang dengan nama tersebut.",
            current_state="registered",
            allowed=["change that warehouse", "take another name"],
        )


async def _told(uow: UnitOfWork, row: Warehouse, origin: Origin, *, status: int) -> Receipt:
    facts = {name: getattr(row, name) for name in WarehouseRegistered.model_fields}
    uow.emit(
        WarehouseRegistered.model_validate(facts),
        aggregate_id=row.warehouse_id,
        version=row.version,
        origin=origin,
    )
    found = await uow.session.exec(
        select(Stock)
        .where(Stock.warehouse_id == row.warehouse_id)
        .order_by(col(Stock.item), col(Stock.contest))
    )
    out = WarehouseOut.model_validate({**facts, "version": row.version, "stock": [_line(s) for s in found]})
    return Receipt(out, location=_path(row), aggregate=_name(row), version=row.version, status=status)


def _name(row: Warehouse) -> str:
    return f"warehouse/{row.warehouse_id}"


def _path(row: Warehouse) -> str:
    return f"/v1/elections/{row.election}/warehouses/{row.warehouse_id}"
