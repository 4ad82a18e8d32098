"""A voting day over the API: reports, milestones, repeats, refusals."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.infrastructure import KafkaServer
from tests.services.turnout.paper import MAYOR, enter, entry, lay_out, look

TPS = "32.71.06.1002.028"
PATH = f"/v1/elections/{ELECTION}/tps/{TPS}"
AFTERNOON = datetime(2024, 11, 27, 8, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def turnout(database_url: Callable[[str], str], kafka: KafkaServer) -> AsyncIterator[RunningService]:
    async with running_service(
        "turnout",
        database_url=database_url("turnout"),
        kafka=kafka,
        topic_prefix=f"{uuid4().hex}.",
        desk_time=AFTERNOON,
    ) as service:
        await lay_out(service, tps_count=40, opened=False)
        yield service


def at(hour: int, minute: int = 0, *, day: int = 27) -> str:
    """An instant of November 2024 in Bogor."""
    return f"2024-11-{day}T{hour:02d}:{minute:02d}:00+07:00"


def report(slot: str = "10:00", men: int = 100, women: int = 120, **more: object) -> dict[str, object]:
    return {"slot": slot, "men": men, "women": women, "occurred_at": at(10), "channel": "app", **more}


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
        f"{PATH}/milestones", json={"milestone": "opened", "occurred_at": at(7)}, headers=bearer(Role.KPPS)
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


async def told(service: RunningService, number: int, body: dict[str, object], what: str) -> dict[str, Any]:
    """Send a report or a milestone of a TPS and return the answer."""
    path, headers = PATH.replace("028", f"{number:03d}"), bearer(Role.KPPS, regions=["32.71"])
    answer = await service.client.post(f"{path}/{what}", json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def day_of(service: RunningService, number: int) -> dict[str, Any]:
    path = PATH.replace("028", f"{number:03d}")
    answer = await service.client.get(f"{path}/voting-day", headers=bearer(Role.KPPS, regions=["32.71"]))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ledger_of(service: RunningService, number: int) -> list[tuple[object, ...]]:
    """The ledger's events of a day: fact, version, men, findings."""
    rows = await service.sql(
        """select o.* from outbox o join tps_ref t on o.aggregate = 'voting_day/' || t.tps_id
           where t.tps_code = $1 order by o.version""",
        TPS.replace("028", f"{number:03d}"),
    )
    bodies = [json.loads(str(row["body"])) for row in rows]
    return [
        (str(row["type"]).split(".")[3], row["version"], body["men"], body["findings"])
        for row, body in zip(rows, bodies, strict=True)
    ]


async def test_a_report_that_was_made_earlier_does_not_replace_a_later_one(turnout: RunningService) -> None:
    await told(turnout, 30, report(men=100, occurred_at=at(10, 20)), "turnout-reports")
    late = await told(turnout, 30, report(men=90, occurred_at=at(10, 2)), "turnout-reports")
    assert (late["outcome"], late["findings"], late["men"]) == ("superseded", ["W-REPORT-ORDER"], 90)
    assert [(each["men"], each["findings"]) for each in (await day_of(turnout, 30))["reports"]] == [(100, [])]
    after = await told(turnout, 30, report(men=110, occurred_at=at(10, 40)), "turnout-reports")
    assert after["outcome"] == "corrected"
    assert await ledger_of(turnout, 30) == [
        ("turnout_recorded", 1, 100, []),
        ("turnout_superseded", 2, 90, ["W-REPORT-ORDER"]),
        ("turnout_recorded", 3, 110, []),
    ]


async def test_a_clock_that_is_ahead_holds_no_slot(turnout: RunningService) -> None:
    wrong = await told(turnout, 31, report(men=100, occurred_at="2099-01-01T00:00:00Z"), "turnout-reports")
    assert (wrong["findings"], wrong["outcome"]) == (["W-CLOCK-AHEAD", "W-OTHER-DAY"], "created")
    assert wrong["occurred_at"].startswith("2099")
    assert wrong["recorded_at"].startswith("2024-11-27T08:00")
    shown = (await day_of(turnout, 31))["reports"][0]
    assert (shown["findings"], shown["occurred_at"]) == (wrong["findings"], wrong["occurred_at"])
    right = await told(turnout, 31, report(men=110, occurred_at=at(15, 1)), "turnout-reports")
    assert right["outcome"] == "corrected"


