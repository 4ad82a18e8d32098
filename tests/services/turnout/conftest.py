"""The turnout service with forms on the desk, one per module."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest

from tests.harness import RunningService, running_service
from tests.services.turnout.paper import lay_out


@pytest.fixture(scope="module")
async def desk(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    """Nothing is relayed: these tests look at the ledger."""
    prefix = f"{uuid4().hex}."
    async with running_service(
        "turnout", database_url=database_url("turnout"), kafka=None, topic_prefix=prefix
    ) as service:
        await lay_out(service)
        yield service
