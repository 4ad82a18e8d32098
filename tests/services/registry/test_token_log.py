"""Every question for a token is one line in the log, granted or refused, without a secret, a token or a person."""

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import structlog

from chassis.telemetry import configure_logging
from tests.services.registry.access import EXCHANGE, Desk, desk

pytestmark = pytest.mark.anyio

PATH = "/v1/oauth/token"


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[Desk]:
    async with desk(database_url("registry")) as made:
        yield made


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("registry", "INFO", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_what_is_granted_and_what_is_refused_is_told(registry: Desk, lines: io.StringIO) -> None:
    name, secret = await registry.application(await registry.agency())
    asked = {"grant_type": "client_credentials", "client_id": name}
    forms = [
        {**asked, "client_secret": secret},
        {**asked, "client_secret": "a-guess-of-somebody"},  # pragma: allowlist secret
        {**asked, "client_id": secret, "client_secret": secret},
        {**asked, "client_secret": secret, "grant_type": EXCHANGE, "person": "petugas-1"},
        {**asked, "client_secret": secret, "grant_type": "password"},
    ]
    answers = [await registry.client.post(PATH, data=form) for form in forms]
    assert [answer.status_code for answer in answers] == [200, 401, 401, 400, 400]
    told = [
        (line["event"], line["client"], line["grant_type"], line.get("error"))
        for line in map(json.loads, lines.getvalue().splitlines())
        if line["event"].startswith("token_")
    ]
    assert told == [
        ("token_issued", name, "client_credentials", None),
        ("token_refused", name, "client_credentials", "invalid_client"),
        ("token_refused", None, "client_credentials", "invalid_client"),
        ("token_refused", name, EXCHANGE, "invalid_request"),
        ("token_refused", name, None, "unsupported_grant_type"),
    ]
    for hidden in (secret, "a-guess", "petugas-1", str(answers[0].json()["access_token"]).split(".")[2]):
        assert hidden not in lines.getvalue()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"grant_type=client_credentials&scope=a&scope=b"),
        ("application/x-www-form-urlencoded", b"client_id=kpu-contoh&grant_type=a&client_id=other"),
        ("application/json", b'{"grant_type": "client_credentials"}'),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"grant_type=client_credentials"),
    ],
)
async def test_a_form_is_a_form_and_says_each_thing_once(
    registry: Desk, lines: io.StringIO, content_type: str, body: bytes
) -> None:
    credentials = await registry.application(await registry.agency())
    answer = await registry.client.post(
        PATH, content=body, headers={"Content-Type": content_type}, auth=credentials
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "token_refused" in lines.getvalue()
