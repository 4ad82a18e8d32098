"""Turnout, put together."""

from pathlib import Path

from fastapi import FastAPI

from chassis.app import Parts
from chassis.app import create_app as create_service
from services.turnout import consumers
from services.turnout.commands import voting_days as voting_day_commands
from services.turnout.routes import voting_days as voting_day_routes
from services.turnout.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the turnout service."""
    return create_service(
        settings,
        Parts(
            name="turnout",
            routers=[voting_day_routes.router],
            subscription=consumers.SUBSCRIPTION,
            coalescers={"turnout_reports": voting_day_commands.record_reports},
        ),
    )
