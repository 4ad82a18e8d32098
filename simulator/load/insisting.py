"""What loading does alike: ask again until the desk has answered for good."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from simulator.desk.client import AgainError, RefusedError

LONGEST_PAUSE_S = 4.0

T = TypeVar("T")


class LoadError(Exception):
    """The desk did not take what the days need."""


async def insist(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer.

    Raises:
        LoadError: the desk refused.
    """
    pause_s = 0.1
    while True:
        try:
            return await ask()
        except RefusedError as error:
            raise LoadError(str(error)) from error
        except AgainError as again:
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(max(pause_s * random.uniform(0.5, 1.0), again.after_s))
