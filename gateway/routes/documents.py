"""Documents of the API that are no OpenAPI."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, TypeAdapter

import contracts
from chassis.identity import public_route
from chassis.problem_responses import problem_responses
from chassis.problems import NotFound

router = APIRouter(tags=["documents"], dependencies=[Depends(public_route)])


class ProblemKind(BaseModel):
    """A kind of problem: what the `type` of a problem document points at (RFC 9457)."""

    type: str
    code: str
    status: int
    title: str
    title_id: str = Field(description="The title in Indonesian.")
    retryable: bool = Field(description="Whether the same request, with the same key, may succeed later.")
    when: str


_kinds: TypeAdapter[dict[str, ProblemKind]] = TypeAdapter(dict[str, ProblemKind])


@cache
def _problems() -> dict[str, ProblemKind]:
    return _kinds.validate_json((Path(contracts.__file__).parent / "problems.json").read_bytes())


@cache
def _asyncapi() -> bytes:
    return (Path(contracts.__file__).parent / "asyncapi.json").read_bytes()


@router.get("/asyncapi.json")
async def read_asyncapi() -> Response:
    """Show what is on the topics, and with it in the feed: every type of event with its schema."""
    return Response(
        _asyncapi(), media_type="application/json", headers={"Cache-Control": "public, max-age=60"}
    )


@router.get("/problems/{code}", responses=problem_responses(NotFound))
async def read_problem_kind(code: str) -> ProblemKind:
    """Say what a problem is, where somebody follows its `type`."""
    found = _problems().get(code)
    if found is None:
        raise NotFound("No problem has this name.", detail_id="Tidak ada masalah dengan nama ini.")
    return found
