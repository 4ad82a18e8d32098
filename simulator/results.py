"""The end of the days: what the desk says that they came to, beside what the plan says."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from contracts.access import Role
from simulator.desk.client import AgainError, Desk, RefusedError, items_of
from simulator.plan.model import Plan
from simulator.timeline.people import agency

PATIENCE_S = 120.0
"""So long the desk may take to show what it was told last."""

POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Compared:
    """One contest as the desk has it and as it should be."""

    contest: str
    desk: dict[str, object]
    plan: dict[str, object]

    @property
    def equal(self) -> bool:
        """Say whether the desk ended where the plan does."""
        return self.desk == self.plan

    def __str__(self) -> str:
        if self.equal:
            return f"{self.contest}: as planned: {_figures(self.desk)}"
        return f"{self.contest}: NOT as planned: the desk has {_figures(self.desk)}, the plan {_figures(self.plan)}"


def _figures(figures: dict[str, object]) -> str:
    return ", ".join(f"{name} {figure}" for name, figure in figures.items())


async def compare(desk: Desk, plan: Plan, *, say: Callable[[str], None]) -> bool:
    """Compare the desk's results of every contest with the plan's, and say both.

    Returns:
        whether all are equal.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    everything = True
    for contest in plan.contests:
        compared = await _ask(desk, plan, contest.id)
        while not compared.equal and loop.time() < deadline:
            await asyncio.sleep(POLL_S)
            compared = await _ask(desk, plan, contest.id)
        say(str(compared))
        everything &= compared.equal
    return everything


async def _ask(desk: Desk, plan: Plan, contest: str) -> Compared:
    totals = plan.totals(contest)
    expected: dict[str, object] = {
        "votes": {str(number): count for number, count in totals.votes.items()},
        "valid": totals.valid,
        "invalid": totals.invalid,
        "users": totals.users,
        "tps_in": totals.tps,
        "tps_held": 0,
        "tps_disputed": 0,
        "tps_entered_once": 0,
    }
    path = f"/regions/{plan.region}/results?contest={contest}"
    try:
        answer = await desk.read(agency(Role.DESK, plan.region), path)
    except (AgainError, RefusedError) as error:
        return Compared(contest, {"error": str(error)}, expected)
    for found in items_of(answer.document(), "contests"):
        if found.get("contest") == contest:
            return Compared(contest, {name: found.get(name) for name in expected}, expected)
    return Compared(contest, {"error": "the desk has no such contest"}, expected)
