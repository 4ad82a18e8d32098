"""Documents of the API that are no OpenAPI."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Depends, Response

import contracts
from chassis.identity import public_route

router = APIRouter(tags=["documents"], dependencies=[Depends(public_route)])


@cache
def _asyncapi() -> bytes:
    return (Path(contracts.__file__).parent / "asyncapi.json").read_bytes()


@router.get("/asyncapi.json")
async def read_asyncapi() -> Response:
    """Show what is on the topics, and with it in the feed: every type of event with its schema."""
    return Response(
        _asyncapi(), media_type="application/json", headers={"Cache-Control": "public, max-age=60"}
    )
