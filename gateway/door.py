"""The door: commands, and single resources, pass through to their owner with the caller's own token.

What passes is what stands in the services' committed OpenAPI documents. Each service has a budget of its own, so that a
stuck one cannot fill the door. A command is never repeated by us: a caller that lost its answer repeats it with its key.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

import contracts
from chassis.identity import bearer_of, caller
from chassis.problem_responses import problem_response
from chassis.problems import (
    BadRequest,
    OutcomeUnknown,
    Overloaded,
    Problem,
    Unauthenticated,
    Unavailable,
)
from chassis.telemetry import CALLER_GONE, current_traceparent
from chassis.token_verifier import TokenVerifier
from contracts.vocabulary import Service
from gateway.errors import DoorShut
from gateway.refusals import Refusals

_FORWARDED: Final = frozenset(
    {
        *(b"authorization", b"content-type", b"content-encoding", b"idempotency-key", b"if-match"),
        *(b"if-none-match", b"accept", b"accept-language", b"desk-after", b"desk-purpose"),
    }
)
_OF_THE_BODY: Final = frozenset({b"content-type", b"content-encoding"})
_OF_A_PATH: Final = "/:@!$&'()*+,;=~"
STREAMED: Final = "/imports"
"""Bodies of routes that end so are too large to hold; they go through as they come, in a lane of their own."""
_RETURNED = (
    *(
        "content-type",
        "location",
        "content-location",
        "etag",
        "desk-position",
        "idempotent-replayed",
        "retry-after",
        "link",
        "vary",
    ),
    *("content-language", "cache-control", "www-authenticate", "ratelimit", "ratelimit-policy"),
    *("content-security-policy", "x-content-type-options", "referrer-policy"),
)
_PUBLIC_WAITING = 16
_TOKENS: Final = frozenset({"/v1/oauth/token", "/v1/oauth/revoke", "/.well-known/jwks.json"})
"""Whoever asks for these has no token yet, or gives one back, and must come through although the public floods its own lane."""

_TIMEOUT = httpx.Timeout(20.0, connect=2.0, pool=2.0)


@dataclass(frozen=True, slots=True)
class Passage:
    """One operation that is passed through."""

    service: str
    method: str
    path: str


@cache
def service_documents() -> dict[str, dict[str, object]]:
    """Return the committed OpenAPI document of each service."""
    folder = Path(contracts.__file__).parent / "openapi"
    found = ((service.value, folder / f"{service}.json") for service in Service)
    return {name: json.loads(file.read_text()) for name, file in found if file.exists()}


def passages() -> list[Passage]:
    """Return every operation of the services' documents."""
    found: list[Passage] = []
    for service, document in service_documents().items():
        for path, operations in cast(dict[str, dict[str, object]], document["paths"]).items():
            found.extend(Passage(service, method.upper(), path) for method in operations)
    return found


class Lane:
    """Several HTTP clients of four connections each to one service, behind a bounded number of waiting requests.

    One client with all connections spends most of its time on its own pool: eight with four carry three times as much.
    """

    def __init__(self, base_url: str, *, clients: int, waiting: int) -> None:
        limits = httpx.Limits(max_connections=4, max_keepalive_connections=4)
        self._clients = [
            httpx.AsyncClient(
                base_url=base_url, limits=limits, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
            )
            for _ in range(clients)
        ]
        self._under_way = [0] * clients
        self._places = asyncio.Semaphore(clients * 4)
        self._waiting = 0
        self._most_waiting = waiting

    @property
    def is_full(self) -> bool:
        """Say whether as many wait as may."""
        return self._waiting >= self._most_waiting and self._places.locked()

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        """Lend the client with the least under way.

        Raises:
            Overloaded: too many requests wait for this service already.
        """
        if self.is_full:
            raise full()
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        chosen = min(range(len(self._clients)), key=self._under_way.__getitem__)
        self._under_way[chosen] += 1
        try:
            yield self._clients[chosen]
        finally:
            self._under_way[chosen] -= 1
            self._places.release()

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.aclose()


