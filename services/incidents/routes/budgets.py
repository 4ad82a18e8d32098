"""What the public intake takes from one network address, and from everybody, per process.

The address is the peer's, or what a trusted proxy says of it (uvicorn reads `X-Forwarded-For` of proxies named in
`FORWARDED_ALLOW_IPS`). It is kept in memory for as long as its window lasts, and nowhere else.
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
from services.incidents.settings import Settings

EVERYBODY = "everybody"


class PublicBudgets:
    """The budgets of one process."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._reports = parse_many(settings.public_reports_per_address)
        self._lookups = parse_many(settings.public_lookups_per_address)
        self._in_all = parse_many(settings.public_reports_in_all)

    async def spend_report(self, address: str) -> None:
        """Count a report.

        Raises:
            TooManyRequests: the address, or everybody together, has sent enough for now.
        """
        await self._spend(self._reports, "report", address)
        await self._spend(self._in_all, "report", EVERYBODY)

    async def spend_lookup(self, address: str) -> None:
        """Count a question by tracking code.

        Raises:
            TooManyRequests: the address has asked enough for now.
        """
        await self._spend(self._lookups, "lookup", address)

    async def _spend(self, budgets: Sequence[RateLimitItem], *spender: str) -> None:
        for budget in budgets:
            if not await self._limiter.hit(budget, *spender):
                free_at = (await self._limiter.get_window_stats(budget, *spender)).reset_time
                wait_s = max(1, math.ceil(free_at - wall_now().timestamp()))
                raise TooManyRequests(
                    "The budget of this network address is used up for now.",
                    detail_id="Jatah alamat jaringan ini habis untuk sementara.",
                    retry_after_s=wait_s,
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


async def report_budget(request: Request) -> None:
    """Let a public report in, if there is budget left for it."""
    budgets: PublicBudgets = request.app.state.public_budgets
    await budgets.spend_report(spender_of(request))


async def lookup_budget(request: Request) -> None:
    """Let a question by tracking code in, if there is budget left for it."""
    budgets: PublicBudgets = request.app.state.public_budgets
    await budgets.spend_lookup(spender_of(request))
