"""The desk's clock of a rehearsal: how late it is there, and holding it while we cannot keep up."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from contracts.access import Role
from simulator.desk.client import encoded, problem_of
from simulator.desk.tokens import NoTokenError, Tokens
from simulator.desk.wire import ConnectionLostError, Request, Wire

CLOCK_PATH = "/v1/rehearsal/clock"


class ClockError(Exception):
    """The desk's clock could not be asked or set."""


class RehearsalClock:
    """Tells the desk's time between two questions by the machine's own, and sets how fast it goes.

    Args:
        wire: to the desk.
        tokens: the administrator's application holds the clock.
    """

    def __init__(self, wire: Wire, tokens: Tokens, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._wire = wire
        self._tokens = tokens
        self._clock = clock
        self._desk: datetime | None = None
        self._read_at = 0.0
        self.speed = 0.0

    def now(self) -> datetime:
        """Return the desk's time.

        Raises:
            ClockError: the desk was never asked.
        """
        if self._desk is None:
            raise ClockError("the desk's clock was not read yet")
        return self._desk + timedelta(seconds=(self._clock() - self._read_at) * self.speed)

    def wall_s_until(self, moment: datetime) -> float | None:
        """Return how many seconds it takes until the desk's clock shows a moment; None while it stands."""
        left = (moment - self.now()).total_seconds()
        if left <= 0:
            return 0.0
        return left / self.speed if self.speed else None

    async def read(self) -> datetime:
        """Ask the desk for its time.

        Raises:
            ClockError: it could not tell.
        """
        return await self._exchange("GET", b"")

    async def set_speed(self, speed: float) -> datetime:
        """Let the desk's clock go at a speed, in desk seconds per second; 0 holds it.

        Raises:
            ClockError: it could not be set.
        """
        return await self._exchange("PUT", encoded({"speed": speed}))

    async def _exchange(self, method: str, body: bytes) -> datetime:
        try:
            token = await self._tokens.of_application(Role.ADMIN)
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            answer = await self._wire.send(Request(method, CLOCK_PATH, headers, body))
        except (ConnectionLostError, NoTokenError) as error:
            raise ClockError(str(error)) from error
        document = answer.document()
        if not answer.is_good or not self.take(document):
            raise ClockError(problem_of(answer))
        return self.now()

    def take(self, told: Mapping[str, object]) -> bool:
        """Take over what the desk told of its clock; say whether it did tell."""
        now, speed = told.get("now"), told.get("speed")
        if not isinstance(now, str) or not isinstance(speed, int | float):
            return False
        self._desk, self._read_at, self.speed = datetime.fromisoformat(now), self._clock(), float(speed)
        return True
