"""Did it arrive? The answer to a command whose sender lost it, from whichever service took it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from chassis.command_lookup import CommandAnswer, CommandAnswers, CommandKey
from chassis.pagination import known_parameters_only
from chassis.problems import NotFound, Problem
from contracts.vocabulary import ElectionId, Service
from gateway.door import Door
from gateway.errors import DoorShut
from gateway.places import Follower

router = APIRouter(prefix="/v1/elections/{election}", tags=["commands"])


class CommandTrace(BaseModel):
    """What a command was answered; the same as a repeat with its key gets."""

    key: str
    items: list[CommandAnswer]
    unanswered: list[str] = Field(description="Services that could not be asked.")


@router.get("/commands/{key}")
async def read_command(
    request: Request,
    election: ElectionId,
    key: CommandKey,
    caller: Follower,
    known: Annotated[None, Depends(known_parameters_only)],
) -> CommandTrace:
    """Show whether a command of the caller arrived, and what it was answered, by its Idempotency-Key."""
    found = await asyncio.gather(*(_ask(request, service) for service in Service))
    items = [item for answer in found if isinstance(answer, list) for item in answer]
    unanswered = [service.value for service, answer in zip(Service, found, strict=True) if answer is None]
    if not items and unanswered:
        raise DoorShut(
            f"These could not be asked: {', '.join(unanswered)}.",
            detail_id=f"Tidak dapat ditanyakan kepada: {', '.join(unanswered)}.",
            retry_after_s=2,
        )
    if not items:
        raise NotFound(
            "No command of yours was answered under this key.",
            detail_id="Tidak ada perintah Anda yang dijawab dengan kunci ini.",
        )
    return CommandTrace(key=key, items=items, unanswered=unanswered)


async def _ask(request: Request, service: Service) -> list[CommandAnswer] | None:
    """Return what a service answered under the key, None where it could not say.

    A token that is not for a service has done nothing there.
    """
    door: Door = request.app.state.door
    try:
        answer = await door.pass_through(request, service)
    except Problem:
        return None
    match answer.status_code:
        case 200:
            return CommandAnswers.model_validate_json(bytes(answer.body)).items
        case 401 | 403 | 404:
            return []
        case _:
            return None
