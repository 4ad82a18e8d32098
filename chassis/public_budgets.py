"""What routes without a token take from one network address, and from everybody, per process.

The address is the peer's, or what a proxy says of it that is named in
`DESK_TRUSTED_PROXIES`. It is kept in memory for as long as its window lasts, and nowhere else.
"""

import ipaddress
import math
from collections.abc import Sequence

from fastapi import Request
from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from chassis.clock import wall_now
from chassis.problems import TooManyRequests

EVERYBODY = "everybody"


class PublicBudgets:
    """The budgets of one process, by the name of what is spent.

    Args:
        budgets: how much of each (`{"lookup": "60/minute; 600/hour"}`).
    """

    def __init__(self, budgets: dict[str, str]) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._budgets: dict[str, Sequence[RateLimitItem]] = {
            name: parse_many(told) for name, told in budgets.items()
        }

    async def spend(self, name: str, spender: str) -> None:
        """Count something against its budget.

        Raises:
            TooManyRequests: the spender has had enough for now.
        """
        wait_s = await self.wait_s(name, spender)
        if wait_s:
            raise address_refused(wait_s)

    async def left_s(self, name: str, spender: str) -> int:
        """Return what `wait_s` would, and count nothing."""
        for budget in self._budgets[name]:
            if not await self._limiter.test(budget, name, spender):
                return await self._left_s(budget, name, spender)
        return 0

    async def wait_s(self, name: str, spender: str) -> int:
        """Count something, and return 0; or the whole seconds until there is budget for it again."""
        for budget in self._budgets[name]:
            if not await self._limiter.hit(budget, name, spender):
                return await self._left_s(budget, name, spender)
        return 0

    async def _left_s(self, budget: RateLimitItem, name: str, spender: str) -> int:
        free_at = (await self._limiter.get_window_stats(budget, name, spender)).reset_time
        return max(1, math.ceil(free_at - wall_now().timestamp()))


def address_refused(retry_after_s: int) -> TooManyRequests:
    """Return the refusal of a network address whose budget is used up.

    Args:
        retry_after_s: whole seconds until there is budget again.
    """
    return TooManyRequests(
        "The budget of this network address is used up for now.",
        detail_id="Jatah alamat jaringan ini habis untuk sementara.",
        retry_after_s=retry_after_s,
    )


def spender_of(request: Request) -> str:
    """Return the network address that a request counts for: an IPv4 address, or the 64 bits that a household has of IPv6."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    mapped = address.ipv4_mapped
    if mapped is not None:
        return str(mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
