"""Turnout, put together."""

from fastapi import FastAPI

from chassis.app import Parts
from chassis.app import create_app as create_service
from services.turnout import consumers
from services.turnout.commands.tallies import record_entries
from services.turnout.commands.voting_days import record_reports
from services.turnout.routes import tallies, voting_days
from services.turnout.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the turnout service."""
    return create_service(
        settings,
        Parts(
            name="turnout",
            routers=[voting_days.router, tallies.router],
            subscription=consumers.SUBSCRIPTION,
            coalescers={"turnout_reports": record_reports, "form_entries": record_entries},
        ),
    )
