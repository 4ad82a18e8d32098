"""Tokens for agencies' applications and their officers, and the keys that sign them."""

from typing import cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from chassis.client_directory import ClientDirectory
from chassis.identity import public_route
from chassis.problems import NotFound
from chassis.token_issuer import OAuthRefusal, TokenIssuer, answer_token_request

router = APIRouter(tags=["identity"], dependencies=[Depends(public_route)])


@router.post("/v1/oauth/token")
async def issue_token(request: Request) -> Response:
    """Issue an access token: client credentials (RFC 6749 section 4.4) or token exchange for an officer (RFC 8693)."""
    state = request.app.state
    issuer = cast(TokenIssuer | None, state.token_issuer)
    directory = cast(ClientDirectory | None, state.client_directory)
    if issuer is None or directory is None:
        raise NotFound("This desk has no token endpoint of its own; ask its issuer.")
    fields = {name: str(value) for name, value in (await request.form()).items()}
    headers = {"Cache-Control": "no-store"}
    try:
        answer = await answer_token_request(
            fields,
            request.headers.get("authorization"),
            directory=directory,
            issuer=issuer,
            verifier=state.verifier,
        )
    except OAuthRefusal as refusal:
        return JSONResponse(
            refusal.document(), status_code=refusal.status, headers={**headers, **refusal.headers()}
        )
    return JSONResponse(answer, headers=headers)


@router.get("/.well-known/jwks.json")
async def read_keys(request: Request) -> Response:
    """Show the public keys that sign this desk's tokens."""
    issuer = cast(TokenIssuer | None, request.app.state.token_issuer)
    if issuer is None:
        raise NotFound("This desk signs no tokens of its own.")
    return JSONResponse(issuer.jwks(), headers={"Cache-Control": "public, max-age=60"})
