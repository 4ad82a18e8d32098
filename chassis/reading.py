"""Reads: a connection for the length of one question, for the regions of whoever asks, and the desk's time of it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from chassis.clock import DeskClock
from chassis.database import Connection, Database
from chassis.identity import caller
from chassis.row_security import EVERYWHERE, NOWHERE
from contracts.access import place_code


async def _reader(request: Request) -> AsyncIterator[Connection]:
    database: Database = request.app.state.database
    async with database.reading((await caller(request)).regions) as connection:
        yield connection


ReaderDep = Annotated[Connection, Depends(_reader, scope="function")]
"""A connection that goes back to the pool before the answer is sent, so that a slow reader pins none."""


async def _place_reader(request: Request) -> AsyncIterator[Connection]:
    database: Database = request.app.state.database
    place = place_code(request.path_params["code"])
    async with database.reading(NOWHERE if place is None else (place,)) as connection:
        yield connection


PlaceReaderDep = Annotated[Connection, Depends(_place_reader, scope="function")]
"""A connection of a public route: it sees the region or TPS that its path names (`code`), and nothing else."""


async def _unbounded_reader(request: Request) -> AsyncIterator[Connection]:
    database: Database = request.app.state.database
    async with database.reading(EVERYWHERE) as connection:
        yield connection


UnboundedReaderDep = Annotated[Connection, Depends(_unbounded_reader, scope="function")]
"""A connection of a public route that looks for something by a secret of the asker's, wherever it is."""


async def _frame_reader(request: Request) -> AsyncIterator[Connection]:
    database: Database = request.app.state.database
    async with database.reading(NOWHERE) as connection:
        yield connection


FrameReaderDep = Annotated[Connection, Depends(_frame_reader, scope="function")]
"""A connection of a public route: it sees what everybody reads, such as an election and its stages."""


async def _desk_time(request: Request) -> datetime:
    clock: DeskClock = request.app.state.clock
    return clock.now()


DeskTime = Annotated[datetime, Depends(_desk_time)]
"""The desk's time when the request came in."""
