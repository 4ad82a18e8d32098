"""Problems, advice and tasks over the API, and how an election arranges its incidents."""

import json
from typing import Any

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer

ROOT = f"/v1/elections/{ELECTION}"

pytestmark = pytest.mark.anyio

Body = dict[str, Any]


async def post(
    service: RunningService,
    path: str,
    body: Body,
    *,
    role: Role = Role.DESK,
    version: int | None = None,
    **claims: Any,
) -> httpx.Response:
    headers = bearer(role, **claims) | ({} if version is None else {"If-Match": f'"{version}"'})
    return await service.client.post(f"{ROOT}{path}", json=body, headers=headers)


def problem(**change: object) -> Body:
    return {
        "region_code": "32.71.06",
        "point": "officers",
        "severity": "medium",
        "agency": "kpu",
        "title": "Pelatihan KPPS belum lengkap",
        "description": "Dua kelurahan belum melatih anggotanya",
        "due_until": "2024-11-26T18:00:00+07:00",
        **change,
    }


ADVICE = {"agency": "kpu", "title": "Latih malam ini", "text": "Adakan pelatihan malam ini di kecamatan"}


async def types(service: RunningService, aggregate: str) -> list[str]:
    rows = await service.sql("select type from outbox where aggregate = $1 order by version", aggregate)
    return [str(row["type"]).removeprefix("desk.incidents.") for row in rows]


async def test_a_problem_is_registered_revised_resolved_and_comes_back(incidents: RunningService) -> None:
    made = await post(incidents, "/problems", problem(), role=Role.CAMAT, regions=["32.71.06"])
    assert made.status_code == 201, made.text
    found = made.json()
    assert 0 < found["seconds_left"] <= 3 * 3600 + 1800
    path = f"/problems/{found['problem_id']}"
    revised = await post(
        incidents, f"{path}/revisions", {"agency": "pemda", "reason": "butuh gedung"}, version=1
    )
    assert revised.json()["agency"] == "pemda"
    nothing = await post(
        incidents, f"{path}/revisions", {"agency": "pemda", "reason": "butuh gedung"}, version=2
    )
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-changes")
    body = {"outcome": "solved", "reason": "semua sudah dilatih"}
    resolved = await post(incidents, f"{path}/resolutions", body, version=2)
    assert (resolved.json()["state"], resolved.json()["seconds_left"]) == ("resolved", None)
    again = await post(incidents, f"{path}/resolutions", body, version=3)
    assert (again.status_code, again.json()["current_state"], again.json()["allowed"]) == (
        409,
        "resolved",
        ["reopen"],
    )
    back = await post(incidents, f"{path}/reopenings", {"reason": "satu anggota mundur"}, version=3)
    assert (back.json()["state"], back.json()["outcome"]) == ("open", None)
    whole = await incidents.client.get(f"{ROOT}{path}", headers=bearer(Role.CAMAT, regions=["32.71.06"]))
    assert [step["step"] for step in whole.json()["steps"]] == ["register", "revise", "resolve", "reopen"]
    assert whole.headers["ETag"] == '"4"'
    assert await types(incidents, f"problem/{found['problem_id']}") == [
        "problem.registered.v1",
        "problem.revised.v1",
        "problem.resolved.v1",
        "problem.reopened.v1",
    ]


NOBODY = "0193a3b0-7f31-7c41-a6d7-3c4b5a697880"
"""An id that nothing has; the same in every worker, or they would collect different tests."""


