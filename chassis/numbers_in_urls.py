"""No number of a person in an address or a key: both stand in histories, in logs of proxies, in tables and on screens.

A NIK belongs into a body. A request whose path, query or Idempotency-Key has one is refused before anything is looked up, and
nothing of it is repeated: logs and problems mask it (`chassis.masking`).
"""

from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.idempotency import personal_key
from chassis.personal_numbers import in_address, in_key
from chassis.problem_responses import problem_response
from chassis.problems import PersonalNumberInUrl, Problem


class NumbersInUrlsMiddleware:
    """Refuses requests whose path, query or Idempotency-Key has a NIK or a family number in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refusal = _refusal_of(scope) if scope["type"] == "http" else None
        if refusal is not None:
            await problem_response(refusal, Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refusal_of(scope: Scope) -> Problem | None:
    query: bytes = scope["query_string"]
    if in_address(scope["path"]) or (query and in_address(unquote_plus(query.decode("latin-1")))):
        return PersonalNumberInUrl(
            "Send a NIK in the body of a request, never in its address.",
            detail_id="Kirimkan NIK dalam isi permintaan, jangan dalam alamatnya.",
        )
    if any(name == b"idempotency-key" and in_key(key.decode("latin-1")) for name, key in scope["headers"]):
        return personal_key()
    return None
