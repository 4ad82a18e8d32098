"""TPS over the API: registered, moved, renumbered, assessed, manned, and found by voters."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service

BASE = f"/v1/elections/{ELECTION}"
EVE = datetime.fromisoformat("2024-11-26T06:00:00+07:00")
CONTEST = {
    "name": "Kontes",
    "choices": [{"number": 1, "name": "Satu"}, {"number": 2, "name": "Dua"}],
    "winning_rule_source": "UU 10/2016",
}
TPS = {
    "place": "Balai RW",
    "address": "Jalan Simulasi 1",
    "lat": -6.56,
    "lon": 106.78,
    "dpt_men": 260,
    "dpt_women": 273,
    "source": "KPU Kota Bogor, DPT 2024",
}


def code(number: int, kelurahan: str = "32.71.06.1002") -> str:
    return f"{kelurahan}.{number:03d}"


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "registry", database_url=database_url("registry"), kafka=None, desk_time=EVE
    ) as service:
        body = {"name": "Pilkada", "region_code": "32.71", "voting_date": "2024-11-27"}
        await service.client.put(BASE, json=body, headers=bearer(Role.ADMIN))
        for contest in ("walikota-32.71", "gubernur-32", "walikota-32.72"):
            await service.client.put(f"{BASE}/contests/{contest}", json=CONTEST, headers=bearer(Role.ADMIN))
        for number in range(1, 30):
            answer = await service.client.put(
                f"{BASE}/tps/{code(number)}", json=TPS, headers=bearer(Role.DESK)
            )
            assert answer.status_code == 201, answer.text
        yield service


async def events(
    registry: RunningService, tps_code: str, kind: str = "tps.registered"
) -> list[dict[str, object]]:
    rows = await registry.sql(
        "select body from outbox where type = $1 order by seq", f"desk.registry.{kind}.v1"
    )
    bodies = [json.loads(str(row["body"])) for row in rows]
    return [body for body in bodies if body["tps_code"] == tps_code]


async def test_a_tps_takes_from_the_election_what_it_leaves_open(registry: RunningService) -> None:
    answer = await registry.client.get(
        f"{BASE}/tps/3271061002028", headers=bearer(Role.KPPS, regions=[code(28)])
    )
    body = answer.json()
    assert body["tps_code"] == code(28)
    assert body["kpu_code"] == "3271061002028"
    assert body["contests"] == ["gubernur-32", "walikota-32.71"]
    assert (body["zone"], body["voting_date"], body["voting_opens"]) == (
        "Asia/Jakarta",
        "2024-11-27",
        "07:00",
    )
    assert (body["dpt_total"], body["accessible"], body["active"], body["findings"]) == (533, None, True, [])
    told = (await events(registry, code(28)))[0]
    assert {name: told[name] for name in ("tps_id", "contests", "dpt_men", "voting_closes")} == {
        "tps_id": body["tps_id"],
        "contests": ["gubernur-32", "walikota-32.71"],
        "dpt_men": 260,
        "voting_closes": "13:00",
    }


async def test_a_move_keeps_the_tps_and_tells_when_it_was_decided(registry: RunningService) -> None:
    body = {
        "place": "Aula Kelurahan",
        "address": "Jalan Tinggi 2",
        "reason": "Banjir bandang.",
        "source": "Desk Pilkada",
    }
    headers = bearer(Role.DESK, regions=["32.71"])
    sent = body | {"occurred_at": "2024-11-26T17:10:00+07:00"}
    answer = await registry.client.post(f"{BASE}/tps/{code(1)}/relocation", json=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["place"], answer.json()["lat"], answer.json()["version"]) == (
        "Aula Kelurahan",
        None,
        2,
    )
    history = (
        await registry.client.get(f"{BASE}/tps/{code(1)}/history", headers=bearer(Role.OBSERVER))
    ).json()["items"]
    assert [(item["version"], item["place"], item["reason"]) for item in history] == [
        (2, "Aula Kelurahan", "Banjir bandang."),
        (1, "Balai RW", ""),
    ]
    assert history[0]["occurred_at"] == "2024-11-26T10:10:00Z"
    assert "Banjir" not in json.dumps(await events(registry, code(1)))
    public = (await registry.client.get(f"{BASE}/public/tps/{code(1)}")).json()
    assert (
        "Aula Kelurahan, Jalan Tinggi 2. Rabu, 27 November 2024, pukul 07.00 sampai 13.00 WIB"
        in public["message"]["id"]
    )


async def test_the_old_code_answers_with_its_successor(registry: RunningService) -> None:
    path, headers = f"{BASE}/tps/{code(2)}/renumbering", bearer(Role.DESK)
    before = (await registry.client.get(f"{BASE}/tps/{code(2)}", headers=bearer(Role.DESK))).json()
    body = {"new_code": code(102), "reason": "TPS digabung.", "source": "KPU"}
    done = await registry.client.post(path, json=body, headers=headers)
    assert done.status_code == 200, done.text
    assert (done.json()["tps_id"], done.json()["tps_code"], done.json()["former_codes"]) == (
        before["tps_id"],
        code(102),
        [code(2)],
    )
    again = await registry.client.post(path, json=body, headers=bearer(Role.DESK))
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    old = await registry.client.get(f"{BASE}/tps/{code(2)}", headers=bearer(Role.DESK))
    assert old.json()["tps_code"] == code(102)
    assert old.headers["Content-Location"].endswith(code(102))
    assert (await registry.client.get(f"{BASE}/public/tps/{code(2)}")).json()["tps_code"] == code(102)
    ghost = await registry.client.put(f"{BASE}/tps/{code(2)}", json=TPS, headers=bearer(Role.DESK))
    assert (ghost.status_code, ghost.json()["code"], ghost.json()["allowed"]) == (
        409,
        "tps-renumbered",
        [f"use {code(102)}"],
    )
    taken = await registry.client.post(
        f"{BASE}/tps/{code(3)}/renumbering", json=body, headers=bearer(Role.DESK)
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "tps-code-taken")
    assert (taken.json()["current_state"], len(taken.json()["allowed"])) == ("taken", 2)
    away = body | {"new_code": "32.72.01.1001.001"}
    other = await registry.client.post(
        f"{BASE}/tps/{code(3)}/renumbering", json=away, headers=bearer(Role.DESK)
    )
    assert other.status_code == 422
    outside = await registry.client.post(
        f"{BASE}/tps/{code(3)}/renumbering", json=away, headers=bearer(Role.DESK, regions=["32.71"])
    )
    assert outside.status_code == 403
    back = await registry.client.post(
        f"{BASE}/tps/{code(102)}/renumbering", json=body | {"new_code": code(2)}, headers=bearer(Role.DESK)
    )
    assert (back.json()["tps_code"], back.json()["former_codes"]) == (code(2), [code(102)])


async def test_facts_change_by_version_only(registry: RunningService) -> None:
    path, other = (
        f"{BASE}/tps/{code(4)}",
        TPS | {"dpt_men": 400, "accessible": True, "reason": "DPT hasil perbaikan"},
    )
    blind = await registry.client.put(path, json=other, headers=bearer(Role.DESK))
    assert blind.status_code == 428
    same = await registry.client.put(path, json=TPS, headers=bearer(Role.DESK))
    assert (same.status_code, same.json()["outcome"]) == (200, "unchanged")
    headers = [bearer(Role.DESK) | {"If-Match": '"1"'} for _ in range(6)]
    bodies = [other | {"dpt_women": 270 + n} for n in range(6)]
    answers = await asyncio.gather(
        *(registry.client.put(path, json=b, headers=h) for b, h in zip(bodies, headers, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    won = next(answer for answer in answers if answer.status_code == 200).json()
    assert (won["version"], won["findings"]) == (2, ["W-TPS-SIZE", "W-TPS-SAME-POINT"])
    assert len(await events(registry, code(4))) == 2


async def test_a_tps_is_dissolved_and_comes_back(registry: RunningService) -> None:
    path = f"{BASE}/tps/{code(5)}"
    gone = await registry.client.put(
        path, json=TPS | {"active": False}, headers=bearer(Role.DESK) | {"If-Match": '"1"'}
    )
    assert gone.json()["active"] is False
    assert (await events(registry, code(5)))[-1]["active"] is False
    assert (await registry.client.get(f"{BASE}/public/tps/{code(5)}")).status_code == 404
    back = await registry.client.put(path, json=TPS, headers=bearer(Role.DESK) | {"If-Match": '"2"'})
    assert (back.json()["active"], back.json()["version"]) == (True, 3)


@pytest.mark.parametrize(
    ("tps", "change", "status", "why"),
    [
        (code(900), {"contests": ["walikota-32.72"]}, 422, "contest-unknown"),
        (code(900), {"lat": None}, 422, "value_error"),
        (code(900), {"lat": 52.1}, 422, "less_than_equal"),
        (code(900), {"dpt_men": -1}, 422, "greater_than_equal"),
        (code(900), {"voting_opens": "13:30"}, 422, "order"),
        (code(900), {"nik": "3271064508900001"}, 422, "extra_forbidden"),
        ("35.78.01.1001.001", {}, 422, "no-contest"),
        ("99.99.01.1001.001", {}, 422, "region-unknown"),
        ("32.71.06.1002.28", {}, 404, None),
    ],
)
async def test_tps_that_do_not_fit(
    registry: RunningService, tps: str, change: dict[str, object], *, status: int, why: str | None
) -> None:
    answer = await registry.client.put(f"{BASE}/tps/{tps}", json=TPS | change, headers=bearer(Role.DESK))
    assert answer.status_code in {status, 422 if status == 404 else status}, answer.text
    if why:
        assert why in {error["code"] for error in answer.json()["errors"]}
    assert "3271064508900001" not in answer.text


async def test_who_may_not(registry: RunningService) -> None:
    path = f"{BASE}/tps/{code(6)}"
    assert (await registry.client.put(path, json=TPS)).status_code == 401
    assert (await registry.client.put(path, json=TPS, headers=bearer(Role.KPPS))).json()[
        "code"
    ] == "scope-missing"
    for place in (code(6), code(999)):  # what exists and what does not look alike
        elsewhere = await registry.client.put(
            f"{BASE}/tps/{place}", json=TPS, headers=bearer(Role.DESK, regions=["32.72"])
        )
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "region-not-covered")
    assert (await registry.client.get(f"{BASE}/tps/{code(999)}", headers=bearer(Role.DESK))).json()[
        "code"
    ] == "tps-unknown"
    unknown = await registry.client.put(
        f"/v1/elections/lain-2024/tps/{code(6)}", json=TPS, headers=bearer(Role.DESK, election=None)
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "election-unknown")


async def test_the_frame_does_not_change_under_registered_tps(registry: RunningService) -> None:
    tag = (await registry.client.get(BASE, headers=bearer(Role.ADMIN))).headers["ETag"]
    body = {"name": "Pilkada", "region_code": "32.71", "voting_date": "2024-12-04"}
    answer = await registry.client.put(BASE, json=body, headers=bearer(Role.ADMIN) | {"If-Match": tag})
    assert (answer.status_code, answer.json()["code"], answer.json()["current_state"]) == (
        409,
        "voting-date-fixed",
        "tps-registered",
    )
    assert answer.json()["allowed"]


async def test_a_tps_may_vote_on_another_day(registry: RunningService) -> None:
    body = TPS | {"voting_date": "2024-12-05", "reason": "PSS: banjir"}
    answer = await registry.client.put(
        f"{BASE}/tps/{code(7)}", json=body, headers=bearer(Role.DESK) | {"If-Match": '"1"'}
    )
    assert answer.json()["voting_date"] == "2024-12-05"
    assert (await events(registry, code(7)))[-1]["voting_date"] == "2024-12-05"


async def test_risks_are_unknown_until_somebody_assessed_them(registry: RunningService) -> None:
    path = f"{BASE}/tps/{code(8)}/risks"
    assert len((await registry.client.get(path, headers=bearer(Role.BPBD))).json()["unknown"]) == 4
    body = {
        "risk_class": "high",
        "indicators": ["bantaran sungai"],
        "source": "BPBD Kota Bogor",
        "as_of": "2024-10-15",
    }
    headers = bearer(Role.BPBD, regions=["32.71"])
    made = await registry.client.put(f"{path}/hazard", json=body, headers=headers)
    assert (made.status_code, made.json()["version"]) == (201, 1), made.text
    again = await registry.client.put(f"{path}/hazard", json=body, headers=bearer(Role.BPBD))
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    older = await registry.client.put(
        f"{path}/hazard", json=body | {"as_of": "2024-10-01"}, headers=bearer(Role.BPBD)
    )
    assert (older.status_code, older.json()["code"]) == (409, "assessment-older")
    taken = await registry.client.put(
        f"{path}/hazard", json=body | {"risk_class": None, "as_of": "2024-11-01"}, headers=bearer(Role.BPBD)
    )
    assert (taken.status_code, taken.json()["risk_class"]) == (200, None)
    assert len((await registry.client.get(path, headers=bearer(Role.BPBD))).json()["unknown"]) == 4
    assert [event["risk_class"] for event in await events(registry, code(8), "tps_risk.assessed")] == [
        "high",
        None,
    ]
    keys = await registry.sql(
        "select distinct aggregate, partition_key, data_class from outbox where type like '%tps_risk%' and body like $1",
        f"%{code(8)}%",
    )
    assert len(keys) == 1
    assert str(keys[0]["aggregate"]) == f"tps_risk/{keys[0]['partition_key']}:hazard"
    assert keys[0]["data_class"] == "operational"
    assert (
        await registry.client.put(f"{path}/weather", json=body, headers=bearer(Role.BPBD))
    ).status_code == 422


async def test_a_roster_is_told_in_figures(registry: RunningService) -> None:
    path = f"{BASE}/tps/{code(9)}/officers"
    chair = {"person": f"kpps-{code(9)}-1", "display_name": "Siti Rekaan", "trained": "yes"}
    made = await registry.client.put(f"{path}/kpps/1", json=chair, headers=bearer(Role.DESK))
    assert made.status_code == 201, made.text
    assert made.json()["kpps"] == {"slots": 7, "named": 1, "trained": 1, "training_unknown": 0}
    assert made.json()["ptps"] == {"slots": 1, "named": 0, "trained": 0, "training_unknown": 0}
    twice = await registry.client.put(f"{path}/kpps/2", json=chair, headers=bearer(Role.DESK))
    assert (twice.status_code, twice.json()["code"]) == (409, "officer-elsewhere")
    other = await registry.client.put(
        f"{path}/linmas/1",
        json=chair | {"person": "linmas-1", "trained": "unknown"},
        headers=bearer(Role.DESK),
    )
    assert other.json()["linmas"]["training_unknown"] == 1
    eighth = await registry.client.put(
        f"{path}/kpps/8", json=chair | {"person": "x"}, headers=bearer(Role.DESK)
    )
    assert (eighth.status_code, eighth.json()["errors"][0]["code"]) == (422, "slot-unknown")
    nik = await registry.client.put(
        f"{path}/kpps/3", json=chair | {"person": "3271064508900001"}, headers=bearer(Role.DESK)
    )
    assert nik.status_code == 422
    assert "3271064508900001" not in nik.text
    seen = (await registry.client.get(path, headers=bearer(Role.DESK))).json()["officers"]
    assert len(seen) == 10
    assert seen[0] == {
        "duty": "kpps",
        "slot": 1,
        "filled": True,
        "trained": "yes",
        "person": f"kpps-{code(9)}-1",
        "display_name": "Siti Rekaan",
        "status": "appointed",
        "present": None,
    }
    hidden = (await registry.client.get(path, headers=bearer(Role.OBSERVER))).json()["officers"][0]
    assert (hidden["filled"], hidden["person"], hidden["display_name"]) == (True, None, None)
    ledger = json.dumps([dict(row) for row in await registry.sql("select body from outbox")])
    assert "Siti" not in ledger
    assert f"kpps-{code(9)}" not in ledger
    gone = await registry.client.request("DELETE", f"{path}/kpps/1", headers=bearer(Role.DESK))
    assert (gone.status_code, gone.json()["kpps"]["named"], gone.json()["version"]) == (200, 0, 3)
    nobody = await registry.client.request("DELETE", f"{path}/kpps/1", headers=bearer(Role.DESK))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "roster-slot-empty")


async def test_voters_find_their_tps_without_a_token(registry: RunningService) -> None:
    answer = await registry.client.get(f"{BASE}/public/kelurahan/32.71.06.1002/tps")
    body = answer.json()
    assert body["kelurahan"] == "Kebon Pedes"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    ninth = next(item for item in body["items"] if item["number"] == 28)
    assert ninth["message"]["en"].endswith(
        "Wednesday, 27 November 2024, 07:00 to 13:00 WIB. Whoever is in the queue at 13:00 is served."
    )
    assert ninth["rehearsal"] is True
    assert (await registry.client.get(f"{BASE}/public/kelurahan/32.71.06.1001/tps")).json()["items"] == []
    assert (await registry.client.get(f"{BASE}/public/kelurahan/99.99.99.9999/tps")).status_code == 404
    assert (await registry.client.get(f"{BASE}/public/tps/{code(999)}")).json()["code"] == "tps-unknown"


async def test_a_sheet_to_print_has_what_a_voter_needs_and_runs_nothing(registry: RunningService) -> None:
    place = {**TPS, "place": "Balai <script>alert(1)</script> RW", "accessible": True}
    made = await registry.client.put(f"{BASE}/tps/{code(61)}", json=place, headers=bearer(Role.DESK))
    assert made.is_success, made.text
    answer = await registry.client.get(f"{BASE}/public/tps/{code(61)}/notice")
    sheet = answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    style = sheet[sheet.index("<style>") + 7 : sheet.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "&lt;script&gt;" in sheet
    for never in ("<script", "http", "src=", "href=", "url("):
        assert never not in sheet, never
    for told in (
        *(
            "TPS 61",
            "Jalan Simulasi 1",
            "-6.56000, 106.78000",
            "Rabu, 27 November 2024",
            "07.00 sampai 13.00 WIB",
        ),
        *("KTP-el", "Dapat dicapai dengan kursi roda", "Wheelchairs get in", "GLADI", "REHEARSAL", "Pilkada"),
        "Bukan surat pemberitahuan resmi KPU",
    ):
        assert told in sheet, told
    public = (await registry.client.get(f"{BASE}/public/tps/{code(61)}")).json()
    assert public["access"]["en"] == "Wheelchairs get in."
    assert [each["id"][:6] for each in public["bring"]] == ["KTP-el", "Surat ", "Pemili"]
    assert (await registry.client.get(f"{BASE}/public/tps/{code(998)}/notice")).status_code == 404
