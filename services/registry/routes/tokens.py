"""The token endpoint, and the keys that sign: for agencies' applications, their people, and devices of the field.

Who asks, and what they may do, is looked up for each token where it is changed, so that a secret, a person or a device that was
revoked gets none from that moment on.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

import asyncpg
import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.actor import Actor
from chassis.clock import wall_now
from chassis.database import Database
from chassis.identity import public_route
from chassis.outbox import Origin
from chassis.problem_responses import language_of, problem_responses
from chassis.problems import NotFound, Problem, TooManyRequests, Unauthenticated, Unavailable
from chassis.public_budgets import PublicBudgets, spender_of
from chassis.row_security import EVERYWHERE, everywhere_for
from chassis.token_issuer import TokenIssuer
from contracts.access import Scope, audiences_of
from contracts.envelope import DESK_WIDE
from contracts.vocabulary import Channel
from services.registry.commands.access import end_token
from services.registry.commands.first_clients import take_in_first_clients
from services.registry.errors import ClientAskedTooOften, OAuthRefusal
from services.registry.queries import tokens
from services.registry.queries.tokens import ACCESS_TOKEN, CLIENT_CREDENTIALS, TOKEN_EXCHANGE
from services.registry.rules.grants import Granted
from services.registry.schemas.clients_file import FirstClient, first_clients
from services.registry.settings import Settings

log = structlog.get_logger(__name__)

_TAKE_IN_WAITS_S = 5.0

router = APIRouter(tags=["identity"], dependencies=[Depends(public_route)])


class TokenAnswer(BaseModel):
    """A token (RFC 6749 section 5.1)."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="Seconds.")
    scope: str
    issued_token_type: str | None = Field(default=None, description="Of an exchange (RFC 8693).")


class TokenRefusal(BaseModel):
    """What OAuth's own clients read where a token is refused (RFC 6749 section 5.2), in place of a problem."""

    error: str
    error_description: str


