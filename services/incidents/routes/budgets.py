"""What the public intake takes from one network address, and from everybody."""

from fastapi import Request

from chassis.public_budgets import EVERYBODY, PublicBudgets, spender_of
from services.incidents.settings import Settings


def public_budgets(settings: Settings) -> PublicBudgets:
    """Return the budgets of the intake and of questions by tracking code."""
    return PublicBudgets(
        {
            "report": settings.public_reports_per_address,
            "report of everybody": settings.public_reports_in_all,
            "lookup": settings.public_lookups_per_address,
        }
    )


async def report_budget(request: Request) -> None:
    """Let a public report in, if there is budget left for it."""
    budgets: PublicBudgets = request.app.state.public_budgets
    await budgets.spend("report", spender_of(request))
    await budgets.spend("report of everybody", EVERYBODY)


async def lookup_budget(request: Request) -> None:
    """Let a question by tracking code in, if there is budget left for it."""
    budgets: PublicBudgets = request.app.state.public_budgets
    await budgets.spend("lookup", spender_of(request))
