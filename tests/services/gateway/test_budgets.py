"""Budgets per application and per address: told with every answer, and 429 with a time where they are used up."""

import re
from collections.abc import AsyncIterator, Callable

import http_sf
import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from contracts.access import Role
from gateway import budgets
from tests.harness import ELECTION, RunningService, bearer, running_service

pytestmark = pytest.mark.anyio

PATH = f"/v1/elections/{ELECTION}/regions/32.71/overview"


@pytest.fixture
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        requests_per_client="5/hour",
        requests_per_address="3/hour",
    ) as service:
        yield service


def standing(header: str) -> tuple[str, dict[str, int]]:
    """Return the name of a budget, and what is left of it and for how long."""
    found = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', header)
    assert found is not None, header
    assert http_sf.parse(header.encode(), tltype="list")
    return found[1], {"r": int(found[2]), "t": int(found[3])}


async def test_an_application_sees_its_budget_shrink_and_end(gateway: RunningService) -> None:
    left: list[int] = []
    answers: list[httpx.Response] = []
    for number in range(6):
        person = f"orang-{number}"  # another person of the same application spends the same budget
        answer = await gateway.client.get(PATH, headers=bearer(Role.DESK, client="kpu-contoh", person=person))
        answers.append(answer)
        assert answer.headers.get_list("RateLimit-Policy") == ['"client";q=5;w=3600']
        name, told = standing(answer.headers["RateLimit"])
        assert name == "client"
        assert 0 < told["t"] <= 3600
        left.append(told["r"])
    assert left == [4, 3, 2, 1, 0, 0]
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "too-many-requests")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    other = await gateway.client.get(PATH, headers=bearer(Role.DESK, client="bpbd-contoh"))
    assert standing(other.headers["RateLimit"])[1]["r"] == 4


async def test_who_has_no_valid_token_spends_the_budget_of_the_address(gateway: RunningService) -> None:
    tries = [{}, {"Authorization": "Bearer made.up.token"}, {}, {"Authorization": "Bearer another"}]
    answers = [await gateway.client.get(PATH, headers=headers) for headers in tries]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert standing(answers[0].headers["RateLimit"])[0] == "address"
    known = await gateway.client.get(PATH, headers=bearer(Role.DESK))
    assert known.status_code != 429


async def test_health_is_asked_as_often_as_need_be(gateway: RunningService) -> None:
    for _ in range(10):
        answer = await gateway.client.get("/health/live")
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


async def test_every_answer_tells_a_browser_to_do_nothing_with_it(gateway: RunningService) -> None:
    for path, headers in ((PATH, bearer(Role.DESK)), (PATH, {}), ("/nowhere", {}), ("/health/live", {})):
        answer = await gateway.client.get(path, headers=headers)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"]
    page = await gateway.client.get("/")
    assert page.headers.get_list("Content-Security-Policy") == [page.headers["Content-Security-Policy"]]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


async def test_a_flood_is_counted_and_is_one_line(
    gateway: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        budgets, "log", structlog.get_logger()
    )  # not the one that an earlier test's stream got
    with capture_logs() as lines:
        answers = [
            await gateway.client.get(PATH, headers=bearer(Role.DESK, client="ramai")) for _ in range(9)
        ]
    assert [answer.status_code for answer in answers].count(429) == 4
    counted = gateway.app.state.metrics.render("")[0].decode()
    assert 'status="429"' in counted
    assert [line["client"] for line in lines if line["event"] == "budget_used_up"] == ["ramai"]