@pytest.mark.parametrize(
    ("path", "body", "more", "status", "code"),
    [
        ("/problems", problem(), {"regions": ["32.73"]}, 403, "region-not-covered"),
        ("/problems", problem(title="ab"), {}, 422, "invalid-payload"),
        ("/problems", problem(tps_code="32.71.06.1002.028"), {}, 422, "invalid-payload"),
        (f"/problems/{NOBODY}/reopenings", {"reason": "kembali"}, {"version": 1}, 404, "problem-unknown"),
        (f"/problems/{NOBODY}/reopenings", {"reason": "kembali"}, {}, 428, "precondition-required"),
        (f"/problems/{NOBODY}/advice", ADVICE, {}, 404, "problem-unknown"),
        (f"/incidents/{NOBODY}/tasks", ADVICE, {}, 404, "incident-unknown"),
        (
            f"/tasks/{NOBODY}/settlements",
            {"outcome": "done", "reason": "selesai"},
            {"version": 1},
            404,
            "follow-up-unknown",
        ),
        (
            f"/tasks/{NOBODY}/settlements",
            {"outcome": "followed", "reason": "x y z"},
            {"version": 1},
            422,
            "invalid-payload",
        ),
    ],
)
async def test_refusals(
    incidents: RunningService, *, path: str, body: Body, more: Body, status: int, code: str
) -> None:
    answer = await post(incidents, path, body, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_advice_is_given_declined_and_stands_again(incidents: RunningService) -> None:
    found = (await post(incidents, "/problems", problem())).json()
    given = await post(incidents, f"/problems/{found['problem_id']}/advice", ADVICE)
    assert given.status_code == 201, given.text
    advice = given.json()
    assert (advice["state"], advice["on"], advice["on_id"]) == ("given", "problem", found["problem_id"])
    path = f"/advice/{advice['id']}"
    declined = await post(
        incidents, f"{path}/settlements", {"outcome": "declined", "reason": "tidak ada tempat"}, version=1
    )
    assert declined.json()["state"] == "declined"
    again = await post(
        incidents, f"{path}/settlements", {"outcome": "followed", "reason": "ada tempat"}, version=2
    )
    assert (again.status_code, again.json()["allowed"]) == (409, ["reopen"])
    back = await post(incidents, f"{path}/reopenings", {"reason": "tempat ditemukan"}, version=2)
    assert (back.json()["state"], back.json()["settled_at"]) == ("given", None)
    whole = await incidents.client.get(f"{ROOT}{path}", headers=bearer(Role.PPK))
    assert whole.json()["text"] == ADVICE["text"]
    assert (
        await incidents.client.get(f"{ROOT}/tasks/{advice['id']}", headers=bearer(Role.PPK))
    ).status_code == 404
    told = await incidents.sql("select body from outbox where aggregate = $1", f"advice/{advice['id']}")
    assert ADVICE["text"] not in str(told)


async def test_a_task_on_an_incident_is_its_agencys(incidents: RunningService) -> None:
    flood = {
        "category": "violation",
        "tps_code": "32.71.06.1002.028",
        "description": "Politik uang",
        "occurred_at": "2024-11-26T14:30:00+07:00",
    }
    incident = (await post(incidents, "/incidents", flood, role=Role.PTPS)).json()
    task = {
        "agency": "bpbd",
        "title": "Kirim pompa",
        "text": "Dua pompa",
        "due_until": "2024-11-26T20:00:00+07:00",
    }
    path = f"/incidents/{incident['incident_id']}"
    given = (await post(incidents, f"{path}/tasks", task)).json()
    assert (given["state"], given["tps_code"], given["kind"]) == ("assigned", "32.71.06.1002.028", "task")
    settling = {"outcome": "done", "reason": "pompa terpasang"}
    wrong = await post(incidents, f"/tasks/{given['id']}/settlements", settling, role=Role.POLICE, version=1)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "agency-not-yours")
    stale = await post(incidents, f"/tasks/{given['id']}/settlements", settling, role=Role.BPBD, version=9)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    done = await post(incidents, f"/tasks/{given['id']}/settlements", settling, role=Role.BPBD, version=1)
    assert (done.status_code, done.json()["state"]) == (200, "done")
    read = await incidents.client.get(f"{ROOT}/tasks/{given['id']}", headers=bearer(Role.PPS))
    assert read.json()["text"] is None  # the incident's description is not for this role either
    whole = await incidents.client.get(f"{ROOT}{path}", headers=bearer(Role.DESK))
    assert [each["state"] for each in whole.json()["follow_ups"]] == ["done"]
    closed = await post(
        incidents, f"{path}/closures", {"outcome": "referred", "reason": "ke Gakkumdu"}, version=1
    )
    late = await post(incidents, f"{path}/tasks", task)
    assert closed.status_code == 200
    assert (late.status_code, late.json()["current_state"]) == (409, "closed")
    assert await types(incidents, f"task/{given['id']}") == ["task.assigned.v1", "task.settled.v1"]


