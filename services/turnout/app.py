"""Turnout, put together."""

from pathlib import Path

from fastapi import FastAPI

from chassis.app import Parts
from chassis.app import create_app as create_service
from services.turnout import commands, consumers, routes
from services.turnout.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the turnout service."""
    return create_service(
        settings,
        Parts(
            name="turnout",
            routers=[routes.router],
            subscription=consumers.SUBSCRIPTION,
            coalescers={"turnout_reports": commands.record_reports},
        ),
    )
