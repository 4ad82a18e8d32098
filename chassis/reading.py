"""Reads: a connection for the length of one question."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from chassis.database import Connection, Database


async def _reader(request: Request) -> AsyncIterator[Connection]:
    database: Database = request.app.state.database
    async with database.reading() as connection:
        yield connection


ReaderDep = Annotated[Connection, Depends(_reader, scope="function")]
"""A connection that goes back to the pool before the answer is sent, so that a slow reader pins none."""
