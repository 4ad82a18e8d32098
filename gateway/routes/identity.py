"""Tokens for agencies' applications and their officers, and the keys that sign them."""

from collections.abc import Mapping
from typing import Final, cast

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.client_directory import ClientDirectory
from chassis.identity import public_route
from chassis.problem_responses import language_of, problem_responses
from chassis.problems import NotFound
from chassis.token_issuer import (
    ACCESS_TOKEN,
    CLIENT_CREDENTIALS,
    TOKEN_EXCHANGE,
    OAuthRefusal,
    TokenIssuer,
    answer_token_request,
    client_named,
)

log = structlog.get_logger(__name__)

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


FORM: Final = "application/x-www-form-urlencoded"
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
                },
            }
        },
    }
}


@router.post(
    "/v1/oauth/token",
    response_model=TokenAnswer,
    responses={400: _REFUSED, 401: _REFUSED, **problem_responses(NotFound)},
    openapi_extra=_FORM,
)
async def issue_token(request: Request) -> Response:
    """Issue an access token: client credentials (RFC 6749 section 4.4) or token exchange for an officer (RFC 8693)."""
    state = request.app.state
    issuer = cast(TokenIssuer | None, state.token_issuer)
    directory = cast(ClientDirectory | None, state.client_directory)
    if issuer is None or directory is None:
        raise NotFound(
            "This desk has no token endpoint of its own; ask its issuer.",
            detail_id="Desk ini tidak menerbitkan token sendiri; mintalah kepada penerbitnya.",
        )
    fields: dict[str, str] = {}
    headers = {"Cache-Control": "no-store"}
    language = language_of(request.headers.get("accept-language", ""))
    try:
        fields = await _fields(request)
        answer = await answer_token_request(
            fields,
            request.headers.get("authorization"),
            directory=directory,
            issuer=issuer,
            verifier=state.verifier,
        )
    except OAuthRefusal as refusal:
        log.warning("token_refused", error=refusal.error, **_asked(request, fields))
        return JSONResponse(
            refusal.document(language),
            status_code=refusal.status,
            headers={"Content-Language": language, "Vary": "Accept-Language", **headers, **refusal.headers()},
        )
    log.info("token_issued", **_asked(request, fields))
    return JSONResponse(answer, headers=headers)


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
    asked = fields.get("grant_type")
    return {
        "client": client_named(fields, request.headers.get("authorization")),
        "grant_type": asked if asked in {CLIENT_CREDENTIALS, TOKEN_EXCHANGE} else None,
    }


@router.get("/.well-known/jwks.json", responses=problem_responses(NotFound))
async def read_keys(request: Request) -> Response:
    """Show the public keys that sign this desk's tokens."""
    issuer = cast(TokenIssuer | None, request.app.state.token_issuer)
    if issuer is None:
        raise NotFound(
            "This desk signs no tokens of its own.", detail_id="Desk ini tidak menandatangani token sendiri."
        )
    return JSONResponse(issuer.jwks(), headers={"Cache-Control": "public, max-age=60"})
