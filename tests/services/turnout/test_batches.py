"""A batch judges each item alone: what does not fit is told in its place, and the others go in."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer
from tests.services.turnout.paper import tps

PATH = f"/v1/elections/{ELECTION}/turnout-reports:batch"
NIK = "9971064508900001"


def item(number: int, **change: object) -> dict[str, Any]:
    report = {"slot": "10:00", "men": 10, "women": 12, "occurred_at": "2024-11-27T10:02:00+07:00"}
    return {"id": str(uuid4()), "tps_code": tps(number), **report, **change}


async def sent(desk: RunningService, items: Sequence[object]) -> list[dict[str, Any]]:
    answer = await desk.client.post(
        PATH, json={"items": list(items)}, headers=bearer(Role.KPPS, regions=["32.71"])
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_what_does_not_fit_is_rejected_in_its_place_and_the_others_go_in(desk: RunningService) -> None:
    items = [
        item(1),
        item(2, men="x"),
        {**item(3), NIK: 1},
        "a text",
        item(4, id="no id"),
        item(5, occurred_at=1732676520),
        item(6, occurred_at="1732676520"),
        item(7),
    ]
    found = await sent(desk, items)
    assert [each["outcome"] for each in found] == ["accepted", *["rejected"] * 6, "accepted"]
    assert [each["id"] for each in found] == [
        sent_item["id"] if isinstance(sent_item, dict) and sent_item["id"] != "no id" else None
        for sent_item in items
    ]
    told = [each["problem"] for each in found[1:7]]
    assert {problem["code"] for problem in told} == {"invalid-payload"}
    assert [(problem["errors"][0]["pointer"], problem["errors"][0]["code"]) for problem in told] == [
        ("/items/1/men", "int_type"),
        ("/items/2", "extra_forbidden"),
        ("/items/3", "model_attributes_type"),
        ("/items/4/id", "uuid_parsing"),
        ("/items/5/occurred_at", "datetime_type"),
        ("/items/6/occurred_at", "datetime_type"),
    ]
    assert NIK not in str(told)
    assert len(await desk.sql("select 1 from outbox where body like '%1002.007%'")) == 1


async def test_a_mended_item_goes_in_under_the_same_id(desk: RunningService) -> None:
    wrong = item(8, men=-1)
    assert (await sent(desk, [wrong]))[0]["outcome"] == "rejected"
    assert (await sent(desk, [{**wrong, "men": 1}]))[0]["outcome"] == "accepted"


async def test_a_batch_of_misfits_alone_is_answered(desk: RunningService) -> None:
    assert [each["outcome"] for each in await sent(desk, [{}, None])] == ["rejected", "rejected"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"items":[]}', 422, "invalid-payload"),
        (b'{"items":{}}', 422, "invalid-payload"),
        (b'{"items":[1],"more":1}', 422, "invalid-payload"),
        (b'{"items":[' + b",".join([b"{}"] * 501) + b"]}", 422, "invalid-payload"),
        (b'{"items":[', 400, "body-unreadable"),
        (b'{"items":[{"men":1,"men":2}]}', 400, "body-ambiguous"),
        ('{"items":[{}]}'.encode("utf-16"), 400, "body-unreadable"),
    ],
)
async def test_an_envelope_that_is_wrong_is_refused_whole(
    desk: RunningService, body: bytes, status: int, code: str
) -> None:
    headers = bearer(Role.KPPS) | {"Content-Type": "application/json"}
    answer: httpx.Response = await desk.client.post(PATH, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", [b'{"slot":"10:00","slot":"11:00"}', '{"slot":"10:00"}'.encode("utf-16")])
async def test_who_may_not_is_told_so_before_what_is_wrong_with_the_body(
    desk: RunningService, body: bytes
) -> None:
    path = f"/v1/elections/{ELECTION}/tps/{tps(9)}/turnout-reports"
    headers = bearer(Role.KPPS, regions=["32.73"]) | {"Content-Type": "application/json"}
    answer = await desk.client.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "region-not-covered")
