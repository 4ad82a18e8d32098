"""Whose word counts for where a request comes from, as the server that `serve` starts judges it."""

from typing import cast

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import ASGIApp

from chassis.public_budgets import spender_of
from chassis.serving import served_by
from chassis.settings import ServiceSettings
from gateway.settings import Settings as GatewaySettings
from tests.harness import bare_app

pytestmark = pytest.mark.anyio

CITIZEN, STRANGER, DOOR = "198.51.100.7", "203.0.113.9", "172.18.0.5"
NOWHERE = {
    "database_url": "postgresql://nobody@127.0.0.1/none",
    "kafka_bootstrap": "127.0.0.1:1",
    "jwks": "none",
    "issuer": "http://127.0.0.1",
}


async def counted_for(settings: ServiceSettings, *, peer: str, forwarded: str) -> str:
    """Return the address and the scheme that a request of a peer counts for."""
    app: FastAPI = bare_app("turnout")

    @app.get("/seen", response_model=None)
    async def seen(request: Request) -> str:
        return f"{spender_of(request)} {request.url.scheme}"

    _ = seen
    config = served_by(app, settings)
    config.load()
    served = cast(ASGIApp, config.loaded_app)
    transport = httpx.ASGITransport(served, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        answer = await http.get("/seen", headers={"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"})
    return str(answer.json())


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "counted"),
    [
        ("127.0.0.1", "127.0.0.1", CITIZEN, f"{CITIZEN} https"),
        ("127.0.0.1", STRANGER, CITIZEN, f"{STRANGER} http"),
        ("172.16.0.0/12", DOOR, CITIZEN, f"{CITIZEN} https"),
        ("172.16.0.0/12", DOOR, f"{CITIZEN}, {STRANGER}", f"{STRANGER} https"),
        ("*", DOOR, CITIZEN, f"{CITIZEN} https"),
        ("", "127.0.0.1", CITIZEN, "127.0.0.1 http"),
    ],
)
async def test_only_a_proxy_that_is_named_is_believed(
    trusted: str, peer: str, forwarded: str, counted: str
) -> None:
    settings = ServiceSettings.model_validate({**NOWHERE, "trusted_proxies": trusted})
    assert await counted_for(settings, peer=peer, forwarded=forwarded) == counted


async def test_the_door_believes_nobody_unless_it_is_told_to() -> None:
    door = GatewaySettings.model_validate(NOWHERE)
    assert await counted_for(door, peer="127.0.0.1", forwarded=CITIZEN) == "127.0.0.1 http"