class TokenDesk:
    """What the token endpoint of one process has: the keys, its budgets, and whether the first applications are in.

    Args:
        settings: without a signing key this desk has no token endpoint of its own.
    """

    def __init__(self, settings: Settings) -> None:
        development = settings.environment == "development"
        self.issuer: TokenIssuer | None = None
        self.first: list[FirstClient] = []
        if settings.signing_key_file is not None:
            self.issuer = TokenIssuer.from_file(
                Path(settings.signing_key_file), issuer=settings.issuer, allow_demo=development
            )
        if settings.clients_file is not None:
            self.first = first_clients(Path(settings.clients_file), allow_demo=development)
        self.taken_in = asyncio.Event()
        self.budgets = PublicBudgets(
            {
                "address": settings.token_requests_per_address,
                "client": settings.token_requests_per_client,
                "refused": settings.token_refusals_per_address,
            }
        )

    async def take_in(self, database: Database) -> None:
        """Take the first applications of the clients file into the database, if it has none yet."""
        while not self.taken_in.is_set():
            try:
                async with database.transaction(EVERYWHERE) as uow:
                    count = await take_in_first_clients(uow, self.first, at=wall_now())
                if count:
                    log.info("first_clients_taken_in", clients=count)
                self.taken_in.set()
            except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.info("first_clients_wait", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def ready(self) -> TokenIssuer:
        """Return the issuer, once the first applications are in.

        Raises:
            NotFound: this desk has no token endpoint of its own.
            Unavailable: the first applications are not in yet.
        """
        if self.issuer is None:
            raise NotFound(
                "This desk has no token endpoint of its own; ask its issuer.",
                detail_id="Desk ini tidak menerbitkan token sendiri; mintalah kepada penerbitnya.",
            )
        try:
            await asyncio.wait_for(self.taken_in.wait(), _TAKE_IN_WAITS_S)
        except TimeoutError:
            raise Unavailable(
                "The desk is starting.", detail_id="Desk sedang dinyalakan.", retry_after_s=1
            ) from None
        return self.issuer


async def take_in_clients(app: FastAPI) -> None:
    """Take in the first applications at the start."""
    desk: TokenDesk = app.state.token_desk
    await desk.take_in(app.state.database)


FORM: Final = "application/x-www-form-urlencoded"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""Of an application or a device; shorter than any secret that the desk makes, so that a secret in its place is none."""
_REFUSED: Final = {"model": TokenRefusal, "description": "Refused, in OAuth's own words"}
_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": [CLIENT_CREDENTIALS, TOKEN_EXCHANGE]},
                        **{name: {"type": "string"} for name in ("client_id", "client_secret", "scope")},
                        **{name: {"type": "string"} for name in ("subject_token", "subject_token_type")},
                        **{
                            name: {"type": "string"}
                            for name in ("person", "device_id", "roles", "regions", "election")
                        },
                    },
                },
                "examples": {
                    "application": {
                        "value": {
                            "grant_type": CLIENT_CREDENTIALS,
                            "client_id": "kpu-kota-bogor",
                            "client_secret": "the-secret-of-this-application",  # pragma: allowlist secret
                            "scope": "turnout:read events:public",
                        }
                    },
                    "officer": {
                        "value": {
                            "grant_type": TOKEN_EXCHANGE,
                            "client_id": "kpu-kota-bogor",
                            "client_secret": "the-secret-of-this-application",  # pragma: allowlist secret
                            "subject_token": "the-access-token-of-this-application",
                            "subject_token_type": ACCESS_TOKEN,
                            "person": "kpps-1",
                            "device_id": "hp-kpps-1",
                            "roles": "kpps",
                            "regions": "32.71.06.1002.028",
                        }
                    },
                    "device": {
                        "value": {
                            "grant_type": CLIENT_CREDENTIALS,
                            "client_id": "dev-0193645e-6f00-7000-8000-000000000001",
                            "client_secret": "the-secret-that-the-device-made",  # pragma: allowlist secret
                        }
                    },
                },
            }
        },
    }
}


_UNCACHED: Final = {"Cache-Control": "no-store"}
_REVOCATION: Final = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {"token": {"type": "string"}, "token_type_hint": {"type": "string"}},
                },
                "examples": {"token": {"value": {"token": "the-access-token-that-is-to-end"}}},
            }
        },
    }
}


@router.post(
    "/v1/oauth/token",
    response_model=TokenAnswer,
    responses={
        400: _REFUSED,
        401: _REFUSED,
        **problem_responses(NotFound, TooManyRequests, ClientAskedTooOften),
    },
    openapi_extra=_FORM,
)
async def issue_token(request: Request) -> Response:
    """Issue an access token: of an application or a device (RFC 6749 section 4.4), or of an application's officer (RFC 8693)."""
    desk: TokenDesk = request.app.state.token_desk
    issuer = await desk.ready()
    await desk.budgets.spend("address", spender_of(request))
    fields: dict[str, str] = {}
    headers = {"Cache-Control": "no-store"}
    language = language_of(request.headers.get("accept-language", ""))
    try:
        fields = await _fields(request)
        allowed = await _allowed(request, desk, fields)
    except OAuthRefusal as refusal:
        log.warning("token_refused", error=refusal.error, **_asked(request, fields))
        return JSONResponse(
            refusal.document(language),
            status_code=refusal.status,
            headers={"Content-Language": language, "Vary": "Accept-Language", **headers, **refusal.headers()},
        )
    log.info("token_issued", **_asked(request, fields))
    issued = issuer.issue(_claims(allowed), ends_at=allowed.ends_at)
    answer: dict[str, str | int] = {
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.lifetime_s,
        "scope": " ".join(sorted(allowed.scopes)),
    }
    if fields.get("grant_type") == TOKEN_EXCHANGE:
        answer["issued_token_type"] = ACCESS_TOKEN
    return JSONResponse(answer, headers=headers)


@router.post(
    "/v1/oauth/revoke",
    status_code=200,
    response_class=Response,
    responses={400: _REFUSED, **problem_responses(TooManyRequests)},
    openapi_extra=_REVOCATION,
)
async def revoke_token(request: Request) -> Response:
    """End an access token, whoever has it (RFC 7009): signing out. One that is none, or has ended, is answered alike."""
    desk: TokenDesk = request.app.state.token_desk
    await desk.budgets.spend("address", spender_of(request))
    try:
        token = (await _fields(request)).get("token", "")
    except OAuthRefusal as refusal:
        language = language_of(request.headers.get("accept-language", ""))
        return JSONResponse(refusal.document(language), status_code=refusal.status, headers=_UNCACHED)
    state = request.app.state
    try:
        held: Actor = await state.verifier.verify(token.encode())
    except Unauthenticated:
        return Response(headers=_UNCACHED)
    database: Database = state.database
    origin = Origin(DESK_WIDE, held.pseudonym, Channel.API.value, state.clock.now(), state.settings.rehearsal)
    async with database.transaction(EVERYWHERE) as uow:
        await end_token(uow, held, origin=origin)
    return Response(headers=_UNCACHED)


@router.get("/.well-known/jwks.json", responses=problem_responses(NotFound))
async def read_keys(request: Request) -> Response:
    """Show the public keys that sign this desk's tokens."""
    desk: TokenDesk = request.app.state.token_desk
    if desk.issuer is None:
        raise NotFound(
            "This desk signs no tokens of its own.", detail_id="Desk ini tidak menandatangani token sendiri."
        )
    return JSONResponse(desk.issuer.jwks(), headers={"Cache-Control": "public, max-age=5"})


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, each of which stands once: of two, a proxy before us might judge the other one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthRefusal("invalid_request", f"Send {FORM}.", f"Kirimkan {FORM}.")
    told = (await request.form()).multi_items()
    fields = {name: str(value) for name, value in told}
    if len(fields) != len(told):
        raise OAuthRefusal("invalid_request", "A field stands twice.", "Satu isian disebut dua kali.")
    return fields


def _asked(request: Request, fields: Mapping[str, str]) -> dict[str, str | None]:
    """Return what the log says of a request for a token: the application and the kind of grant, never a secret or a person."""
    name, grant_type = _named(request, fields)[0], fields.get("grant_type")
    return {
        "client": name if _NAME.fullmatch(name) else None,
        "grant_type": grant_type if grant_type in {CLIENT_CREDENTIALS, TOKEN_EXCHANGE} else None,
    }


def _claims(allowed: Granted) -> dict[str, object]:
    claims: dict[str, object] = {
        "sub": allowed.person or allowed.client,
        "client_id": allowed.client,
        "aud": sorted(audiences_of(allowed.scopes)),
        "scope": " ".join(sorted(allowed.scopes)),
        "roles": sorted(allowed.roles),
        "regions": list(allowed.regions),
        "access": dict(allowed.access),
    }
    optional = {
        "election": allowed.election,
        "device_id": allowed.device,
        "act": {"sub": allowed.client} if allowed.person else None,
    }
    return claims | {name: value for name, value in optional.items() if value is not None}


async def _allowed(request: Request, desk: TokenDesk, form: Mapping[str, str]) -> Granted:
    """Return what the token that is asked for may allow.

    Raises:
        OAuthRefusal: nothing.
        TooManyRequests, ClientAskedTooOften: a budget is used up.
    """
    name, secret = _named(request, form)
    spender = f"{spender_of(request)} {name[:80]}"
    if wait_s := await desk.budgets.left_s("refused", spender):
        raise _too_often(wait_s)
    database: Database = request.app.state.database
    at = wall_now()
    async with database.reading(everywhere_for(Scope.DESK_ADMIN)) as connection:
        asker = await tokens.prove(connection, name, secret=secret, at=at)
        if asker is None:
            await desk.budgets.wait_s("refused", spender)
            raise OAuthRefusal(
                "invalid_client",
                "The application or its secret is not known.",
                "Aplikasi atau rahasianya tidak dikenal.",
            )
        await _spend(desk, name)
        return await tokens.allowed(connection, asker, form, verifier=request.app.state.verifier, at=at)


async def _spend(desk: TokenDesk, name: str) -> None:
    """Count a request for whoever has proved themselves: nobody else can use up their budget."""
    wait_s = await desk.budgets.wait_s("client", name)
    if wait_s:
        raise _too_often(wait_s)


def _too_often(wait_s: int) -> ClientAskedTooOften:
    return ClientAskedTooOften(
        "Keep tokens until shortly before they end, and a secret that was refused to yourself.",
        detail_id="Simpanlah token sampai menjelang berakhir, dan jangan ulangi rahasia yang ditolak.",
        retry_after_s=wait_s,
    )


def _named(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Return the id and the secret that a request shows, of HTTP Basic or else of its form."""
    shown = _credentials(request.headers.get("authorization"))
    return shown or (form.get("client_id", ""), form.get("client_secret", ""))


def _credentials(authorization: str | None) -> tuple[str, str] | None:
    """Return id and secret of HTTP Basic, both form-encoded inside (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
