"""Requests made from the description of every operation, right ones and wrong ones: no fault, and every answer as described.

`make test` sends a few to each operation, `make fuzz` many; a failure prints its seed.
"""

import os
from collections.abc import Callable

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from tests.fuzz.asking import ask, operations_of
from tests.fuzz.rooms import PROCESSES, furnished

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))


@pytest.mark.parametrize("process", PROCESSES)
def test_every_answer_is_as_described(
    process: str, database_url: Callable[[str], str], request: pytest.FixtureRequest
):
    seed_of_run = int(request.config.getoption("randomly_seed") or 0)
    complaints: list[str] = []
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(furnished(process, database_url(process))) as room,
    ):

        def send(sent: httpx.Request) -> httpx.Response:
            return portal.call(room.service.client.send, sent)

        for operation in operations_of(process):
            complaints += ask(operation, room, send, examples=EXAMPLES, seed_of_run=seed_of_run)
    assert not complaints, "\n".join(complaints)
