"""Every question for a token is one line in the log, granted or refused, without a secret, a token or a person."""

import hashlib
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI

from chassis.client_directory import Client, ClientDirectory
from chassis.telemetry import configure_logging
from chassis.token_issuer import TOKEN_EXCHANGE, TokenIssuer
from contracts.access import Role
from gateway.routes import identity
from tests.unit.chassis.mint import ISSUER, Mint, application, calling, okp

pytestmark = pytest.mark.anyio

SECRET = "5e" * 32  # pragma: allowlist secret
PATH = "/v1/oauth/token"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("gateway", "INFO", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def desk(tmp_path: Path) -> FastAPI:
    mint = Mint(tmp_path)
    mint.publish(okp())
    app = application(mint, identity.router)
    app.state.token_issuer = TokenIssuer(mint.keys, issuer=ISSUER, now=lambda: mint.now)
    app.state.client_directory = ClientDirectory(
        [
            Client(
                client_id="kpu-contoh",
                secret_sha256=hashlib.sha256(SECRET.encode()).hexdigest(),
                roles=frozenset({Role.KPPS}),
                regions=("32.71",),
            )
        ]
    )
    return app


async def test_what_is_granted_and_what_is_refused_is_told(desk: FastAPI, lines: io.StringIO) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "kpu-contoh"}
    forms = [
        {**asked, "client_secret": SECRET},
        {**asked, "client_secret": "a-guess-of-somebody"},  # pragma: allowlist secret
        {**asked, "client_id": SECRET, "client_secret": SECRET},
        {**asked, "client_secret": SECRET, "grant_type": TOKEN_EXCHANGE, "person": "petugas-1"},
        {**asked, "client_secret": SECRET, "grant_type": "password"},
    ]
    async with calling(desk) as http:
        answers = [await http.post(PATH, data=form) for form in forms]
    assert [answer.status_code for answer in answers] == [200, 401, 401, 400, 400]
    told = [
        (line["event"], line["client"], line["grant_type"], line.get("error"))
        for line in map(json.loads, lines.getvalue().splitlines())
        if line["event"].startswith("token_")
    ]
    assert told == [
        ("token_issued", "kpu-contoh", "client_credentials", None),
        ("token_refused", "kpu-contoh", "client_credentials", "invalid_client"),
        ("token_refused", None, "client_credentials", "invalid_client"),
        ("token_refused", "kpu-contoh", TOKEN_EXCHANGE, "invalid_request"),
        ("token_refused", "kpu-contoh", None, "unsupported_grant_type"),
    ]
    for hidden in (SECRET, "a-guess", "petugas-1", str(answers[0].json()["access_token"]).split(".")[2]):
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
    desk: FastAPI, lines: io.StringIO, content_type: str, body: bytes
) -> None:
    async with calling(desk) as http:
        answer = await http.post(
            PATH, content=body, headers={"Content-Type": content_type}, auth=("kpu-contoh", SECRET)
        )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "token_refused" in lines.getvalue()
