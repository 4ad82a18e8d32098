"""The public intake: nobody is asked who they are, nobody learns more than a state, nobody can flood it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from services.incidents.rules.tracking import as_written
from tests.harness import ELECTION, RunningService, bearer, running_service

ROOT = f"/v1/elections/{ELECTION}"
PATH = f"{ROOT}/public/incidents"

pytestmark = pytest.mark.anyio

Body = dict[str, Any]


def seen(**change: object) -> Body:
    return {
        "category": "disaster",
        "tps_code": "32.71.06.1002.028",
        "description": "Air masuk TPS, hubungi saya 081234567890",
        **change,
    }


async def send(
    service: RunningService, body: Body | None = None, *, key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await service.client.post(PATH, json=body or seen(), headers=headers)


async def test_a_report_gets_a_code_and_nothing_that_leads_to_it(incidents: RunningService) -> None:
    answer = await send(incidents)
    assert answer.status_code == 201, answer.text
    code = answer.json()["tracking_code"]
    assert as_written(code) == code
    assert set(answer.json()) == {"tracking_code", "state", "recorded_at"}
    assert answer.headers["Location"] == f"{PATH}/{code}"
    assert "etag" not in answer.headers
    assert "desk-position" not in answer.headers
    row = (await incidents.sql("select * from incident where tracking_code = $1", code))[0]
    assert (row["severity"], row["source"], row["reported_by"]) == ("unassessed", "public", "client:public")
    assert row["description"] == "Air masuk TPS, hubungi saya [phone]"


async def test_the_code_tells_the_state_only(incidents: RunningService) -> None:
    code = (await send(incidents)).json()["tracking_code"]

    async def state() -> Body:
        answer = await incidents.client.get(f"{PATH}/{code.lower().replace('-', '')}")
        assert answer.status_code == 200
        assert set(answer.json()) == {"state", "as_of"}
        return answer.json()["state"]

    assert await state() == "received"
    incident_id = (await incidents.sql("select * from incident where tracking_code = $1", code))[0][
        "incident_id"
    ]
    acknowledged = await incidents.client.post(
        f"{ROOT}/incidents/{incident_id}/acknowledgements",
        json={"severity": "high"},
        headers={**bearer(Role.BPBD), "If-Match": '"1"'},
    )
    assert acknowledged.status_code == 200, acknowledged.text
    assert await state() == "in_handling"


async def test_what_the_public_says_is_published_only_once_an_agency_has_heard_it(
    incidents: RunningService,
) -> None:
    code = (await send(incidents)).json()["tracking_code"]
    incident_id = (await incidents.sql("select * from incident where tracking_code = $1", code))[0][
        "incident_id"
    ]

    async def published() -> list[str]:
        rows = await incidents.sql(
            "select body from outbox where aggregate = $1 and data_class = 'public'",
            f"incident/{incident_id}",
        )
        return [json.loads(str(row["body"]))["state"] for row in rows]

    assert await published() == []
    path = f"{ROOT}/incidents/{incident_id}"
    heard = await incidents.client.post(
        f"{path}/acknowledgements", json={}, headers={**bearer(Role.BPBD), "If-Match": '"1"'}
    )
    assert await published() == ["in_handling"]
    rerouted = await incidents.client.post(
        f"{path}/reroutings",
        json={"agency": "police", "reason": "jalan tertutup"},
        headers={**bearer(Role.BPBD), "If-Match": heard.headers["ETag"]},
    )
    assert rerouted.status_code == 200
    assert await published() == ["in_handling", "received"]


async def test_the_work_on_a_duplicate_is_told_by_its_own_code(incidents: RunningService) -> None:
    codes = [(await send(incidents)).json()["tracking_code"] for _ in range(2)]
    rows = await incidents.sql(
        "select incident_id from incident where tracking_code = any($1) order by reported_at", codes
    )
    first, second = (str(row["incident_id"]) for row in rows)
    marked = await incidents.client.post(
        f"{ROOT}/incidents/{second}/duplicate-marks",
        json={"duplicate_of": first, "reason": "laporan yang sama"},
        headers={**bearer(Role.DESK), "If-Match": '"1"'},
    )
    assert marked.status_code == 200, marked.text
    assert (await incidents.client.get(f"{PATH}/{codes[1]}")).json()["state"] == "received"
    await incidents.client.post(
        f"{ROOT}/incidents/{first}/closures",
        json={"outcome": "resolved", "reason": "air surut"},
        headers={**bearer(Role.DESK), "If-Match": '"1"'},
    )
    assert (await incidents.client.get(f"{PATH}/{codes[1]}")).json()["state"] == "closed"


@pytest.mark.parametrize(
    "guess", ["0000-0000-0000-0000", "x", "%00", "%F0%9F%98%80", "a" * 3000, "' or 1=1 --"]
)
async def test_a_guess_gets_an_answer_of_the_same_shape(incidents: RunningService, guess: str) -> None:
    answer = await incidents.client.get(f"{PATH}/{guess}")
    assert answer.status_code == 200
    assert set(answer.json()) == {"state", "as_of"}
    assert answer.json()["state"] == "unknown"


async def test_a_code_of_another_election_is_unknown(incidents: RunningService) -> None:
    code = (await send(incidents)).json()["tracking_code"]
    answer = await incidents.client.get(f"/v1/elections/pilkada-2029/public/incidents/{code}")
    assert answer.json()["state"] == "unknown"


async def test_a_retry_gets_the_same_code(incidents: RunningService) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(*(send(incidents, key=key) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    other = await send(incidents, seen(description="sesuatu yang lain"), key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_one_uuid_is_one_key_however_it_is_spelt(incidents: RunningService) -> None:
    """Libraries differ, and a retry may come from another one: it must not become a second report."""
    key = uuid4()
    first = await send(incidents, key=str(key))
    for spelling in (f"{{{key}}}".upper(), key.hex, f"urn:uuid:{key}"):
        again = await send(incidents, key=spelling)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_key_that_somebody_else_may_have_too_is_refused(incidents: RunningService) -> None:
    answer = await send(incidents, key="1")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    answer = await incidents.client.post(PATH, json=seen())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


@pytest.mark.parametrize(
    "change",
    [
        {"description": "x" * 2001},
        {"severity": "critical"},
        {"tps_code": "32.71"},
        {"reporter_phone": "081234567890"},
        {"lat": -6.5},
    ],
)
async def test_a_report_without_its_shape_is_told_without_echo(
    incidents: RunningService, change: Body
) -> None:
    answer = await send(incidents, seen(**change))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-payload")
    assert "081234567890" not in answer.text


async def test_a_flood_of_reports_is_stopped(database_url: Callable[[str], str]) -> None:
    async with running_service(
        "incidents",
        database_url=database_url("incidents"),
        kafka=None,
        public_reports_per_address="3/hour",
        public_lookups_per_address="2/hour",
    ) as service:
        answers = [await service.client.post(PATH, json={}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600
        other = httpx.ASGITransport(app=service.app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=other, base_url="http://incidents") as neighbour:
            assert (await neighbour.post(PATH, json={})).status_code == 422
        looks = [await service.client.get(f"{PATH}/x") for _ in range(3)]
        assert [look.status_code for look in looks] == [200, 200, 429]


async def test_everybody_together_has_a_budget_too(database_url: Callable[[str], str]) -> None:
    async with running_service(
        "incidents", database_url=database_url("incidents"), kafka=None, public_reports_in_all="2/hour"
    ) as service:
        found: list[int] = []
        for n in range(3):
            transport = httpx.ASGITransport(app=service.app, client=(f"2001:db8:{n}::1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://incidents") as client:
                found.append((await client.post(PATH, json={})).status_code)
        assert found == [422, 422, 429]
