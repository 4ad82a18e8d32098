"""A refusal of a coalesced command that would be the same again is stored under its key, and a repeat gets it byte for byte."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from chassis.clock import wall_now
from chassis.row_security import EVERYWHERE
from contracts.access import Role
from services.turnout import consumers
from tests.harness import ELECTION, RunningService, bearer
from tests.services.hearing import told_of
from tests.services.turnout.paper import enter, entry, figures, form_path, registered

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"


def report(men: int = 10) -> dict[str, object]:
    return {
        "slot": "10:00",
        "men": men,
        "women": 1,
        "occurred_at": "2024-11-27T10:00:00+07:00",
        "channel": "app",
    }


def by(person: str, key: str, language: str = "en") -> dict[str, str]:
    headers = bearer(Role.OPERATOR, person=person, regions=["32.71"], key=key)
    return {**headers, "Accept-Language": language}


def is_repeat(first: httpx.Response, second: httpx.Response) -> bool:
    return (
        second.content == first.content
        and second.status_code == first.status_code
        and second.headers["content-type"] == first.headers["content-type"] == "application/problem+json"
        and second.headers.get("content-language") == first.headers["content-language"]
        and "Idempotent-Replayed" not in first.headers
        and second.headers.get("Idempotent-Replayed") == "true"
    )


@pytest.fixture
def caught_up(desk: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service has heard all that the registry knows: nobody tells it so here, for no registry runs."""
    passed = {"registry": wall_now() + timedelta(hours=1)}
    monkeypatch.setattr(desk.app.state.watermarks, "_passed", passed)


async def test_a_payload_that_cannot_stand(desk: RunningService) -> None:
    path, headers = f"{form_path(41)}/entries", by("p-1", uuid4().hex, "id")
    body = entry(figures(votes=(1, 2, 3, 4, 5, 6)))
    first = await desk.client.post(path, json=body, headers=headers)
    assert (first.status_code, first.json()["code"]) == (422, "choice-unknown"), first.text
    assert first.headers["content-language"] == "id"
    again = await desk.client.post(path, json=body, headers={**headers, "Accept-Language": "en"})
    assert is_repeat(first, again)
    other = await desk.client.post(path, json=entry(), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_wrong_state_stays_the_answer_of_its_key(desk: RunningService) -> None:
    path = form_path(42)
    for person in ("p-1", "p-2"):
        assert (await enter(desk, path, person)).status_code == 201
    headers = by("p-3", uuid4().hex)
    first = await desk.client.post(f"{path}/entries", json=entry(), headers=headers)
    assert first.status_code == 409
    assert is_repeat(first, await desk.client.post(f"{path}/entries", json=entry(), headers=headers))


async def test_what_is_not_there_yet_is_taken_when_it_is_repeated(
    desk: RunningService, request: pytest.FixtureRequest
) -> None:
    path, headers = f"{BASE}/tps/32.71.06.1002.777/turnout-reports", bearer(Role.KPPS, regions=["32.71"])
    behind = await desk.client.post(path, json=report(), headers=headers)
    assert (behind.status_code, behind.json()["code"]) == (503, "not-caught-up")
    request.getfixturevalue("caught_up")
    first = await desk.client.post(path, json=report(), headers=headers)
    assert (first.status_code, first.json()["code"]) == (404, "tps-unknown")
    async with desk.app.state.database.transaction(EVERYWHERE) as uow:
        late = registered(777)
        await consumers.know_tps(uow, [told_of(late)])
    taken = await desk.client.post(path, json=report(), headers=headers)
    assert (taken.status_code, taken.headers.get("Idempotent-Replayed")) == (201, None)
    again = await desk.client.post(path, json=report(), headers=headers)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (taken.content, "true")


@pytest.mark.usefixtures("caught_up")
async def test_a_batch_keeps_the_refusals_of_its_items(desk: RunningService) -> None:
    def item(code: str) -> dict[str, object]:
        return {"id": str(uuid4()), "tps_code": code, **report()}

    items = [item("32.71.06.1002.043"), item("32.71.06.1002.888")]
    items.append({**items[0]})
    items.append({**items[0], "men": 11})
    headers, path = bearer(Role.KPPS, regions=["32.71"]), f"{BASE}/turnout-reports:batch"
    first = (await desk.client.post(path, json={"items": items}, headers=headers)).json()["items"]
    assert [(r["outcome"], r["status"]) for r in first] == [
        ("accepted", 201),
        ("rejected", 404),
        ("duplicate", 201),
        ("conflict", 422),
    ]
    again = (await desk.client.post(path, json={"items": items}, headers=headers)).json()["items"]
    assert [(r["outcome"], r["status"]) for r in again] == [
        ("duplicate", 201),
        ("rejected", 404),
        ("duplicate", 201),
        ("conflict", 422),
    ]
    assert again[3]["conflict_id"] == first[3]["conflict_id"] is not None
    assert again[1]["problem"]["code"] == first[1]["problem"]["code"] == "tps-unknown"
    assert len(await desk.sql("select 1 from outbox where body like '%1002.043%'")) == 1
