"""A run of the simulator from its first request to its last word."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from simulator.desk.client import Desk
from simulator.desk.clock import ClockError, RehearsalClock
from simulator.desk.tokens import Tokens
from simulator.desk.wire import Wire
from simulator.drive.driver import Driver
from simulator.drive.journal import Journal
from simulator.drive.keeper import Keeper
from simulator.drive.lanes import Lanes
from simulator.load.load import load
from simulator.load.people import people_of, register
from simulator.plan.model import Plan
from simulator.results import compare
from simulator.settings import Settings
from simulator.timeline.actions import fingerprint
from simulator.timeline.commands import ReportIncident
from simulator.timeline.days import timeline

AFTERWARDS = 1.0
"""Speed of the desk's clock when the days have ended."""

STOP_WITHIN_S = 2.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Doors:
    """What leads to a desk."""

    wire: Wire
    tokens: Tokens
    desk: Desk

    @classmethod
    def of(cls, settings: Settings, *, election: str) -> "Doors":
        """Return the doors of the desk that the settings name."""
        wire = Wire(settings.url)
        tokens = Tokens(wire, settings.secrets, election=election)
        return cls(wire, tokens, Desk(wire, tokens, election=election))


async def run_load(settings: Settings, plan: Plan, *, say: Say) -> None:
    """Load a plan's election and leave the clock alone.

    Raises:
        LoadError: the desk refused something.
    """
    doors = Doors.of(settings, election=plan.election)
    try:
        await register(doors.desk, people_of(plan), election=plan.election, say=say)
        await load(doors.desk, plan, say=say)
    finally:
        await doors.wire.close()


async def run_days(settings: Settings, plan: Plan, *, say: Say) -> bool:
    """Load a plan's election, drive its days and compare what they came to.

    Returns:
        whether nothing was refused and the desk ended on the plan's totals.

    Raises:
        LoadError: the desk refused what the days need.
    """
    actions = timeline(plan)
    journal = Journal(settings.state, days=f"{plan.election} {fingerprint(actions)}")
    doors = Doors.of(settings, election=plan.election)
    if journal.of_other_days:
        say("other days were played on this desk; where these contradict them, FRESH=1 starts anew")
    try:
        if not journal.loaded:
            people = people_of(plan, actions)
            await register(doors.desk, people, election=plan.election, say=say)
            await load(doors.desk, plan, say=say)
            journal.note_loaded()
        clock = RehearsalClock(doors.wire, doors.tokens)
        keeper = Keeper(clock, speed=settings.speed, region=plan.region, say=say)
        lanes = Lanes(actions, done=journal.done)
        say(f"{len(actions)} actions, {lanes.unanswered} to send, at speed {settings.speed:g}")
        driver = Driver(
            doors.desk,
            clock=clock,
            keeper=keeper,
            lanes=lanes,
            journal=journal,
            reports={
                action.command.incident: action.command
                for action in actions
                if isinstance(action.command, ReportIncident)
            },
            say=say,
        )
        began = time.monotonic()
        try:
            await keeper.begin()
            await driver.run()
        except asyncio.CancelledError:
            await _hold(clock)
            raise
        _sum_up(doors, driver, keeper, took_s=time.monotonic() - began, say=say)
        await keeper.leave(AFTERWARDS)
        equal = await compare(doors.desk, plan, say=say)
        return equal and not driver.faults
    finally:
        journal.close()
        await doors.wire.close()


async def _hold(clock: RehearsalClock) -> None:
    """Hold the clock when we are told to stop, so that the days do not go on without us; if the desk still answers."""
    with suppress(ClockError, TimeoutError):
        async with asyncio.timeout(STOP_WITHIN_S):
            await clock.set_speed(0)


def _sum_up(doors: Doors, driver: Driver, keeper: Keeper, *, took_s: float, say: Say) -> None:
    counts = doors.desk.counts
    say(
        f"the days have ended: {driver.answered} actions in {took_s:.0f} s ({driver.answered / max(took_s, 1e-9):.0f}/s), "
        f"{counts.requests} requests, {doors.tokens.exchanged} tokens, {driver.retries} retries, "
        f"{counts.twice} sent twice and answered alike, {counts.cut} cut before the answer, "
        f"clock held {keeper.times_held} times for {keeper.held_s:.0f} s, speed reached {keeper.speed_reached:.0f}, "
        f"{time.process_time():.0f} s of processor time, {len(driver.faults)} faults"
    )
