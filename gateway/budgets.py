"""How much an application, and whoever comes without a token, may ask of one gateway process in a minute; told with every answer.

The headers are those of the IETF's draft (`RateLimit-Policy: "client";q=60000;w=60`, `RateLimit: "client";r=59120;t=31`):
so many in so many seconds, so many left, so many seconds until all of it is there again. A route with a budget of its own
(the voter look-up) tells that one. Source: draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from typing import Final

import http_sf
import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.clock import wall_now
from chassis.identity import bearer_of
from chassis.metrics import Metrics
from chassis.problem_responses import problem_response
from chassis.problems import Problem, TooManyRequests
from chassis.public_budgets import spender_of
from chassis.telemetry import UNMATCHED, tell_client
from chassis.token_verifier import TokenVerifier

log = structlog.get_logger(__name__)

_NOT_COUNTED: Final = ("/health/", "/metrics", "/internal/")


class Budgets:
    """Counts requests, tells what is left, and answers 429 with Retry-After where nothing is.

    A flood is counted, and is one line in the log: that of the request that took the last of the budget.

    Args:
        app: what is inside.
        metrics: where refusals are counted.
        verifier: of tokens; what it does not accept counts for the address.
        per_client: of an application, over all of its tokens (`60000/minute`).
        per_address: of a network address, for requests without a valid token.
    """

    def __init__(
        self, app: ASGIApp, *, verifier: TokenVerifier, metrics: Metrics, per_client: str, per_address: str
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._verifier = verifier
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._budgets = {"client": parse(per_client), "address": parse(per_address)}
        self._policies = {name: _policy(name, budget) for name, budget in self._budgets.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it in."""
        if scope["type"] != "http" or scope["path"].startswith(_NOT_COUNTED):
            await self._app(scope, receive, send)
            return
        name, spender = await self._spender(scope)
        budget = self._budgets[name]
        allowed = await self._limiter.hit(budget, name, spender)
        stats = await self._limiter.get_window_stats(budget, name, spender)
        left_s = max(1, math.ceil(stats.reset_time - wall_now().timestamp()))
        if allowed and not stats.remaining:
            log.warning("budget_used_up", budget=name, client=spender if name == "client" else None)
        told = [
            (b"ratelimit-policy", self._policies[name]),
            (b"ratelimit", _standing(name, stats.remaining, left_s)),
        ]

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start" and b"ratelimit" not in dict(message["headers"]):
                message["headers"] = [*message["headers"], *told]
            await send(message)

        if allowed:
            await self._app(scope, receive, send_told)
        else:
            self._metrics.observe_request(
                route=UNMATCHED, method=scope["method"], status=TooManyRequests.status, seconds=0
            )
            await problem_response(_spent(left_s), Request(scope))(scope, receive, send_told)

    async def _spender(self, scope: Scope) -> tuple[str, str]:
        token = bearer_of(scope)
        if token is not None:
            try:
                client = (await self._verifier.verify(token)).client
                tell_client(scope, client)
                return "client", client
            except Problem:
                pass  # judged where the route is; here it counts as none
        return "address", spender_of(Request(scope))


def _policy(name: str, budget: RateLimitItem) -> bytes:
    return http_sf.ser([(name, {"q": budget.amount, "w": budget.get_expiry()})]).encode()


def _standing(name: str, left: int, left_s: int) -> bytes:
    return http_sf.ser([(name, {"r": max(0, left), "t": left_s})]).encode()


def _spent(left_s: int) -> TooManyRequests:
    return TooManyRequests(
        "The budget of this application, or of this network address, is used up for now.",
        detail_id="Jatah aplikasi atau alamat jaringan ini habis untuk sementara.",
        retry_after_s=left_s,
    )
