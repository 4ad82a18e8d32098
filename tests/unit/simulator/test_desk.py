"""How commands are sent: tokens per person, repeats under one key, and what counts as final."""

import json
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest

from contracts.access import Role
from simulator.desk.client import AgainError, Command, Desk, RefusedError
from simulator.desk.tokens import EXCHANGE, NoTokenError, Tokens
from simulator.desk.wire import Wire
from simulator.timeline.actions import Network, Person
from tests.unit.simulator.badly_behaved import Asked, Server, serving, told

pytestmark = pytest.mark.anyio
CHAIR = Person(Role.KPPS, "kpps-1", "telepon-1", "32.71.06.1002.028")
RESIDENT = Person(None, "warga-1", "peramban", "32.71.06.1002")
SECRETS = {"kpps": "s3cret"}


def issue(asked: Asked) -> bytes | None:
    """Answer as a token endpoint does; a token says whose it is."""
    if asked.path != "/v1/oauth/token":
        return None
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    if form["client_secret"] != "s3cret":  # pragma: allowlist secret
        return told(401, b'{"error":"invalid_client"}')
    token = f"{form['client_id']}:{form.get('person', '')}"
    return told(200, json.dumps({"access_token": token, "expires_in": 600}).encode())


def command(key: UUID | None = None, *, batch: bool = False) -> Command:
    return Command("POST", "/things", b'{"a":1}', key or uuid4(), batch=batch)


def desk_of(server: Server) -> Desk:
    wire = Wire(server.url)
    return Desk(wire, Tokens(wire, SECRETS, election="e-1"), election="e-1")


def posts(server: Server) -> list[Asked]:
    return [asked for asked in server.asked if asked.path != "/v1/oauth/token"]


async def test_a_person_sends_with_a_token_of_their_own_that_is_fetched_once() -> None:
    async with serving(lambda asked: issue(asked) or told(201)) as server:
        desk = desk_of(server)
        await desk.command(CHAIR, command())
        await desk.command(CHAIR, command())
        await desk.command(RESIDENT, command())
        seen = [asked.headers.get("authorization") for asked in posts(server)]
        assert seen == ["Bearer kpps:kpps-1", "Bearer kpps:kpps-1", None]
        own, exchanged = (a for a in server.asked if a.path == "/v1/oauth/token")
        assert parse_qs(own.body.decode())["grant_type"] == ["client_credentials"]
        form = parse_qs(exchanged.body.decode())
        assert form["grant_type"] == [EXCHANGE]
        assert (form["regions"], form["device_id"]) == ([CHAIR.region], [CHAIR.device])


async def test_tokens_are_renewed_before_they_end() -> None:
    now = [0.0]
    async with serving(issue) as server:
        tokens = Tokens(Wire(server.url), SECRETS, election="e-1", clock=lambda: now[0])
        for now[0] in (0.0, 500.0, 571.0):
            assert await tokens.of_person(CHAIR) == "kpps:kpps-1"
        assert tokens.exchanged == 2
        with pytest.raises(NoTokenError) as refused:
            await Tokens(Wire(server.url), {"kpps": "wrong"}, election="e-1").of_person(CHAIR)
        assert not refused.value.retryable


async def test_a_token_that_is_refused_is_forgotten() -> None:
    refusals = iter([True, False])

    def answer(asked: Asked) -> bytes:
        return issue(asked) or told(401 if next(refusals) else 201)

    async with serving(answer) as server:
        desk = desk_of(server)
        with pytest.raises(AgainError):
            await desk.command(CHAIR, command())
        assert (await desk.command(CHAIR, command())).status == 201
        assert sum(asked.path == "/v1/oauth/token" for asked in server.asked) == 4


async def test_what_is_sent_twice_must_be_answered_alike() -> None:
    numbers = iter(range(10))
    alike = True

    def answer(asked: Asked) -> bytes:
        return issue(asked) or told(201, b"same" if alike else str(next(numbers)).encode())

    async with serving(answer) as server:
        desk = desk_of(server)
        await desk.command(CHAIR, command(), network=Network.SENT_TWICE)
        first, second = posts(server)
        assert (first.headers["idempotency-key"], first.body) == (
            second.headers["idempotency-key"],
            second.body,
        )
        assert first.connection != second.connection
        assert desk.counts.twice == 1
        alike = False
        with pytest.raises(RefusedError, match="differ"):
            await desk.command(CHAIR, command(), network=Network.SENT_TWICE)


async def test_of_a_batch_each_answer_must_be_alike_though_a_repeat_is_called_one() -> None:
    outcomes = iter(["accepted", "duplicate"])

    def answer(asked: Asked) -> bytes:
        item = {"id": "1", "status": 201, "answer": {"a": 1}}
        return issue(asked) or told(200, json.dumps({"items": [item | {"outcome": next(outcomes)}]}).encode())

    async with serving(answer) as server:
        desk = desk_of(server)
        await desk.command(CHAIR, command(batch=True), network=Network.SENT_TWICE)
        assert desk.counts.twice == 1


async def test_who_loses_the_answer_sends_the_same_again() -> None:
    async with serving(lambda asked: issue(asked) or told(201)) as server:
        desk, key = desk_of(server), uuid4()
        assert (await desk.command(CHAIR, command(key), network=Network.ANSWER_CUT)).status == 201
        assert [asked.headers["idempotency-key"] for asked in posts(server)] == [str(key)] * 2
        assert desk.counts.cut == 1


@pytest.mark.parametrize(
    ("reply", "error", "after_s"),
    [
        (told(503, retry_after="2"), AgainError, 2.0),
        (told(504), AgainError, 0.0),
        (told(429, retry_after="600"), AgainError, 5.0),
        (told(500), AgainError, 0.0),
        (None, AgainError, 0.0),
        (told(409, b'{"code":"wrong-state","detail":"No."}'), RefusedError, None),
        (told(422, b'{"errors":[{"pointer":"/a","code":"missing"}]}'), RefusedError, None),
    ],
)
async def test_what_may_go_well_later_is_told_from_what_never_will(
    reply: bytes | None, error: type[Exception], after_s: float | None
) -> None:
    def answer(asked: Asked) -> bytes | None:
        return issue(asked) if asked.path == "/v1/oauth/token" else reply

    async with serving(answer) as server:
        with pytest.raises(error) as raised:
            await desk_of(server).command(CHAIR, command())
        if isinstance(raised.value, AgainError):
            assert raised.value.after_s == after_s
        if isinstance(raised.value, RefusedError):
            assert any(word in str(raised.value) for word in ("wrong-state", "/a missing"))
