"""The order of actions: each at its hour, each sender's one after the other, and none before what it needs was answered."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from simulator.timeline.actions import Action


@dataclass(slots=True, eq=False)
class Step:
    """An action under way.

    Attributes:
        waits_for: how many actions must be answered before.
        tries: how often it was sent and not answered for good.
        odd: how often the desk answered what should not last.
        stale: how often the version that it was meant for was gone.
    """

    action: Action
    waits_for: int = 0
    followers: "list[Step]" = field(default_factory=list["Step"])
    is_due: bool = False
    tries: int = 0
    odd: int = 0
    stale: int = 0


class Lanes:
    """Actions that are not answered yet.

    Args:
        actions: by the hour.
        done: keys of those that were answered.
    """

    def __init__(self, actions: Iterable[Action], *, done: Collection[UUID] = ()) -> None:
        self._steps: list[Step] = []
        self._next = 0
        self._due: dict[UUID, Step] = {}
        by_key: dict[UUID, Step] = {}
        last_of: dict[str, Step] = {}
        for action in actions:
            if action.key in done:
                continue
            step = Step(action)
            before = {key: by_key[key] for key in action.after if key in by_key}
            if action.by.role is not None:
                if (own := last_of.get(action.by.person)) is not None:
                    before[own.action.key] = own
                last_of[action.by.person] = step
            step.waits_for = len(before)
            for other in before.values():
                other.followers.append(step)
            by_key[action.key] = step
            self._steps.append(step)
        self.unanswered = len(self._steps)

    def next_at(self) -> datetime | None:
        """Return when the next action is due that is not due yet."""
        return self._steps[self._next].action.at if self._next < len(self._steps) else None

    def become_due(self, now: datetime) -> list[Step]:
        """Return the actions that are due by now, were not before, and can be sent at once."""
        ready: list[Step] = []
        while self._next < len(self._steps) and self._steps[self._next].action.at <= now:
            step = self._steps[self._next]
            self._next += 1
            step.is_due = True
            self._due[step.action.key] = step
            if step.waits_for == 0:
                ready.append(step)
        return ready

    def answered(self, step: Step) -> list[Step]:
        """Take an action off the list and return those that can be sent now because it was answered."""
        del self._due[step.action.key]
        self.unanswered -= 1
        ready: list[Step] = []
        for follower in step.followers:
            follower.waits_for -= 1
            if follower.waits_for == 0 and follower.is_due:
                ready.append(follower)
        return ready

    @property
    def waiting(self) -> int:
        """Return how many actions are due and not answered."""
        return len(self._due)

    def oldest(self) -> datetime | None:
        """Return when the oldest action was due that is not answered."""
        return next(iter(self._due.values())).action.at if self._due else None
