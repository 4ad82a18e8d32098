"""The door's first look: who comes to a full lane is told to come again before anything else is done for the request.

A refusal in the middle of the application costs a third of an accepted command. Under ten times what the desk can take,
refusals then leave no time for what could be accepted.
"""

import time
from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.metrics import Metrics
from chassis.problem_responses import problem_response
from chassis.problems import Overloaded
from gateway.door import STREAMED, Door, Passage, full, passages

_End = tuple[str, int, str]
"""Method, number of slashes and last word of a path: enough to know whose an operation is, without matching every route."""


class FullLanes:
    """Answers 503 with Retry-After where the lane of a request is full; everything else goes on inside.

    Such an answer has no trace and no line in the log; it is counted like every other.
    """

    def __init__(self, app: ASGIApp, *, door: Door, metrics: Metrics) -> None:
        self._app = app
        self._door = door
        self._metrics = metrics
        self._by_end = by_end(passages())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it in."""
        if scope["type"] == "http":
            passage = self._by_end.get(_end_of(scope["method"], scope["path"]))
            if passage is not None and self._door.is_full(passage.service, scope):
                await self._refuse(passage, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refuse(self, passage: Passage, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        await problem_response(full(), Request(scope))(scope, receive, send)
        seconds = time.perf_counter() - began
        self._metrics.observe_request(
            route=passage.path, method=passage.method, status=Overloaded.status, seconds=seconds
        )


def _end_of(method: str, path: str) -> _End:
    return method, path.count("/"), path.rpartition("/")[2]


def by_end(found: Iterable[Passage]) -> dict[_End, Passage]:
    """Return operations by how their paths end.

    Those of files, those that end with a parameter, and those that end alike and are several services' are left out.
    """
    named: dict[_End, Passage] = {}
    shared: set[_End] = set()
    for passage in found:
        end = _end_of(passage.method, passage.path)
        if (
            end[2].startswith("{")
            or passage.path.endswith(STREAMED)
            or named.setdefault(end, passage).service != passage.service
        ):
            shared.add(end)
    return {end: passage for end, passage in named.items() if end not in shared}
