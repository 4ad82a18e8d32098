"""What the gateway tells of itself without a token."""

import pytest

from tests.fuzz.asking import documented_problems
from tests.harness import RunningService

pytestmark = pytest.mark.anyio


async def test_the_type_of_a_problem_leads_to_what_it_means(gateway: RunningService) -> None:
    nothing = await gateway.client.get("/nothing-here")
    told = await gateway.client.get(nothing.json()["type"])
    assert told.status_code == 200
    assert (told.json()["code"], told.json()["status"]) == ("not-found", 404)
    unknown = await gateway.client.get("/problems/no-such-problem")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")


async def test_every_problem_of_every_service_is_told(gateway: RunningService) -> None:
    assert len(documented_problems()) > 30
    for code in documented_problems():
        answer = await gateway.client.get(f"/problems/{code}")
        assert answer.json().get("type") == f"/problems/{code}", code
