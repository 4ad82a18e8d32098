"""What the log says of somebody who is refused: which application, which problem, why; never the token."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Annotated

import pytest
import structlog
from fastapi import APIRouter, Depends

from chassis.identity import Actor, internal_caller, permission
from chassis.telemetry import configure_logging
from contracts.access import Scope
from tests.unit.chassis.mint import Mint, application, calling, okp

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _as_in_production() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging("turnout", "INFO", stream=io.StringIO())
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def routes() -> APIRouter:
    router = APIRouter()
    allowed = permission(Scope.TURNOUT_READ, region_param="code")

    @router.get("/v1/tps/{code}")
    async def read(actor: Annotated[Actor, Depends(allowed)]) -> str:
        return actor.client

    @router.get("/internal/ledger", dependencies=[Depends(internal_caller)])
    async def ledger() -> None:
        return None

    _ = read, ledger
    return router


async def told(
    mint: Mint, capsys: pytest.CaptureFixture[str], path: str, headers: dict[str, str]
) -> dict[str, object]:
    """Send one request and return its line in the log, which never has a part of the token in it."""
    async with calling(application(mint, routes())) as http:
        await http.get(path, headers=headers)
    out = capsys.readouterr().out
    for part in headers.get("Authorization", "").removeprefix("Bearer ").split("."):
        assert len(part) < 8 or part not in out
    (line,) = out.splitlines()
    return json.loads(line)


async def test_a_refused_application_is_named(mint: Mint, capsys: pytest.CaptureFixture[str]) -> None:
    for path, claims, problem in (
        ("/v1/tps/32.73", {}, "region-not-covered"),
        ("/v1/tps/32.71", {"scope": "turnout:report"}, "scope-missing"),
    ):
        line = await told(mint, capsys, path, mint.headers(**claims))
        assert (line["status"], line["problem"], line["client"]) == (403, problem, "kpps")
        assert "reason" not in line


async def test_the_reason_of_a_401_is_a_class(mint: Mint, capsys: pytest.CaptureFixture[str]) -> None:
    now = int(mint.now.timestamp())
    stranger = okp(mint.keys[0].kid or "")
    cases: dict[str, tuple[str, dict[str, str]]] = {
        "no-token": ("unauthenticated", {}),
        "not-accepted": ("token-invalid", mint.headers(header={"typ": "JWT"})),
        "ExpiredTokenError:exp": ("token-expired", mint.headers(iat=now - 900, exp=now - 300)),
        "InvalidClaimError:iat": ("token-not-yet-valid", mint.headers(iat=now + 60, exp=now + 660)),
        "InvalidClaimError:aud": ("token-invalid", mint.headers(aud=["logistics"])),
        "InvalidClaimError:iss": ("token-invalid", mint.headers(iss="https://elsewhere.example")),
        "BadSignatureError": ("token-invalid", mint.headers(key=stranger)),
        "ValidationError": ("token-invalid", mint.headers(client_id=None)),
    }
    for reason, (problem, headers) in cases.items():
        line = await told(mint, capsys, "/v1/tps/32.71", headers)
        assert (line["status"], line["problem"], line["reason"]) == (401, problem, reason)
        assert "client" not in line
    inside = await told(mint, capsys, "/internal/ledger", {"Authorization": "Bearer a-guess"})
    assert (inside["status"], inside["reason"]) == (401, "not-accepted")


async def test_no_path_and_no_name_begins_a_line_of_its_own(
    mint: Mint, capsys: pytest.CaptureFixture[str]
) -> None:
    client = 'kpps"}\n{"event":"forged 3271064508900001'
    line = await told(mint, capsys, "/v1/tps/%0A%7B%22event%22:1%7D", mint.headers(client_id=client))
    assert line["path"] == '/v1/tps/\n{"event":1}'
    assert line["client"] == 'kpps"}\n{"event":"forged [nik]'
