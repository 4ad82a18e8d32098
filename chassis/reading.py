"""Reads: a connection for the length of one question, for the regions and purposes of whoever asks, and the desk's time of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from chassis.clock import DeskClock
from chassis.database import Connection, Database
from chassis.identity import caller
from chassis.row_security import NOWHERE, Remit
from contracts.access import place_code


def reader(remit_of: Callable[[Request], Awaitable[Remit]]) -> Dependency:
    """Return the dependency that lends a connection, and takes it back before the answer is sent: a slow reader pins none.

    Args:
        remit_of: tells where and what for a request reads.
    """

    async def read(request: Request) -> AsyncIterator[Connection]:
        database: Database = request.app.state.database
        async with database.reading(await remit_of(request)) as connection:
            yield connection

    return Depends(read, scope="function")


async def _callers(request: Request) -> Remit:
    return (await caller(request)).remit


async def _of_the_place(request: Request) -> Remit:
    place = place_code(request.path_params["code"])
    return NOWHERE if place is None else Remit((place,), frozenset())


async def _frame(_: Request) -> Remit:
    return NOWHERE


ReaderDep = Annotated[Connection, reader(_callers)]
"""A connection for the caller's own regions and purposes."""

PlaceReaderDep = Annotated[Connection, reader(_of_the_place)]
"""A connection of a public route: it sees the region or TPS that its path names (`code`), and of it what everybody may."""

FrameReaderDep = Annotated[Connection, reader(_frame)]
"""A connection of a public route: it sees what everybody reads, such as an election and its stages."""


async def _desk_time(request: Request) -> datetime:
    clock: DeskClock = request.app.state.clock
    return clock.now()


DeskTime = Annotated[datetime, Depends(_desk_time)]
"""The desk's time when the request came in."""
