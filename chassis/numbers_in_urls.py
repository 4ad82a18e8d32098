"""No number of a person in an address: addresses stand in histories, in logs of proxies and on screens.

A NIK belongs into a body. A request whose path or query has one is refused before anything is looked up, and nothing of
it is repeated: logs and problems mask it (`chassis.masking`).
"""

import re
from typing import Final
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.problem_responses import problem_response
from chassis.problems import PersonalNumberInUrl

_NUMBER: Final = re.compile(r"(?<!\d)(?:\d{16}|\d{6}[ .-]\d{6}[ .-]\d{4})(?!\d)")
"""A NIK or a family number; in fours it is left to the masking of logs, for four groups of a UUID can look so."""


class NumbersInUrlsMiddleware:
    """Refuses requests whose path or query has a NIK or a family number in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and _names_somebody(scope):
            refusal = PersonalNumberInUrl(
                "Send a NIK in the body of a request, never in its address.",
                detail_id="Kirimkan NIK dalam isi permintaan, jangan dalam alamatnya.",
            )
            await problem_response(refusal, Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _names_somebody(scope: Scope) -> bool:
    query: bytes = scope["query_string"]
    return bool(
        _NUMBER.search(scope["path"]) or (query and _NUMBER.search(unquote_plus(query.decode("latin-1"))))
    )
