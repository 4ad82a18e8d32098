"""`Desk-After`: who has just changed something reads no older picture than that."""

import asyncio
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from chassis.database import Database
from chassis.row_security import NOWHERE
from gateway.errors import NotYetProjected, PositionInvalid
from gateway.projections.engine import SUBSCRIPTION

PATIENCE_S = 2.0
_LOOK_EVERY_S = 0.02
_POSITION = re.compile(r"([a-z_]{1,40}/[\x21-\x7e]{1,160})@(\d{1,18})")


async def _after(
    request: Request,
    desk_after: Annotated[
        str | None,
        Header(
            max_length=220,
            description="`Desk-Position` of a command's answer: wait up to 2 s until the picture has it, else 503.",
        ),
    ] = None,
) -> float:
    """Wait for the version that the caller names, and return from when on an answer has it (time of the event loop)."""
    if desk_after is None:
        return 0.0
    found = _POSITION.fullmatch(desk_after)
    if found is None:
        raise PositionInvalid(
            "Send Desk-After as Desk-Position told it.", detail_id="Kirim Desk-After seperti Desk-Position."
        )
    await wait_for(request.app.state.database, aggregate=found[1], version=int(found[2]))
    return asyncio.get_running_loop().time()


async def wait_for(database: Database, *, aggregate: str, version: int) -> None:
    """Wait up to two seconds until a version of an aggregate has been projected.

    Raises:
        NotYetProjected: it has not.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        async with database.reading(NOWHERE) as connection:
            known: int | None = await connection.fetchval(
                "select version from consumer_aggregate where consumer = $1 and aggregate = $2",
                SUBSCRIPTION.name,
                aggregate,
            )
        if known is not None and known >= version:
            return
        if loop.time() >= deadline:
            raise NotYetProjected(
                "Ask again with the same Desk-After.",
                detail_id="Ulangi dengan Desk-After yang sama.",
                retry_after_s=1,
            )
        await asyncio.sleep(_LOOK_EVERY_S)


AfterDep = Annotated[float, Depends(_after)]
"""Waits for `Desk-After`, after the caller's permission was judged; from when on a cached answer will do."""
