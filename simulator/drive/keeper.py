"""Keeps the desk's clock in step with what we manage to send: held while we are behind, let go when we have caught up."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.zones import zone_of
from simulator.desk.clock import ClockError, RehearsalClock

MOST_BEHIND = timedelta(minutes=5)
LEAST_S = 0.25
"""At speeds above 1200, five simulated minutes are less than this, and less than an answer takes: then this counts."""

CAUGHT_UP = 0.2
"""Of what may be missing: with less than this we have caught up."""

READ_EVERY_S = 5.0
TRY_AGAIN_AFTER_S = 0.3
TELL_EVERY_S = 10.0


class Keeper:
    """Holds the desk's clock when the oldest unanswered action is over five simulated minutes late.

    Args:
        clock: the desk's.
        speed: how fast it shall go, in desk seconds per second.
        region: whose civil time is told.
        say: takes lines for whoever watches.
    """

    def __init__(
        self, clock: RehearsalClock, *, speed: float, region: str, say: Callable[[str], None]
    ) -> None:
        self._clock = clock
        self._speed = speed
        self._most_behind = max(MOST_BEHIND, timedelta(seconds=LEAST_S * speed))
        self._zone = ZoneInfo(zone_of(region))
        self._say = say
        self._held_since: float | None = None
        self._held_s = 0.0
        self._began: tuple[float, datetime] | None = None
        self._looked_at = 0.0
        self._not_before = 0.0
        self._told_at = float("-inf")
        self.times_held = 0

    @property
    def held_s(self) -> float:
        """Return for how many seconds the clock was held because we were behind."""
        running = 0.0 if self._held_since is None else time.monotonic() - self._held_since
        return self._held_s + running

    @property
    def speed_reached(self) -> float:
        """Return how many desk seconds passed per second since the beginning."""
        if self._began is None:
            return 0.0
        wall, desk = self._began
        passed = (self._clock.now() - desk).total_seconds()
        return passed / max(time.monotonic() - wall, 1e-9)

    async def begin(self) -> None:
        """Read the desk's clock and hold it; it is let go when all that is due by now was answered."""
        await self._insist(0)

    async def leave(self, speed: float) -> None:
        """Let the clock go on at a speed and look after it no longer."""
        await self._insist(speed)

    async def _insist(self, speed: float) -> None:
        while True:
            try:
                await self._clock.set_speed(speed)
            except ClockError as error:
                self._tell(f"the desk's clock does not answer: {error}")
                await asyncio.sleep(TRY_AGAIN_AFTER_S)
            else:
                return

    async def tend(self, *, oldest: datetime | None, waiting: int) -> None:
        """Look how far behind we are, and hold the clock or let it go.

        Args:
            oldest: when the oldest unanswered action was due; None where all that is due was answered.
            waiting: how many actions are due and unanswered.
        """
        wall = time.monotonic()
        if wall < self._not_before:
            return
        try:
            if wall - self._looked_at > READ_EVERY_S:
                self._looked_at = wall
                await self._clock.read()
            now = self._clock.now()
            behind = now - oldest if oldest is not None else timedelta()
            if self._clock.speed and behind > self._most_behind:
                await self._hold(waiting)
            elif self._clock.speed != self._speed and behind <= CAUGHT_UP * self._most_behind:
                await self._let_go()
        except ClockError as error:
            self._not_before = wall + TRY_AGAIN_AFTER_S
            self._tell(f"the desk's clock does not answer: {error}")

    async def _hold(self, waiting: int) -> None:
        now = await self._clock.set_speed(0)
        self.times_held += 1
        self._held_since = time.monotonic()
        self._tell(
            f"the clock is held at {now.astimezone(self._zone):%d %b %H:%M} local: {waiting} actions wait; "
            f"speed reached so far {self.speed_reached:.0f}"
        )

    async def _let_go(self) -> None:
        now = await self._clock.set_speed(self._speed)
        if self._began is None:
            self._began = time.monotonic(), now
        if self._held_since is not None:
            self._held_s += time.monotonic() - self._held_since
            self._held_since = None

    def _tell(self, line: str) -> None:
        if time.monotonic() - self._told_at > TELL_EVERY_S:
            self._told_at = time.monotonic()
            self._say(line)
