"""Tokens of the people who send: each role's application proves itself once and exchanges its token for its officers'."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from contracts.access import Role
from simulator.desk.wire import Answer, ConnectionLostError, Request, Wire
from simulator.timeline.actions import Person

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - an address
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - RFC 8693's name
RENEW_BEFORE_S = 30.0
"""A token is renewed so long before it ends, so that no request is under way with one that ends."""


class NoTokenError(Exception):
    """The token endpoint gave none.

    Attributes:
        retryable: it may, later.
    """

    def __init__(self, reason: str, *, retryable: bool) -> None:
        super().__init__(reason)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    until: float


class Tokens:
    """Tokens by who holds them, fetched when first needed and kept until shortly before they end.

    Args:
        wire: to the desk.
        secrets: secret of each role's application, which is called after its role.
        election: the one that the tokens are for.
    """

    def __init__(
        self,
        wire: Wire,
        secrets: Mapping[str, str],
        *,
        election: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = wire
        self._secrets = secrets
        self._election = election
        self._clock = clock
        self._applications: dict[Role, _Held] = {}
        self._persons: dict[str, _Held] = {}
        self._fetching = asyncio.Lock()
        self.exchanged = 0

    async def of_application(self, role: Role) -> str:
        """Return the token of a role's application.

        Raises:
            NoTokenError: the endpoint gave none.
        """
        held = self._applications.get(role)
        if held is not None and held.until > self._clock():
            return held.token
        async with self._fetching:
            held = self._applications.get(role)
            if held is None or held.until <= self._clock():
                form = {"grant_type": "client_credentials", "election": self._election}
                held = self._applications[role] = await self._fetch(role, form)
        return held.token

    async def of_person(self, person: Person) -> str | None:
        """Return the token of a person with the person's device, or None for one of the public.

        Raises:
            NoTokenError: the endpoint gave none.
        """
        if person.role is None:
            return None
        held = self._persons.get(person.person)
        if held is None or held.until <= self._clock():
            form = {
                "grant_type": EXCHANGE,
                "subject_token": await self.of_application(person.role),
                "subject_token_type": ACCESS_TOKEN,
                "person": person.person,
                "device_id": person.device,
                "regions": person.region,
                "election": self._election,
            }
            held = self._persons[person.person] = await self._fetch(person.role, form)
            self.exchanged += 1
        return held.token

    def forget(self, person: Person) -> None:
        """Forget the tokens behind a person, because the desk did not take them."""
        self._persons.pop(person.person, None)
        if person.role is not None:
            self._applications.pop(person.role, None)

    async def _fetch(self, role: Role, form: Mapping[str, str]) -> _Held:
        secret = self._secrets.get(role)
        if secret is None:
            raise NoTokenError(f"no application is called {role}", retryable=False)
        body = urlencode({**form, "client_id": role.value, "client_secret": secret}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        asked_at = self._clock()
        try:
            answer = await self._wire.send(Request("POST", TOKEN_PATH, headers, body))
        except ConnectionLostError as error:
            raise NoTokenError(f"the token endpoint did not answer ({error})", retryable=True) from error
        document = answer.document()
        token, lives_s = document.get("access_token"), document.get("expires_in")
        if not answer.is_good or not isinstance(token, str) or not isinstance(lives_s, int | float):
            raise NoTokenError(_told(answer), retryable=answer.status >= 500)
        return _Held(token, asked_at + max(lives_s - RENEW_BEFORE_S, lives_s / 2))


def _told(answer: Answer) -> str:
    document = answer.document()
    return f"the token endpoint answered {answer.status}: {document.get('error')} {document.get('error_description')}"