async def test_a_clock_that_shows_another_year_says_nothing_of_the_order(turnout: RunningService) -> None:
    await told(turnout, 32, report(men=100, occurred_at=at(10, 20)), "turnout-reports")
    wrong = await told(turnout, 32, report(men=110, occurred_at="2000-01-02T00:00:00Z"), "turnout-reports")
    assert (wrong["findings"], wrong["outcome"]) == (["W-OTHER-DAY"], "corrected")
    before = await told(turnout, 32, report(men=120, occurred_at=at(14)), "turnout-reports")
    assert before["outcome"] == "superseded"  # made before the desk received the one that stands


async def test_reports_of_one_slot_in_one_batch_stand_by_when_they_were_made(turnout: RunningService) -> None:
    items = [
        {"id": str(uuid7()), "tps_code": TPS.replace("028", "033"), **report(men=men, occurred_at=when)}
        for men, when in ((10, at(10, 5)), (20, at(10, 1)), (30, at(10, 9)))
    ]
    answer = await turnout.client.post(
        f"/v1/elections/{ELECTION}/turnout-reports:batch",
        json={"items": items},
        headers=bearer(Role.KPPS, regions=["32.71"]),
    )
    outcomes = [item["answer"]["outcome"] for item in answer.json()["items"]]
    assert outcomes == ["created", "superseded", "corrected"]
    assert [each["men"] for each in (await day_of(turnout, 33))["reports"]] == [30]


async def test_an_impossible_milestone_is_not_the_last_one_for_ever(turnout: RunningService) -> None:
    wrong = await told(
        turnout, 34, {"milestone": "ready", "occurred_at": "2099-01-01T00:00:00Z"}, "milestones"
    )
    assert wrong["findings"] == ["W-CLOCK-AHEAD", "W-OTHER-DAY"]
    await told(turnout, 34, {"milestone": "opened", "occurred_at": at(15, 1)}, "milestones")
    day = await day_of(turnout, 34)
    assert day["milestone"] == "opened"
    assert {each["milestone"]: each["findings"] for each in day["milestones"]}["ready"] == wrong["findings"]


async def test_a_day_out_of_order_is_taken_and_told(turnout: RunningService) -> None:
    steps = [
        ("counting_started", at(8), ["W-NOT-OPENED", "W-NOT-CLOSED"]),
        ("opened", at(9), ["W-MILESTONE-ORDER"]),
        ("voting_closed", at(13, 5), ["W-MILESTONE-ORDER"]),
        ("form_posted", at(14), []),
        ("suspended", at(8, 30), []),
        ("ready", at(6), []),
    ]
    for milestone, when, codes in steps:
        answer = await told(turnout, 35, {"milestone": milestone, "occurred_at": when}, "milestones")
        assert (milestone, answer["findings"]) == (milestone, codes)
    shown = {each["milestone"]: each["findings"] for each in (await day_of(turnout, 35))["milestones"]}
    assert shown == {milestone: codes for milestone, _, codes in steps}


async def test_a_form_is_held_against_the_day_of_its_tps(turnout: RunningService) -> None:
    path = PATH.replace("028", "036") + f"/forms/{MAYOR}"

    async def found(person: str, when: str) -> list[tuple[str, str | None]]:
        answer = await enter(turnout, path, person, entry(occurred_at=when))
        assert answer.status_code == 201, answer.text
        return [(each["code"], each["expected"]) for each in answer.json()["findings"]]

    closing_hour, closed = "2024-11-27T06:00:00+00:00", "2024-11-27T06:30:00+00:00"
    assert await found("ani", at(12)) == [("W-NOT-OPENED", None), ("W-NOT-CLOSED", closing_hour)]
    await told(turnout, 36, {"milestone": "opened", "occurred_at": at(7)}, "milestones")
    await told(turnout, 36, {"milestone": "voting_closed", "occurred_at": at(13, 30)}, "milestones")
    assert await found("budi", at(13, 15)) == [("W-NOT-CLOSED", closed)]
    form = await look(turnout, path)
    codes = [each["code"] for each in form["version"]["findings"]]
    assert (form["state"], codes) == ("verified", ["W-NOT-CLOSED", "W-NOT-CLOSED"])
    again = PATH.replace("028", "037")
    for milestone, when in (("opened", at(7)), ("voting_closed", at(13, 30))):
        await told(turnout, 37, {"milestone": milestone, "occurred_at": when}, "milestones")
    path = f"{again}/forms/{MAYOR}"
    opened = "2024-11-27T00:00:00+00:00"
    assert await found("ani", at(6)) == [("W-NOT-OPENED", opened), ("W-NOT-CLOSED", closed)]
    assert await found("budi", at(13, 40)) == []