async def put(service: RunningService, path: str, body: Body, **claims: Any) -> httpx.Response:
    headers = bearer(claims.pop("role", Role.ADMIN), **claims)
    return await service.client.put(f"{ROOT}{path}", json=body, headers=headers)


async def test_an_election_sets_its_own_clock_and_route(incidents: RunningService) -> None:
    shown = await incidents.client.get(f"{ROOT}/incident-arrangements", headers=bearer(Role.PPK))
    before = [
        each for each in shown.json()["clocks"] + shown.json()["routes"] if each["category"] == "health"
    ]
    assert [each["is_default"] for each in before] == [True, True]
    assert all(each["source"] for each in shown.json()["clocks"] + shown.json()["routes"])
    clock = {"acknowledge_minutes": 5, "act_minutes": 30, "source": "Keputusan Walikota 7/2024"}
    for version in (1, 2):
        answer = await put(incidents, "/incident-clocks/health", clock)
        assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{version}"')
    route = {"agency": "pemda", "also_informed": ["dinkes", "pemda"], "source": "Keputusan Walikota 8/2024"}
    answer = await put(incidents, "/incident-routes/health/32.71.06", route)
    assert answer.json()["also_informed"] == ["dinkes"]
    body = {
        "category": "health",
        "tps_code": "32.71.06.1002.028",
        "description": "Petugas pingsan",
        "occurred_at": "2024-11-26T14:30:00+07:00",
    }
    made = (await post(incidents, "/incidents", body, role=Role.KPPS)).json()
    assert (made["agency"], made["also_informed"]) == ("pemda", ["dinkes"])
    assert 290 <= made["clocks"][0]["seconds_left"] <= 300
    assert made["clock_source"] == "Keputusan Walikota 7/2024"
    shown = await incidents.client.get(f"{ROOT}/incident-arrangements", headers=bearer(Role.PPK))
    assert [each["region_code"] for each in shown.json()["routes"] if not each["is_default"]] == ["32.71.06"]
    told = await incidents.sql("select body from outbox where type = 'desk.incidents.clock.set.v1'")
    of_health = [event for row in told if (event := json.loads(str(row["body"])))["category"] == "health"]
    assert [event["acknowledge_minutes"] for event in of_health] == [5, 5]


async def test_who_may_arrange(incidents: RunningService) -> None:
    clock = {"acknowledge_minutes": 5, "act_minutes": 30, "source": "Keputusan Walikota 7/2024"}
    answer = await put(incidents, "/incident-clocks/health", clock, role=Role.DESK)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
    answer = await put(incidents, "/incident-clocks/health", clock, regions=["32.71.06"])
    assert (answer.status_code, answer.json()["code"]) == (403, "region-not-covered")
    assert (await put(incidents, "/incident-clocks/social", clock, regions=["32"])).status_code == 200
    answer = await put(incidents, "/incident-clocks/weather", clock)
    assert answer.status_code == 422
    route = {"agency": "pemda", "source": "Keputusan Walikota 8/2024"}
    answer = await put(incidents, "/incident-routes/health/32.73", route, regions=["32.71"])
    assert (answer.status_code, answer.json()["code"]) == (403, "region-not-covered")
