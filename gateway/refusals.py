"""What the owners have refused to an address of the public, so that the door can say so in their place."""

import math
import time
from typing import cast

import httpx

from chassis.problems import TooManyRequests
from chassis.public_budgets import address_refused

_MOST_REFUSALS = 20_000
_LONGEST_REFUSAL_S = 600


class Refusals:
    """Who has used up a budget of the public: as long as the owner said, the door says so in its place.

    A flood then costs the door a look into a dictionary, and the services nothing.
    """

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}

    def check(self, path: str, address: str) -> None:
        """Refuse what the owner has refused, until it may be tried again.

        Raises:
            TooManyRequests: it may not yet.
        """
        left_s = self._until.get((path, address), 0.0) - time.monotonic()
        if left_s > 0:
            raise address_refused(math.ceil(left_s))

    def note(self, path: str, address: str, answer: httpx.Response) -> None:
        """Remember a refusal of the address that says for how long; others are about what was asked, not about who asks."""
        wait = answer.headers.get("retry-after", "")
        if (
            answer.status_code != TooManyRequests.status
            or not wait.isdecimal()
            or not _of_the_address(answer)
        ):
            return
        now = time.monotonic()
        if len(self._until) >= _MOST_REFUSALS:
            self._until = {key: until for key, until in self._until.items() if until > now}
        if len(self._until) < _MOST_REFUSALS:
            self._until[path, address] = now + min(int(wait), _LONGEST_REFUSAL_S)


def _of_the_address(answer: httpx.Response) -> bool:
    try:
        told: object = answer.json()
    except ValueError:
        return False
    return isinstance(told, dict) and cast(dict[str, object], told).get("code") == TooManyRequests.code
