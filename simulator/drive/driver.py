"""Sends actions, a bounded number at a time, until each has a final answer."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from simulator.desk.client import BROKEN, AgainError, Desk, RefusedError
from simulator.desk.clock import RehearsalClock
from simulator.drive.journal import Journal
from simulator.drive.keeper import Keeper
from simulator.drive.lanes import Lanes, Step
from simulator.speech.lookups import UNSEEN
from simulator.speech.perform import perform
from simulator.speech.saying import UnknownThingError
from simulator.timeline.commands import ReportIncident

WORKERS = 32
TICK_S = 0.02
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 4.0
MOST_TIMES_STALE = 5
MOST_TIMES: Mapping[int | None, int] = {BROKEN: 10, 401: 10, UNSEEN: 40}
"""So often one action may get answers that should not last: an error of the desk's, as it may make while its database goes
down, a token that is refused, a thing that is not to be seen. Then it is a fault. For all others there is no limit."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What the desk did and the plan did not expect."""

    step: Step
    reason: str

    def __str__(self) -> str:
        action = self.step.action
        return f"{action.at:%d %b %H:%M} UTC {type(action.command).__name__} by {action.by.person}: {self.reason}"


class Driver:
    """Drives the days through the public API.

    Args:
        desk: the public API.
        clock: the desk's.
        keeper: holds the clock while we are behind.
        lanes: the actions.
        journal: what was answered before, and is answered now.
        reports: what is reported in the days, by the plan's own ids.
        say: takes lines for whoever watches.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        clock: RehearsalClock,
        keeper: Keeper,
        lanes: Lanes,
        journal: Journal,
        reports: Mapping[UUID, ReportIncident],
        say: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._keeper = keeper
        self._lanes = lanes
        self._journal = journal
        self._reports = reports
        self._say = say
        self._ready: asyncio.Queue[Step] = asyncio.Queue()
        self._chance = random.Random()
        self.faults: list[Fault] = []
        self.answered = 0
        self.retries = 0

    async def run(self) -> None:
        """Send everything; what is refused becomes a fault, and the days go on.

        Raises:
            ClockError: the desk's clock was never to be read.
        """
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work()) for _ in range(WORKERS)]
            try:
                while self._lanes.unanswered:
                    await self._look_around()
            finally:
                for worker in workers:
                    worker.cancel()
        self._journal.flush()

    async def _look_around(self) -> None:
        for step in self._lanes.become_due(self._clock.now()):
            self._ready.put_nowait(step)
        await self._keeper.tend(oldest=self._lanes.oldest(), waiting=self._lanes.waiting)
        following = self._lanes.next_at()
        left_s = self._clock.wall_s_until(following) if following is not None else None
        await asyncio.sleep(TICK_S if left_s is None else min(max(left_s, 0.001), TICK_S))

    async def _work(self) -> None:
        while True:
            await self._send(await self._ready.get())

    async def _send(self, step: Step) -> None:
        try:
            names = await perform(
                self._desk,
                step.action,
                names=self._journal.names,
                reports=self._reports,
                tries=step.tries,
                stale=step.stale,
            )
        except AgainError as again:
            self._try_again(step, again)
        except RefusedError as refused:
            if refused.status == 412 and step.stale < MOST_TIMES_STALE:
                step.stale += 1
                self._ready.put_nowait(step)
            else:
                self._give_up(step, str(refused))
        except UnknownThingError as unknown:
            self._give_up(step, str(unknown))
        else:
            self.answered += 1
            self._journal.note(step.action.key, names)
            self._go_on(step)

    def _try_again(self, step: Step, again: AgainError) -> None:
        step.tries += 1
        self.retries += 1
        if again.status in MOST_TIMES:
            step.odd += 1
            if step.odd > MOST_TIMES[again.status]:
                self._give_up(step, str(again))
                return
        pause_s = min(FIRST_PAUSE_S * 2 ** min(step.tries, 8), LONGEST_PAUSE_S)
        pause_s = max(
            pause_s * self._chance.uniform(0.5, 1.0), again.after_s * self._chance.uniform(0.6, 1.0)
        )
        asyncio.get_running_loop().call_later(pause_s, self._ready.put_nowait, step)

    def _give_up(self, step: Step, reason: str) -> None:
        fault = Fault(step, reason)
        self.faults.append(fault)
        self._say(f"fault {len(self.faults)}: {fault}")
        self._go_on(step)

    def _go_on(self, step: Step) -> None:
        for follower in self._lanes.answered(step):
            self._ready.put_nowait(follower)
