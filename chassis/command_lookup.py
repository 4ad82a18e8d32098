"""Did it arrive? What a caller's own command was answered, by its Idempotency-Key; for who lost the answer on the way.

Every service with a ledger answers for itself; the gateway asks them all. The route is in no service's document: the
public one is the gateway's.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from pydantic_core import from_json

from chassis.actor import Actor
from chassis.database import Database, Row
from chassis.idempotency import principal_of
from chassis.identity import permission
from chassis.problems import NotFound
from chassis.row_security import require_purpose
from contracts.access import Scope
from contracts.vocabulary import Instant


class CommandAnswer(BaseModel):
    """What one command was answered: the answer that a repeat with the same key gets."""

    service: str
    route: str = Field(description="Method and template of the path that the key was used on.")
    status: int
    location: str | None
    position: str | None = Field(description="`Desk-Position`: the aggregate and the version that it left.")
    answer: dict[str, object]
    recorded_at: Instant = Field(description="By the desk's clock.")


class CommandAnswers(BaseModel):
    """What was answered under one key; a key that was used on several routes stands for several commands."""

    key: str
    items: list[CommandAnswer]


CommandKey = Annotated[
    str, Path(pattern=r"^[\x20-\x7e]{1,200}$", description="The command's Idempotency-Key.")
]


def command_lookup_routes() -> APIRouter:
    """Return the route by which a service tells a caller what its command was answered."""
    router = APIRouter(prefix="/v1/elections/{election}", include_in_schema=False)

    @router.get("/commands/{key}")
    async def find_command(
        request: Request,
        key: CommandKey,
        caller: Annotated[Actor, Depends(permission(Scope.EVENTS_PUBLIC))],
    ) -> CommandAnswers:
        database: Database = request.app.state.database
        async with database.reading(caller.remit) as connection:
            # Answers are behind no policy, for they are looked for before it is known what a command is.
            await require_purpose(connection, Scope.EVENTS_PUBLIC)
            rows = await connection.fetch(
                "select * from idempotency_key where key = $1 and principal = $2 order by recorded_at, route",
                key,
                principal_of(caller),
            )
        if not rows:
            raise NotFound(
                "No command of yours was answered under this key.",
                detail_id="Tidak ada perintah Anda yang dijawab dengan kunci ini.",
            )
        service: str = request.app.state.parts.name
        return CommandAnswers(key=key, items=[_told(service, row) for row in rows])

    _ = find_command
    return router


def _told(service: str, row: Row) -> CommandAnswer:
    headers: dict[str, str] = from_json(row["headers"])
    body = bytes(row["body"])
    return CommandAnswer(
        service=service,
        route=row["route"],
        status=row["status"],
        location=headers.get("Location"),
        position=headers.get("Desk-Position"),
        answer=from_json(body) if body else {},
        recorded_at=row["recorded_at"],
    )
