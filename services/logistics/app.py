"""Logistics, put together."""

import asyncio
from pathlib import Path

import asyncpg
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from chassis.app import Parts
from chassis.app import create_app as create_service
from chassis.clock import DeskClock
from chassis.database import Database
from chassis.problems import Problem
from chassis.row_security import EVERYWHERE
from services.logistics import consumers
from services.logistics.commands import boxes as box_commands
from services.logistics.commands import scans as scan_commands
from services.logistics.commands import stray_scans as stray_commands
from services.logistics.commands import supplies as supply_commands
from services.logistics.routes import boxes, scans, shipments, supplies
from services.logistics.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"
LOOK_EVERY_S = 0.5

log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the logistics service."""
    return create_service(
        settings,
        Parts(
            name="logistics",
            routers=[supplies.router, boxes.router, scans.router, shipments.router],
            subscription=consumers.SUBSCRIPTION,
            coalescers={
                "custody_scans": scan_commands.record_scans,
                "boxes": box_commands.pack_boxes,
            },
            background=[keep_up],
        ),
    )


async def keep_up(app: FastAPI) -> None:
    """Compute what TPS need whenever the registry or the catalogue changed, and let scans find their boxes, until cancelled.

    Several processes share the work: each takes rows that no other holds.
    """
    database: Database = app.state.database
    clock: DeskClock = app.state.clock
    rehearsal: bool = app.state.settings.rehearsal
    while True:
        done = 0
        try:
            async with database.transaction(EVERYWHERE) as uow:
                done = await supply_commands.compute_needs(uow, now=clock.now(), rehearsal=rehearsal)
            async with database.transaction(EVERYWHERE) as uow:
                await stray_commands.adopt_strays(uow, now=clock.now(), rehearsal=rehearsal)
        except (Problem, OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("keeping_up_waits", error=type(error).__name__)
        if done < supply_commands.BATCH:
            await asyncio.sleep(LOOK_EVERY_S)
