"""Moments and chance: civil times of a TPS as UTC, draws that repeat, and what networks do to requests."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from contracts.zones import local_instant
from simulator.plan.model import Plan
from simulator.timeline.actions import Network

T = TypeVar("T")

TWICE_RATIO = 0.02
CUT_RATIO = 0.01


def minutes(count: float) -> timedelta:
    """Return a length of time, in whole seconds."""
    return timedelta(seconds=round(count * 60))


def local(region: str, day: date, clock: str) -> datetime:
    """Return the UTC moment of a civil day and `HH:MM` in a region."""
    return local_instant(region, day, time.fromisoformat(clock))


def eve(plan: Plan, region: str, clock: str) -> datetime:
    """Return the UTC moment of `HH:MM` in a region on the day before the vote."""
    return local(region, plan.voting_day - timedelta(days=1), clock)


def pick(rng: random.Random, items: Sequence[T], ratio: float, *, at_least: int = 1) -> list[T]:
    """Return a share of some items in their order: at least so many, as far as there are any."""
    count = min(len(items), max(at_least, round(ratio * len(items))))
    return [items[index] for index in sorted(rng.sample(range(len(items)), count))]


def draw_network(rng: random.Random) -> Network:
    """Return what happens to a request: mostly nothing."""
    chance = rng.random()
    if chance < TWICE_RATIO:
        return Network.SENT_TWICE
    if chance < TWICE_RATIO + CUT_RATIO:
        return Network.ANSWER_CUT
    return Network.GOOD
