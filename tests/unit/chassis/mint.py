"""A token issuer with real keys, and a small application around some routes, for the tests of the chassis."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from chassis.actor import RegionGroups
from chassis.jwks import KeySource, SigningKey, algorithm_of
from chassis.limits import LimitsMiddleware
from chassis.metrics import Metrics
from chassis.problem_responses import install_problem_handlers
from chassis.telemetry import TelemetryMiddleware
from chassis.token_verifier import MAX_LIFETIME_S, TokenVerifier

ISSUER = "http://127.0.0.1:22000"
NOON = datetime(2024, 11, 27, 5, 0, tzinfo=UTC)


@dataclass
class Mint:
    """Makes tokens by hand, good and bad ones, at a time that the test moves."""

    folder: Path
    now: datetime = NOON
    keys: list[SigningKey] = field(default_factory=list[SigningKey])

    @property
    def jwks(self) -> Path:
        return self.folder / "jwks.json"

    def publish(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.jwks.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))

    def token(
        self, *, key: SigningKey | None = None, header: dict[str, str] | None = None, **claims: object
    ) -> str:
        signing = key or self.keys[0]
        now = int(self.now.timestamp())
        body: dict[str, object] = {
            "iss": ISSUER,
            "sub": "officer-7",
            "client_id": "kpps",
            "aud": ["gateway", "turnout"],
            "iat": now,
            "exp": now + 600,
            "jti": "1",
            "scope": "turnout:report turnout:read",
            "roles": ["kpps"],
            "regions": ["32.71"],
            "election": "pilkada-2024",
            "device_id": "device-1",
            "act": {"sub": "kpps"},
        }
        told = {name: value for name, value in {**body, **claims}.items() if value is not None}
        named = {"alg": algorithm_of(signing), "kid": signing.kid or "", "typ": "at+jwt", **(header or {})}
        return jwt.encode(named, told, signing, algorithms=[named["alg"]])

    def headers(self, **claims: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(**claims)}"}  # pyright: ignore[reportArgumentType] - any claim, also a wrong one

    def verifier(
        self,
        *,
        groups: RegionGroups | None = None,
        allow_demo: bool = True,
        max_lifetime_s: int = MAX_LIFETIME_S,
        remembered: int = 1_000,
    ) -> TokenVerifier:
        return TokenVerifier(
            KeySource(str(self.jwks), allow_demo=allow_demo),
            issuer=ISSUER,
            audience="turnout",
            groups=groups,
            now=lambda: self.now,
            max_lifetime_s=max_lifetime_s,
            remembered=remembered,
        )

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def okp(kid: str = "key-1") -> OKPKey:
    return OKPKey.generate_key("Ed25519", parameters={"kid": kid, "use": "sig"})


def ec(kid: str = "key-ec") -> ECKey:
    return ECKey.generate_key("P-256", parameters={"kid": kid, "use": "sig"})


def application(
    mint: Mint,
    *routers: APIRouter,
    groups: RegionGroups | None = None,
    body_limit_bytes: int = 10_000,
    receive_deadline_s: float = 5.0,
) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.state.metrics = Metrics()
    app.state.verifier = mint.verifier(groups=groups)
    app.state.internal_token = "internal-secret"
    install_problem_handlers(app)
    for router in routers:
        app.include_router(router)
    app.add_middleware(
        LimitsMiddleware,
        body_limit_bytes=body_limit_bytes,
        receive_deadline_s=receive_deadline_s,
        larger_bodies={"/imports": 50_000},
    )
    app.add_middleware(TelemetryMiddleware, metrics=app.state.metrics, service="turnout")
    return app


def calling(app: FastAPI) -> httpx.AsyncClient:
    """Return a client that calls the application in process, and sees its faults as a caller over HTTP does."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://turnout")


def texts(answers: Sequence[httpx.Response]) -> str:
    return "\n".join(answer.text for answer in answers)
