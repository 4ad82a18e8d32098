"""One datum through the whole desk: a report at turnout, its ledger, the broker, the projector, the feed and the stream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.infrastructure import KafkaServer

pytestmark = pytest.mark.anyio
TPS = "32.71.06.1002.028"


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"{uuid4().hex}."


@pytest.fixture(scope="module")
async def turnout(
    database_url: Callable[[str], str], kafka: KafkaServer, prefix: str
) -> AsyncIterator[RunningService]:
    async with running_service(
        "turnout", database_url=database_url("turnout"), kafka=kafka, topic_prefix=prefix
    ) as service:
        async with service.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute(
                """insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
                   select uuidv7(), $1, '32.71.06.1002.' || to_char(n, 'FM000'), 'Asia/Jakarta',
                   '2024-11-27', 250, 250, '{gubernur-32,walikota-32.71}' from generate_series(1, 40) n""",
                ELECTION,
            )
            await uow.execute("insert into voting_day (tps_id, version) select tps_id, 0 from tps_ref")
        yield service


@pytest.fixture(scope="module")
async def gateway(
    database_url: Callable[[str], str], kafka: KafkaServer, prefix: str, turnout: RunningService
) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway", database_url=database_url("gateway"), kafka=kafka, topic_prefix=prefix
    ) as service:
        yield service


async def test_a_report_reaches_the_feed(turnout: RunningService, gateway: RunningService) -> None:
    start = await _feed(gateway)
    body = {"slot": "10:00", "men": 100, "women": 120, "occurred_at": soon(), "channel": "app"}
    path = f"/v1/elections/{ELECTION}/tps/{TPS}/turnout-reports"
    taken = await turnout.client.post(path, json=body, headers=bearer(Role.KPPS, regions=["32.71"]))
    assert taken.status_code == 201, taken.text
    await gateway.wait_until_known(
        "select 1 from projected where kind = 'voting_day' and tps_code = $1 and body like '%10:00%'", TPS
    )
    page = await _feed(gateway, after=start["next_cursor"])
    assert [event["data"]["total"] for event in _of_tps(page)] == [220]
    again = await _feed(gateway, after=page["next_cursor"])
    assert _of_tps(again) == []
    elsewhere = await _feed(gateway, regions=["32.73"])
    assert elsewhere["items"] == []


async def test_a_rebuild_brings_back_the_same(turnout: RunningService, gateway: RunningService) -> None:
    for n in range(1, 30):
        path = f"/v1/elections/{ELECTION}/tps/32.71.06.1002.{n:03}/turnout-reports"
        body = {"slot": "11:00", "men": n, "women": n, "occurred_at": soon(), "channel": "app"}
        assert (await turnout.client.post(path, json=body, headers=bearer(Role.KPPS))).status_code == 201
    await gateway.wait_until_known(
        """select 1 where (select count(*) from projected
                           where kind = 'voting_day' and body::jsonb -> 'slots' ? '11:00') = 29"""
    )
    admin = bearer(Role.ADMIN)
    before = (await gateway.client.get("/v1/desk/projections", headers=admin)).json()
    made = await gateway.client.post("/v1/desk/projections:rebuild", headers=admin)
    assert made.status_code == 202, made.text
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        after = (await gateway.client.get("/v1/desk/projections", headers=admin)).json()
        if after["hash"] == before["hash"]:
            break
        assert asyncio.get_running_loop().time() < deadline, (before, after)
        await asyncio.sleep(0.1)
    assert after["epoch"] != before["epoch"]
    await _until_nothing_is_left(gateway)


async def _until_nothing_is_left(gateway: RunningService) -> None:
    """Wait until the progress says that every record which turnout has sent is taken in."""
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        progress = (
            await gateway.client.get("/v1/desk/projections/progress", headers=bearer(Role.ADMIN))
        ).json()
        if progress["left"] is None:  # nobody sends watermarks for services that do not run here
            assert not progress["caught_up"]
            return
        if progress["left"] == 0:
            assert progress["taken"] >= 29
            return
        assert asyncio.get_running_loop().time() < deadline, progress
        await asyncio.sleep(0.1)


async def test_a_malformed_record_is_a_dead_letter_and_the_line_goes_on(
    turnout: RunningService, gateway: RunningService, kafka: KafkaServer, prefix: str
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    await producer.send_and_wait(f"{prefix}desk.turnout.v1", b"{", headers=[("ce_source", b"x")])
    await producer.stop()
    await gateway.wait_until_known("select 1 from consumer_dead_letter where reason like '%missing%'")
    path = f"/v1/elections/{ELECTION}/tps/32.71.06.1002.031/turnout-reports"
    body = {"slot": "12:00", "men": 1, "women": 1, "occurred_at": soon(), "channel": "app"}
    assert (await turnout.client.post(path, json=body, headers=bearer(Role.KPPS))).status_code == 201
    await gateway.wait_until_known(
        "select 1 from projected where kind = 'voting_day' and tps_code = '32.71.06.1002.031'"
    )


async def _feed(gateway: RunningService, *, regions: Sequence[str] = ("*",), **parameters: str) -> Any:
    """Return everything that is in the feed now, after a cursor, as one page."""
    items: list[dict[str, Any]] = []
    while True:
        answer = await gateway.client.get(
            f"/v1/elections/{ELECTION}/events",
            params={"limit": "100", **parameters},
            headers=bearer(Role.OBSERVER, regions=regions),
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        if not page["items"]:
            return {"items": items, "next_cursor": page["next_cursor"]}
        items += page["items"]
        parameters["after"] = page["next_cursor"]


def _of_tps(page: Any) -> list[dict[str, Any]]:
    """Return a page's reports of this module's first TPS at 10:00; other tests of it report other TPS and slots."""
    return [
        event
        for event in page["items"]
        if event["data"].get("tps_code") == TPS and event["data"].get("slot") == "10:00"
    ]