def full() -> Overloaded:
    """Return the refusal of a lane that is full."""
    return Overloaded(
        "Too many requests wait for this service.",
        detail_id="Terlalu banyak permintaan menunggu layanan ini.",
        retry_after_s=1,
    )


class Door:
    """The lanes to all services; public routes and who has no valid token get a narrow one: a flood holds up nobody else.

    So do batches of mixed commands, each of which may take a connection for seconds, and who asks for a token has another.
    """

    def __init__(self, peers: dict[str, str], *, verifier: TokenVerifier, clients: int, waiting: int) -> None:
        self._verifier = verifier
        self.lanes = {name: Lane(url, clients=clients, waiting=waiting) for name, url in peers.items()}
        self.uploads = {name: Lane(url, clients=1, waiting=waiting) for name, url in peers.items()}
        self.batches = {name: Lane(url, clients=2, waiting=waiting) for name, url in peers.items()}
        self.public = {name: Lane(url, clients=1, waiting=_PUBLIC_WAITING) for name, url in peers.items()}
        self.tokens = {name: Lane(url, clients=2, waiting=waiting) for name, url in peers.items()}
        self.refusals = Refusals()

    async def close(self) -> None:
        """Close every lane."""
        for lanes in (self.lanes, self.uploads, self.batches, self.public, self.tokens):
            for lane in lanes.values():
                await lane.close()

    def is_full(self, service: str, scope: Scope) -> bool:
        """Say whether a request for a service could not even wait; of a token that was never seen nothing is said yet."""
        token = bearer_of(scope)
        public = token is None or is_public(scope["path"])
        lanes = self.tokens if scope["path"] in _TOKENS else self.public if public else self.lanes
        lane = lanes.get(service)
        if lane is None or not lane.is_full:
            return False
        return token is None or public or self._verifier.remembers(token)

    async def _is_known(self, request: Request) -> bool:
        """Say whether a request has a valid token; where the issuer's keys are not to be had, one that looks like any."""
        token = bearer_of(request.scope)
        if token is None:
            return False
        try:
            await self._verifier.verify(token)
        except Unauthenticated:
            return False
        except Unavailable:
            return True
        return True

    async def pass_through(self, request: Request, service: str) -> Response:
        """Send a request to its owner and return the owner's answer as it comes.

        A body is read whole before a connection is lent, so that slow senders wait for themselves alone.

        Raises:
            Unauthenticated: a file comes without a valid token, and is not even begun.
            BadRequest: the path cannot be said again.
            DoorShut: the service could not be reached; nothing was sent.
            OutcomeUnknown: the answer was lost after the command was sent; repeat it with the same key.
            Overloaded: too many requests wait for this service already.
            TooManyRequests: the owner has refused this address for some time, and it is not over.
        """
        if service not in self.lanes:
            raise _absent(service)
        lane, content = self.lanes[service], None
        path, address = _route_of(request), request.client.host if request.client else ""
        public = is_public(path) or not await self._is_known(request)
        if public:
            self.refusals.check(path, address)
            lane = self.tokens[service] if path.partition(" ")[2] in _TOKENS else self.public[service]
        if request.method not in ("GET", "HEAD"):
            if request.url.path.endswith(STREAMED):
                await caller(request)
                lane, content = self.uploads[service], request.stream()
            else:
                content = await request.body()
        async with lane.client() as client:
            outgoing = client.build_request(
                request.method, _target(request), headers=_headers(request), content=content
            )
            answer = await self._send(client, outgoing, service)
            if public:
                self.refusals.note(path, address, answer)
            kept = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
            content = answer.content
            if "gzip" in answer.headers.get("content-encoding", "") and _takes_gzip(request):
                content, kept["content-encoding"] = gzip.compress(content, 6, mtime=0), "gzip"
            return Response(content, status_code=answer.status_code, headers=kept)

    async def ask(
        self,
        request: Request,
        lanes: Mapping[str, Lane],
        path: str,
        *,
        service: str,
        method: str = "GET",
        content: bytes | None = None,
    ) -> httpx.Response:
        """Ask a service something on behalf of a caller who has a valid token, and return its answer.

        Args:
            lanes: which of the door's it takes.

        Raises:
            DoorShut: the service could not be reached; nothing was sent.
            OutcomeUnknown: the answer to a command was lost.
            Overloaded: too many requests wait for this service already.
        """
        if service not in lanes:
            raise _absent(service)
        headers = [each for each in _headers(request) if each[0] not in _OF_THE_BODY]
        if content is not None:
            headers.append((b"content-type", b"application/json"))
        async with lanes[service].client() as client:
            return await self._send(
                client, client.build_request(method, path, headers=headers, content=content), service
            )

    async def _send(self, client: httpx.AsyncClient, outgoing: httpx.Request, service: str) -> httpx.Response:
        """Send a request, and once more where its connection was closed in that moment and a repeat does no harm."""
        try:
            try:
                return await client.send(outgoing)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if not _may_be_repeated(outgoing):
                    raise
                return await client.send(outgoing)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise DoorShut(
                f"{service} cannot be reached.",
                detail_id=f"{service} tidak dapat dihubungi.",
                retry_after_s=2,
            ) from error
        except httpx.TransportError as error:
            if outgoing.method in ("GET", "HEAD"):
                raise DoorShut(
                    f"{service} did not answer.", detail_id=f"{service} tidak menjawab.", retry_after_s=2
                ) from error
            raise OutcomeUnknown(
                "The command was sent and its answer was lost: repeat it with the same Idempotency-Key.",
                detail_id="Perintah sudah dikirim tetapi jawabannya hilang: ulangi dengan Idempotency-Key yang sama.",
            ) from error


