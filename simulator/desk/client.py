"""Requests as the simulated people make them: with their own token, a key that stays, and whatever their network does."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from contracts.access import Role
from simulator.desk.tokens import NoTokenError, Tokens
from simulator.desk.wire import Answer, ConnectionLostError, Request, Wire
from simulator.timeline.actions import Network, Person

RETRYABLE = frozenset({401, 408, 425, 429, 502, 503, 504})
"""Answers that may be another one later; 401 because a token may have ended on the way."""

BROKEN = 500
LONGEST_WAIT_S = 5.0
_ADMINISTRATOR = Person(Role.ADMIN, "admin", "", "*")
"""Whose application's token is forgotten where the desk does not take it."""


class AgainError(Exception):
    """It may go well later, with the same key.

    Attributes:
        status: of the answer; None where there was none.
        after_s: how long the desk asked us to wait.
    """

    def __init__(self, reason: str, *, status: int | None = None, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.status = status
        self.after_s = after_s


class RefusedError(Exception):
    """The desk refused for good what the plan expected it to take, or its answers contradict one another."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class Counts:
    """What was sent."""

    requests: int = 0
    twice: int = 0
    """Requests that were sent twice and answered alike."""
    cut: int = 0
    """Requests whose first answer was lost with the connection."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the public API.

    Attributes:
        path: below the election's.
        if_match: version that it is meant for, as an entity tag.
        batch: its answer has a result per item, which says of a repeat that it is one.
    """

    method: str
    path: str
    body: bytes
    key: UUID
    if_match: str | None = None
    content_type: str = "application/json"
    batch: bool = False


class Desk:
    """The public API of a desk, for one election.

    Args:
        wire: to its gateway.
        tokens: of the people who send.
        election: its id.
    """

    def __init__(self, wire: Wire, tokens: Tokens, *, election: str) -> None:
        self._wire = wire
        self._tokens = tokens
        self._prefix = f"/v1/elections/{election}"
        self.counts = Counts()

    async def read(self, by: Person, path: str) -> Answer:
        """Read something below the election.

        Raises:
            AgainError, RefusedError: it could not be read.
        """
        return await self._ask(by, Request("GET", self._prefix + path, await self._headers(by)))

    async def administer(self, command: Command) -> Answer:
        """Send a command that stands above elections, as the administrator's application.

        Raises:
            AgainError, RefusedError: it was not taken, for now or for good.
        """
        try:
            token = await self._tokens.of_application(Role.ADMIN)
        except NoTokenError as error:
            if error.retryable:
                raise AgainError(str(error)) from error
            raise RefusedError(str(error)) from error
        headers = {"authorization": f"Bearer {token}", "content-type": command.content_type}
        headers["idempotency-key"] = str(command.key)
        return await self._ask(_ADMINISTRATOR, Request(command.method, command.path, headers, command.body))

    async def command(self, by: Person, command: Command, *, network: Network = Network.GOOD) -> Answer:
        """Send a command over a network that may be bad, and return its answer.

        Raises:
            AgainError: no answer that is final came; send the same again.
            RefusedError: it was refused, or two answers under one key differ.
        """
        headers = await self._headers(by)
        headers |= {"content-type": command.content_type, "idempotency-key": str(command.key)}
        if command.if_match is not None:
            headers["if-match"] = command.if_match
        request = Request(command.method, self._prefix + command.path, headers, command.body)
        match network:
            case Network.SENT_TWICE:
                first, second = await asyncio.gather(self._ask(by, request), self._ask(by, request))
                if _essence(first, batch=command.batch) != _essence(second, batch=command.batch):
                    raise RefusedError(f"two answers under the key {command.key} differ")
                self.counts.twice += 1
                return first
            case Network.ANSWER_CUT:
                self.counts.requests += 1
                self.counts.cut += 1
                await self._hang_up_on(request)
                return await self._ask(by, request)
            case Network.GOOD | Network.QUEUED:
                return await self._ask(by, request)

    async def _headers(self, by: Person) -> dict[str, str]:
        try:
            token = await self._tokens.of_person(by)
        except NoTokenError as error:
            if error.retryable:
                raise AgainError(str(error)) from error
            raise RefusedError(str(error)) from error
        return {} if token is None else {"authorization": f"Bearer {token}"}

    async def _hang_up_on(self, request: Request) -> None:
        try:
            await self._wire.send_and_hang_up(request)
        except ConnectionLostError as error:
            raise AgainError(f"no answer ({error})") from error

    async def _ask(self, by: Person, request: Request) -> Answer:
        self.counts.requests += 1
        try:
            answer = await self._wire.send(request)
        except ConnectionLostError as error:
            raise AgainError(f"no answer ({error})") from error
        if answer.is_good:
            return answer
        if answer.status == 401:
            self._tokens.forget(by)
        if answer.status in RETRYABLE or answer.status == BROKEN:
            raise AgainError(problem_of(answer), status=answer.status, after_s=_wait_of(answer))
        raise RefusedError(problem_of(answer), status=answer.status)


def encoded(body: Mapping[str, object]) -> bytes:
    """Return a payload as JSON."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def problem_of(answer: Answer) -> str:
    """Return what an answer that is no success says, in a line."""
    document = answer.document()
    where = "; ".join(
        f"{error.get('pointer', '')} {error.get('code', '')}" for error in items_of(document, "errors")
    )
    words = (document.get("code") or document.get("error"), document.get("detail"), where)
    return " · ".join([str(answer.status), *(str(word) for word in words if word)])


def items_of(document: Mapping[str, object], name: str) -> list[dict[str, object]]:
    """Return the objects of a list in a document; none where there is no such list."""
    found = document.get(name)
    if not isinstance(found, list):
        return []
    items = cast(list[object], found)
    return [cast(dict[str, object], item) for item in items if isinstance(item, dict)]


def _essence(answer: Answer, *, batch: bool) -> object:
    """Return what two answers under one key must have alike: every byte, or of a batch each item's status and answer."""
    if not batch:
        return answer.status, answer.body
    items = items_of(answer.document(), "items")
    return answer.status, [(item.get("id"), item.get("status"), item.get("answer")) for item in items]


def _wait_of(answer: Answer) -> float:
    told = answer.headers.get("retry-after", "")
    return min(float(told), LONGEST_WAIT_S) if told.isdigit() else 0.0
