"""A voting day over the API: reports, milestones, repeats, refusals."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.infrastructure import KafkaServer
from tests.services.turnout.paper import lay_out

TPS = "32.71.06.1002.028"
PATH = f"/v1/elections/{ELECTION}/tps/{TPS}"

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def turnout(database_url: Callable[[str], str], kafka: KafkaServer) -> AsyncIterator[RunningService]:
    async with running_service(
        "turnout", database_url=database_url("turnout"), kafka=kafka, topic_prefix=f"{uuid4().hex}."
    ) as service:
        await lay_out(service, tps_count=40)
        yield service


def report(slot: str = "10:00", men: int = 100, women: int = 120, **more: object) -> dict[str, object]:
    return {"slot": slot, "men": men, "women": women, "occurred_at": soon(), "channel": "app", **more}


async def test_a_report_is_taken_once_however_often_it_is_sent(turnout: RunningService) -> None:
    path, headers, body = PATH.replace("028", "001"), bearer(Role.KPPS, regions=["32.71"]), report()
    first = await turnout.client.post(f"{path}/turnout-reports", json=body, headers=headers)
    assert first.status_code == 201, first.text
    assert first.json()["total"] == 220
    again = await turnout.client.post(f"{path}/turnout-reports", json=body, headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await turnout.sql("select * from outbox where body like '%1002.001%'")) == 1


async def test_a_hundred_parallel_sends_leave_one_event(turnout: RunningService) -> None:
    path, headers, body = PATH.replace("028", "007"), bearer(Role.KPPS, regions=["32.71"]), report()
    answers = await asyncio.gather(
        *(turnout.client.post(f"{path}/turnout-reports", json=body, headers=headers) for _ in range(100))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await turnout.sql("select * from outbox where body like '%1002.007%'")) == 1


async def test_events_reach_the_broker(turnout: RunningService) -> None:
    await turnout.client.post(
        f"{PATH}/milestones", json={"milestone": "opened", "occurred_at": soon()}, headers=bearer(Role.KPPS)
    )
    await turnout.wait_until_known(
        "select 1 where not exists (select 1 from outbox where published_at is null)"
    )
    assert await turnout.sql("select 1 from relay_state")


async def test_a_batch_answers_each_item(turnout: RunningService) -> None:
    def item(code: str, men: int) -> dict[str, object]:
        return {"id": str(uuid7()), "tps_code": code, **report(men=men)}

    items = [
        item("32.71.06.1002.011", 10),
        item("32.71.06.1002.012", 11),
        item("32.73.01.1001.001", 1),
        item("32.71.06.1002.999", 1),
    ]
    path = f"/v1/elections/{ELECTION}/turnout-reports:batch"
    answer = await turnout.client.post(
        path, json={"items": items}, headers=bearer(Role.KPPS, regions=["32.71"])
    )
    assert answer.status_code == 200, answer.text
    assert [(r["outcome"], r["status"]) for r in answer.json()["items"]] == [
        ("accepted", 201),
        ("accepted", 201),
        ("rejected", 403),
        ("rejected", 503),  # no registry runs here, so that it has no such TPS is not known
    ]
    again = await turnout.client.post(
        path, json={"items": items[:2]}, headers=bearer(Role.KPPS, regions=["32.71"])
    )
    assert [r["outcome"] for r in again.json()["items"]] == ["duplicate", "duplicate"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"slot": "25:00"}, 422, "invalid-payload"),
        ({"men": -1}, 422, "invalid-payload"),
        ({"surprise": 1}, 422, "invalid-payload"),
    ],
)
async def test_a_payload_of_the_wrong_shape(
    turnout: RunningService, change: dict[str, object], status: int, code: str
) -> None:
    answer = await turnout.client.post(
        f"{PATH}/turnout-reports", json=report() | change, headers=bearer(Role.KPPS)
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_who_may_not(turnout: RunningService) -> None:
    path = f"{PATH}/turnout-reports"
    assert (await turnout.client.post(path, json=report())).status_code == 401
    elsewhere = await turnout.client.post(path, json=report(), headers=bearer(Role.KPPS, regions=["32.73"]))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "region-not-covered")
    keyless = await turnout.client.post(
        path, json=report(), headers={"Authorization": bearer(Role.KPPS)["Authorization"]}
    )
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency-key-missing")


async def test_a_key_with_another_body(turnout: RunningService) -> None:
    headers = bearer(Role.KPPS)
    await turnout.client.post(f"{PATH}/turnout-reports", json=report("11:00", 130, 140), headers=headers)
    other = await turnout.client.post(
        f"{PATH}/turnout-reports", json=report("11:00", 130, 141), headers=headers
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