def _absent(service: str) -> DoorShut:
    return DoorShut(
        f"This desk runs without {service}.",
        detail_id=f"Desk ini berjalan tanpa {service}.",
        retry_after_s=5,
    )


def _takes_gzip(request: Request) -> bool:
    """Say whether a caller takes what the owner packed as it is packed; the door's own client unpacks."""
    return "gzip" in request.headers.get("accept-encoding", "")


def is_public(path: str) -> bool:
    """Say whether a path is a public route's."""
    return "/public/" in path


def _route_of(request: Request) -> str:
    """Return the template of a request's path, with its method."""
    return f"{request.method} {cast(Route, request.scope['route']).path}"


def _target(request: Request) -> httpx.URL:
    """Return path and query as they came, so that the owner reads what we read.

    Raises:
        BadRequest: they cannot be sent on.
    """
    path = quote(request.scope["path"], safe=_OF_A_PATH)
    query: bytes = request.scope["query_string"]
    try:
        return httpx.URL(f"{path}?{quote(query, safe=f'{_OF_A_PATH}?%[]')}" if query else path)
    except httpx.InvalidURL as error:
        raise BadRequest(
            "The address is too long, or none.", detail_id="Alamat terlalu panjang, atau bukan alamat."
        ) from error


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    """Return the headers that go on, byte for byte, and those that tell whose request it is."""
    found: dict[bytes, bytes] = {}
    for name, value in request.headers.raw:
        if name in _FORWARDED:
            found.setdefault(name, value)
    if trace := current_traceparent():
        found[b"traceparent"] = trace.encode()
    if request.client:
        found[b"x-forwarded-for"] = request.client.host.encode()
    return list(found.items())


def _may_be_repeated(outgoing: httpx.Request) -> bool:
    """Whether a second sending has the effect of one: a read, or a command with its key and its whole body at hand."""
    if outgoing.method in ("GET", "HEAD"):
        return True
    return "idempotency-key" in outgoing.headers and isinstance(outgoing.stream, httpx.ByteStream)


def passage_routes() -> Sequence[Route]:
    """Return a plain route for every operation that passes through."""
    return [_passage_route(passage) for passage in passages()]


def _passage_route(passage: Passage) -> Route:
    async def passed_through(request: Request) -> Response:
        request.scope["route"] = route  # a plain route does not say so itself, and metrics and logs name it
        door: Door = request.app.state.door
        try:
            return await door.pass_through(request, passage.service)
        except Problem as problem:
            return problem_response(problem, request)
        except ClientDisconnect:
            return Response(status_code=CALLER_GONE)  # nobody reads it; it is what is counted

    route = Route(passage.path, passed_through, methods=[passage.method])
    return route
