"""An incident over the API: reported, routed, handled, closed and opened again, with every refusal on the way."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer

TPS = "32.71.06.1002.028"
ROOT = f"/v1/elections/{ELECTION}"

pytestmark = pytest.mark.anyio

Body = dict[str, Any]


def flood(**change: object) -> Body:
    return {
        "category": "disaster",
        "severity": "high",
        "tps_code": TPS,
        "title": "Banjir bandang",
        "description": "Banjir bandang 20-50 cm, TPS tidak dapat dipakai",
        "occurred_at": "2024-11-26T14:30:00+07:00",
        "channel": "app",
        **change,
    }


async def report(
    service: RunningService, body: Body | None = None, role: Role = Role.KPPS, **claims: Any
) -> Body:
    answer = await service.client.post(
        f"{ROOT}/incidents", json=body or flood(), headers=bearer(role, **claims)
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def step(
    service: RunningService,
    incident: Body,
    path: str,
    body: Body,
    *,
    role: Role = Role.DESK,
    version: int | None = None,
    **claims: Any,
) -> httpx.Response:
    headers = {
        **bearer(role, **claims),
        "If-Match": f'"{incident["version"] if version is None else version}"',
    }
    return await service.client.post(
        f"{ROOT}/incidents/{incident['incident_id']}/{path}", json=body, headers=headers
    )


async def events(service: RunningService, incident_id: str) -> list[Mapping[str, Any]]:
    rows = await service.sql(
        "select * from outbox where aggregate = $1 order by version", f"incident/{incident_id}"
    )
    return [{**row, "body": json.loads(str(row["body"]))} for row in rows]


async def test_a_flood_is_reported_routed_handled_and_closed(incidents: RunningService) -> None:
    made = await report(incidents, regions=[TPS], person="kpps-28-1")
    assert (made["state"], made["agency"], made["region_code"]) == ("reported", "bpbd", "32.71.06.1002")
    assert made["occurred_at"] == "2024-11-26T07:30:00Z"
    clocks = {clock["name"]: clock for clock in made["clocks"]}
    assert set(clocks) == {"acknowledge", "act"}
    assert 890 <= clocks["acknowledge"]["seconds_left"] <= 900
    assert clocks["acknowledge"]["due_local"].endswith("+07:00")
    assert "default" in made["clock_source"]

    heard = await step(incidents, made, "acknowledgements", {"severity": "critical"}, role=Role.BPBD)
    assert heard.status_code == 200, heard.text
    assert heard.json()["severity"] == "critical"
    acted = await step(
        incidents, heard.json(), "actions", {"action": "TPS dipindahkan ke sekolah"}, role=Role.BPBD
    )
    assert acted.json()["state"] == "acting"
    closing = {"outcome": "resolved", "reason": "TPS sudah pindah"}
    closed = await step(incidents, acted.json(), "closures", closing, role=Role.BPBD)
    assert closed.json()["outcome"] == "resolved"
    assert closed.json()["allowed"] == ["reopen"]
    assert all(clock["met_at"] and clock["seconds_left"] is None for clock in closed.json()["clocks"])

    told = await events(incidents, made["incident_id"])
    assert [event["type"].split(".", 3)[3] for event in told] == [
        "reported.v1",
        "status_published.v1",
        "acknowledged.v1",
        "status_published.v1",
        "acted.v1",
        "closed.v1",
        "status_published.v1",
    ]
    assert [event["version"] for event in told] == list(range(1, 8))
    assert [event["data_class"] for event in told[:2]] == ["operational", "public"]
    assert set(told[1]["body"]) == {"incident_id", "category", "severity", "state", "region_code"}
    assert told[1]["body"]["region_code"] == "32.71.06.1002"
    assert {event["partition_key"] for event in told} == {made["incident_id"]}
    assert told[-2]["body"]["closed_at"] is not None


async def test_events_carry_neither_the_reporter_nor_what_was_written(incidents: RunningService) -> None:
    made = await report(
        incidents, flood(description="Kata saksi Budi, 3271064508900001"), person="whistle-blower"
    )
    told = await events(incidents, made["incident_id"])
    assert {event["actor"] for event in told} == {"reporter"}
    assert "whistle-blower" not in str(told)
    assert "Budi" not in str(told)
    whole = await incidents.client.get(f"{ROOT}/incidents/{made['incident_id']}", headers=bearer(Role.BPBD))
    assert whole.json()["description"] == "Kata saksi Budi, [nik]"
    assert "whistle-blower" not in whole.text
    assert whole.json()["steps"][0]["actor"] is None
    kept = await incidents.sql("select reported_by from incident where incident_id = $1", made["incident_id"])
    assert kept == [{"reported_by": "whistle-blower"}]


async def test_a_violation_is_not_for_everybody(incidents: RunningService) -> None:
    body = flood(category="violation", known_at="2024-11-10T09:00:00+07:00")
    made = await report(incidents, body, Role.PTPS, regions=["32.71"])
    assert (made["agency"], made["reported_late"], made["decide_on"]) == ("bawaslu", True, "2024-11-29")
    decide = made["clocks"][2]
    assert (decide["name"], decide["due_until"]) == ("decide", "2024-11-29T17:00:00Z")
    assert decide["due_local"] == "2024-11-30T00:00:00+07:00"
    assert [event["data_class"] for event in await events(incidents, made["incident_id"])] == ["operational"]
    path = f"{ROOT}/incidents/{made['incident_id']}"
    for role, readable in ((Role.PPS, False), (Role.OVERSIGHT, True)):
        whole = await incidents.client.get(path, headers=bearer(role))
        assert (whole.json()["description"] is not None) is readable

    asked = await step(
        incidents, made, "extensions", {"reason": "keterangan saksi diminta"}, role=Role.OVERSIGHT
    )
    assert (asked.json()["decide_on"], asked.json()["extended"]) == ("2024-12-01", True)
    again = await step(incidents, asked.json(), "extensions", {"reason": "lagi"}, role=Role.OVERSIGHT)
    assert (again.status_code, again.json()["code"]) == (409, "clock-not-extendable")
    assert again.json()["current_state"] == "extended"
    assert "extend" not in again.json()["allowed"]
    assert "close" in again.json()["allowed"]


async def test_a_retry_is_answered_alike_and_done_once(incidents: RunningService) -> None:
    headers, body = bearer(Role.KPPS), flood()
    first = await incidents.client.post(f"{ROOT}/incidents", json=body, headers=headers)
    again = await incidents.client.post(f"{ROOT}/incidents", json=body, headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Location"] == f"{ROOT}/incidents/{first.json()['incident_id']}"
    assert first.headers["Desk-Position"] == f"incident/{first.json()['incident_id']}@2"
    other = await incidents.client.post(f"{ROOT}/incidents", json=flood(severity="low"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_of_two_at_once_one_acknowledges(incidents: RunningService) -> None:
    made = await report(incidents)
    answers = await asyncio.gather(
        *(step(incidents, made, "acknowledgements", {}, role=Role.BPBD, person=f"p{n}") for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(await incidents.sql("select 1 from case_step where subject_id = $1", made["incident_id"])) == 2


@pytest.mark.parametrize(
    ("role", "claims", "status", "code"),
    [
        (Role.KPPS, {"regions": ["32.73"]}, 403, "region-not-covered"),
        (Role.KPPS, {"regions": ["32.7"]}, 403, "region-not-covered"),
        (Role.KPPS, {"regions": ["32.71.06.1002.029"]}, 403, "region-not-covered"),
        (Role.KPPS, {"election": "pilkada-2029"}, 403, "election-not-covered"),
        (Role.VERIFIER, {}, 403, "scope-missing"),
    ],
)
async def test_who_may_not_report(
    incidents: RunningService, *, role: Role, claims: Body, status: int, code: str
) -> None:
    answer = await incidents.client.post(f"{ROOT}/incidents", json=flood(), headers=bearer(role, **claims))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_report_needs_token_and_key_and_shape(incidents: RunningService) -> None:
    path, headers = f"{ROOT}/incidents", bearer(Role.KPPS)
    assert (await incidents.client.post(path, json=flood())).status_code == 401
    keyless = {"Authorization": headers["Authorization"]}
    answer = await incidents.client.post(path, json=flood(), headers=keyless)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    answer = await incidents.client.post(path, json=flood(nik="3271064508900001"), headers=headers)
    assert answer.status_code == 422
    assert "3271064508900001" not in answer.text
    invented = await incidents.client.post(path, json=flood(), headers=bearer(Role.KPPS, regions=["32.73"]))
    assert invented.status_code == 403


async def test_an_unknown_place_is_told_only_when_all_places_are_known(incidents: RunningService) -> None:
    # The watermark is written by hand: no registry runs beside this service.
    passed = incidents.app.state.watermarks._passed
    for code in ({"tps_code": "32.71.06.1002.999"}, {"tps_code": None, "region_code": "32.71.05"}):
        body, headers = flood(**code), bearer(Role.KPPS)
        answer = await incidents.client.post(f"{ROOT}/incidents", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "not-caught-up")
        passed["registry"] = datetime.now(UTC)
        answer = await incidents.client.post(f"{ROOT}/incidents", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "place-unknown")
        passed.clear()


async def test_a_region_and_a_former_code_are_places_too(incidents: RunningService) -> None:
    made = await report(incidents, flood(tps_code=None, region_code="32.71.06"))
    assert (made["region_code"], made["tps_code"]) == ("32.71.06", None)
    renumbered = await report(incidents, flood(tps_code="32.71.06.1002.900"))
    assert renumbered["tps_code"] == "32.71.06.1002.002"


async def test_what_is_outside_the_callers_regions_is_unknown(incidents: RunningService) -> None:
    made = await report(incidents)
    path = f"{ROOT}/incidents/{made['incident_id']}"
    elsewhere = await incidents.client.get(path, headers=bearer(Role.BPBD, regions=["32.73"]))
    invented = await incidents.client.get(f"{ROOT}/incidents/{uuid4()}", headers=bearer(Role.BPBD))
    assert elsewhere.status_code == invented.status_code == 404
    assert elsewhere.json()["code"] == invented.json()["code"] == "incident-unknown"
    answer = await step(incidents, made, "acknowledgements", {}, role=Role.BPBD, regions=["32.73"])
    assert (answer.status_code, answer.json()["code"]) == (404, "incident-unknown")


async def test_another_agency_does_not_handle_it(incidents: RunningService) -> None:
    made = await report(incidents)
    answer = await step(incidents, made, "acknowledgements", {}, role=Role.POLICE)
    assert (answer.status_code, answer.json()["code"]) == (403, "agency-not-yours")
    answer = await step(incidents, made, "acknowledgements", {}, role=Role.KPPS)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


async def test_a_step_says_which_version_it_means(incidents: RunningService) -> None:
    made = await report(incidents)
    path = f"{ROOT}/incidents/{made['incident_id']}/acknowledgements"
    answer = await incidents.client.post(path, json={}, headers=bearer(Role.BPBD))
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    answer = await step(incidents, made, "acknowledgements", {}, version=1)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
    read = await incidents.client.get(f"{ROOT}/incidents/{made['incident_id']}", headers=bearer(Role.BPBD))
    assert read.headers["ETag"] == f'"{made["version"]}"'


async def test_a_wrong_state_names_the_way_out(incidents: RunningService) -> None:
    made = await report(incidents)
    closing = {"outcome": "unfounded", "reason": "tidak ada banjir"}
    closed = (await step(incidents, made, "closures", closing)).json()
    answer = await step(incidents, closed, "actions", {"action": "apa pun"})
    assert answer.status_code == 409
    assert (answer.json()["current_state"], answer.json()["allowed"]) == ("closed", ["reopen"])
    reopened = (await step(incidents, closed, "reopenings", {"reason": "ternyata ada"})).json()
    assert (reopened["state"], reopened["outcome"], reopened["closed_at"]) == ("reported", None, None)
    assert reopened["clocks"][0]["seconds_left"] > 890


async def test_a_rerouted_incident_waits_for_its_new_agency(incidents: RunningService) -> None:
    made = await report(incidents)
    heard = (await step(incidents, made, "acknowledgements", {}, role=Role.BPBD)).json()
    same = await step(
        incidents, heard, "reroutings", {"agency": "bpbd", "reason": "sama saja"}, role=Role.BPBD
    )
    assert (same.status_code, same.json()["code"]) == (409, "nothing-changes")
    informed = await step(
        incidents, heard, "reroutings", {"agency": "bpbd", "also_informed": ["tni"], "reason": "bantuan"}
    )
    assert (informed.json()["state"], informed.json()["also_informed"]) == ("acknowledged", ["tni"])
    body = {"agency": "police", "also_informed": ["bpbd"], "reason": "jalan ditutup"}
    rerouted = (await step(incidents, informed.json(), "reroutings", body, role=Role.BPBD)).json()
    assert (rerouted["state"], rerouted["agency"], rerouted["acknowledged_at"]) == (
        "reported",
        "police",
        None,
    )
    taken = await step(incidents, rerouted, "acknowledgements", {}, role=Role.POLICE)
    assert taken.status_code == 200
    told = [e for e in await events(incidents, made["incident_id"]) if e["data_class"] == "public"]
    assert "retracted" not in {event["body"]["state"] for event in told}


async def test_another_category_brings_its_clock_and_its_agency(incidents: RunningService) -> None:
    made = await report(incidents)
    body = {"category": "violation", "reason": "bukan banjir, melainkan politik uang"}
    corrected = (await step(incidents, made, "corrections", body)).json()
    assert (corrected["category"], corrected["agency"]) == ("violation", "bawaslu")
    assert [clock["name"] for clock in corrected["clocks"]] == ["acknowledge", "act", "decide"]
    told = await events(incidents, made["incident_id"])
    assert (told[-1]["data_class"], told[-1]["body"]["state"]) == ("public", "retracted")
    moved = await step(
        incidents, corrected, "corrections", {"tps_code": "32.71.06.1002.007", "reason": "TPS keliru"}
    )
    assert moved.json()["tps_code"] == "32.71.06.1002.007"
    outside = await step(
        incidents,
        moved.json(),
        "corrections",
        {"region_code": "32.73", "reason": "wilayah lain"},
        regions=["32.71"],
    )
    assert (outside.status_code, outside.json()["code"]) == (403, "region-not-covered")
    nothing = await step(incidents, moved.json(), "corrections", {"category": "violation", "reason": "sama"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-changes")


async def test_duplicates_form_no_circle(incidents: RunningService) -> None:
    first, second = await report(incidents), await report(incidents)

    async def mark(one: Body, other: Body) -> httpx.Response:
        body = {"duplicate_of": other["incident_id"], "reason": "laporan yang sama"}
        return await step(incidents, one, "duplicate-marks", body)

    answers = await asyncio.gather(mark(first, second), mark(second, first))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    itself = await mark(first, first)
    assert (itself.status_code, itself.json()["code"]) == (409, "duplicate-of-duplicate")
    marked = next(answer.json() for answer in answers if answer.status_code == 200)
    kept = first if marked["incident_id"] == second["incident_id"] else second
    whole = await incidents.client.get(f"{ROOT}/incidents/{kept['incident_id']}", headers=bearer(Role.DESK))
    assert whole.json()["duplicates"] == [marked["incident_id"]]
    reopened = await step(incidents, marked, "reopenings", {"reason": "kejadian lain"})
    assert (reopened.json()["state"], reopened.json()["duplicate_of"]) == ("reported", None)


async def test_open_incidents_are_shown_in_figures(incidents: RunningService) -> None:
    await report(incidents, flood(category="logistics"))

    async def shown() -> str:
        return (await incidents.client.get("/metrics")).text

    labels = f'category="logistics",clock="act",election="{ELECTION}",region="32.71",rehearsal="true"'
    deadline = asyncio.get_running_loop().time() + 10
    while f"desk_incidents_next_deadline_seconds{{{labels}}}" not in (text := await shown()):
        assert asyncio.get_running_loop().time() < deadline, text
        await asyncio.sleep(0.1)
    line = next(
        line
        for line in text.splitlines()
        if line.startswith("desk_incidents_next_deadline_seconds{" + labels)
    )
    assert 7_000 < float(line.rsplit(" ", 1)[1]) <= 7_200
    assert f"desk_incidents_overdue_count{{{labels}}} 0.0" in text


async def test_events_reach_the_broker(incidents: RunningService) -> None:
    await report(incidents)
    await incidents.wait_until_known(
        "select 1 where not exists (select 1 from outbox where published_at is null)"
    )
    assert await incidents.sql("select 1 from relay_state")


@pytest.mark.parametrize(
    ("times", "codes"),
    [
        ({"occurred_at": "2099-01-01T00:00:00Z"}, ["W-CLOCK-AHEAD"]),
        ({"occurred_at": "2000-01-02T00:00:00Z"}, ["W-OTHER-DAY"]),
        ({"known_at": "2099-01-01T00:00:00Z"}, ["W-CLOCK-AHEAD"]),
        ({}, []),
    ],
)
async def test_a_time_that_cannot_be_is_taken_with_a_finding(
    incidents: RunningService, times: Body, codes: list[str]
) -> None:
    made = await report(incidents, flood(**times))
    assert made["findings"] == codes
    told = (await events(incidents, made["incident_id"]))[0]
    assert told["body"]["findings"] == codes
    assert told["recorded_at"].year == 2024


async def test_an_agencys_clock_that_is_ahead_stops_no_clock_in_the_future(incidents: RunningService) -> None:
    made = await report(incidents)
    answer = await step(incidents, made, "acknowledgements", {"occurred_at": "2099-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["findings"]) == (200, ["W-CLOCK-AHEAD"]), answer.text
    assert answer.json()["acknowledged_at"].startswith("2024-11-26")
