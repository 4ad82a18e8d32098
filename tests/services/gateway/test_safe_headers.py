"""Headers of every answer, whoever makes it: a route, a refusal before any route, a fault."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.story import KELURAHAN, places

pytestmark = pytest.mark.anyio

PATH = f"/v1/elections/{ELECTION}/regions/32.71/overview"


@pytest.fixture
async def desk(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway", database_url=database_url("gateway"), kafka=None, requests_per_address="4/hour"
    ) as service:
        yield service


def assert_safe(answer: httpx.Response) -> None:
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    (policy,) = answer.headers.get_list("Content-Security-Policy")
    for wanted in (
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "form-action 'none'",
    ):
        assert wanted in policy
    assert answer.headers.get_list("Referrer-Policy") == ["no-referrer"]
    assert len(answer.headers.get_list("Cache-Control")) == 1


async def test_a_refusal_of_the_budget_has_them_too(desk: RunningService) -> None:
    answers = [await desk.client.get(path) for path in ("/nowhere", PATH, "/", "/openapi.json", PATH)]
    assert [answer.status_code for answer in answers] == [404, 401, 200, 200, 429]
    for answer in answers:
        assert_safe(answer)


async def test_a_fault_has_them_too(desk: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fall_over(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(desk.app.state.overviews, "_make", fall_over)
    transport = httpx.ASGITransport(desk.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        answer = await http.get(PATH, headers=bearer(Role.DESK))
    assert answer.status_code == 500
    assert_safe(answer)


@pytest.mark.parametrize(("base", "told"), [("http://desk", False), ("https://desk", True)])
async def test_only_what_went_by_tls_binds_a_browser_to_it(
    desk: RunningService, base: str, told: bool
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.app), base_url=base) as http:
        answers = [await http.get(path) for path in ("/", PATH, "/nowhere", PATH, PATH)]
    assert answers[-1].status_code == 429
    for answer in answers:
        policy = answer.headers.get("Strict-Transport-Security")
        assert policy == ("max-age=31536000; includeSubDomains" if told else None)


async def test_a_ticket_and_a_page_of_the_trail_are_kept_by_nobody(desk: RunningService) -> None:
    ticket = await desk.client.post(f"/v1/elections/{ELECTION}/stream-tickets", headers=bearer(Role.DESK))
    looks = await desk.client.get(
        f"/v1/elections/{ELECTION}/audit/gateway/accesses", headers=bearer(Role.AUDITOR)
    )
    for answer in (ticket, looks):
        assert answer.is_success
        assert answer.headers.get_list("Cache-Control") == ["no-store"]
    page = await desk.client.get("/")
    assert page.headers.get_list("Cache-Control") == ["no-cache"]


async def test_results_that_others_do_not_see_yet_are_kept_by_nobody(gateway: RunningService) -> None:
    for path in (f"regions/{KELURAHAN[0]}/results", f"tps/{places(3)[5].code}/situation"):
        kept = {
            role: (await gateway.client.get(f"/v1/elections/{ELECTION}/{path}", headers=bearer(role))).headers
            for role in (Role.MINISTRY, Role.OBSERVER)
        }
        assert kept[Role.MINISTRY].get_list("Cache-Control") == ["no-store"]
        assert kept[Role.OBSERVER]["Cache-Control"] != "no-store"


@pytest.mark.parametrize("added", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Proto"])
async def test_metrics_are_not_told_to_who_comes_by_a_proxy(desk: RunningService, added: str) -> None:
    outside = await desk.client.get("/metrics", headers={added: "198.51.100.7"})
    assert (outside.status_code, outside.json()["code"]) == (404, "not-found")
    inside = await desk.client.get("/metrics")
    assert inside.status_code == 200
    assert "desk_stream_clients_count" in inside.text
