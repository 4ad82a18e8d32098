"""What one agency brought, another one of its region does not change; the desk does, and who has left keeps nothing."""

from collections.abc import Sequence
from typing import Any

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, ended, send, table, told, tps_rows

KELURAHAN = "32.71.06.1004"
TPS = f"{KELURAHAN}.001"
OURS, THEIRS = "polda-contoh", "bpbd-contoh"
AGENCIES = {OURS: Role.POLICE, THEIRS: Role.BPBD}
SOURCE: dict[str, Any] = {"source": "contoh", "as_of": "2024-11-10"}
SESSION: dict[str, Any] = {
    "topic": "Contoh",
    "trainer": "Pelatih Contoh",
    "region_code": "32.71.06",
    "place": "Aula",
    "organiser": "Polda (contoh)",
    "state": "planned",
    "duties": ["linmas"],
    "starts_at": "2024-11-20T09:00:00+07:00",
}
FACTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    f"personnel/operasi-contoh/polri/{TPS}": ({"planned": 3} | SOURCE, {"planned": 0}),
    f"tps/{TPS}/risks/security": (
        {"risk_class": "high", "indicators": []} | SOURCE,
        {"risk_class": "low"},
    ),
    f"tps/{TPS}/checklist/power": ({"answer": "yes"} | SOURCE, {"answer": "no"}),
    "facilities/lapas-contoh": (
        {"kind": "prison", "name": "Lapas Contoh", "region_code": "32.71.06", "source": "contoh"},
        {"name": "Lain"},
    ),
    "trainings/latihan-polisi": (SESSION, {"state": "cancelled"}),
    "outreach/sosialisasi-contoh": (
        {
            "title": "Contoh",
            "organiser": "Polda (contoh)",
            "region_code": KELURAHAN,
            "place": "Balai",
            "starts_at": "2024-11-27T09:00:00+07:00",
        }
        | SOURCE,
        {"title": "Lain"},
    ),
}


def of(agency: str) -> dict[str, str]:
    return bearer(AGENCIES[agency], regions=["32.71"], client=f"app-{agency}")


def the_desk() -> dict[str, str]:
    return bearer(Role.DESK, regions=["32.71"])


@pytest.fixture(autouse=True, scope="module")
async def agencies(registry: RunningService) -> None:
    for agency, role in AGENCIES.items():
        told_of = {"kind": "police", "name": "Contoh", "name_en": "Example", "contact": "Contoh"}
        headers = bearer(Role.ADMIN, election=None)
        assert (await registry.client.put(f"/v1/agencies/{agency}", json=told_of, headers=headers)).is_success
        rights = {"roles": [role.value], "regions": ["32.71"], "may_act_for_persons": True}
        made = await registry.client.put(
            f"/v1/agencies/{agency}/clients/app-{agency}",
            json=rights,
            headers=bearer(Role.ADMIN, election=None),
        )
        assert made.status_code == 201, made.text
    assert (await send(registry, table(tps_rows(KELURAHAN, 2))))["created"] == 2


async def put(
    registry: RunningService, path: str, body: dict[str, Any], caller: dict[str, str]
) -> tuple[int, Any]:
    """Say something of a thing in the version that is there."""
    seen = await registry.client.get(f"{BASE}/{path}", headers=the_desk())
    tag = {"If-Match": seen.headers["ETag"]} if seen.is_success and "ETag" in seen.headers else {}
    done = await registry.client.put(f"{BASE}/{path}", json=body, headers=caller | tag)
    return done.status_code, done.json()


@pytest.mark.parametrize("path", FACTS)
async def test_what_one_agency_said_another_does_not_change(path: str, registry: RunningService) -> None:
    said, otherwise = FACTS[path]
    assert (await put(registry, path, said, of(OURS)))[0] == 201
    status, problem = await put(registry, path, said | otherwise, of(THEIRS))
    away = await registry.client.put(
        f"{BASE}/{path}", json=said, headers=bearer(Role.BPBD, regions=["32.73"], client=f"app-{THEIRS}")
    )
    assert (status, problem["code"], problem["detail"]) == (
        403,
        "region-not-covered",
        away.json()["detail"],
    ), "as a place outside its region"
    assert OURS not in str(problem)
    status, problem = await put(registry, path, said, of(THEIRS))
    assert status == 403, "nor does it learn by saying the same"

    status, changed = await put(registry, path, said | otherwise, the_desk())
    assert (status, changed.get("outcome")) == (200, "changed"), changed
    assert (await put(registry, path, said, of(THEIRS)))[0] == 403, (
        "what the desk corrected stays its agency's"
    )
    assert (await put(registry, path, said, of(OURS)))[0] == 200

    await registry.sql("update agency set active = false where id = $1", OURS)
    try:
        status, taken = await put(registry, path, said | otherwise, of(THEIRS))
        assert (status, taken["outcome"]) == (200, "changed"), taken
    finally:
        await registry.sql("update agency set active = true where id = $1", OURS)
    assert (await put(registry, path, said, of(OURS)))[0] == 403, "it is the other agency's from then on"


async def test_what_the_desk_said_first_is_of_the_agency_that_says_more(registry: RunningService) -> None:
    path, body = "facilities/rs-desk", FACTS["facilities/lapas-contoh"][0] | {"name": "RS"}
    assert (await put(registry, path, body, the_desk()))[0] == 201
    assert (await put(registry, path, body | {"name": "RS 2"}, of(OURS)))[0] == 200
    assert (await put(registry, path, body | {"name": "RS 3"}, of(THEIRS)))[0] == 403


async def test_an_application_of_no_agency_here_keeps_what_it_said(registry: RunningService) -> None:
    path, body = f"tps/{KELURAHAN}.002/risks/hazard", FACTS[f"tps/{TPS}/risks/security"][0]

    def foreign() -> dict[str, str]:
        return bearer(Role.BPBD, regions=["32.71"], client="program-of-another-issuer")

    assert (await put(registry, path, body, foreign()))[0] == 201
    assert (await put(registry, path, body | {"risk_class": "low"}, of(THEIRS)))[0] == 403
    status, changed = await put(registry, path, body | {"risk_class": "low"}, foreign())
    assert (status, changed.get("outcome")) == (200, "changed"), changed


async def test_letters_and_attendance_go_with_the_facility_and_the_session(registry: RunningService) -> None:
    path = f"{BASE}/facilities/rs-surat"
    hospital = FACTS["facilities/lapas-contoh"][0] | {"kind": "hospital"}
    assert (await put(registry, "facilities/rs-surat", hospital, the_desk()))[0] == 201
    letter = {
        "letter_number": "1/CONTOH",
        "received_at": "2024-11-18T09:00:00+07:00",
        "voters": {"inpatient": 1},
    }
    post = registry.client.post
    sent = await post(f"{path}/requests", json=letter, headers=of(OURS))
    assert sent.status_code == 201, sent.text
    request = f"{path}/requests/{sent.json()['request_id']}"
    tag = {"If-Match": sent.headers["ETag"]}
    for refused in (
        await post(f"{path}/requests", json=letter | {"letter_number": "2"}, headers=of(THEIRS)),
        await post(f"{request}/withdrawal", json={"reason": "Contoh"}, headers=of(THEIRS) | tag),
        await registry.client.put(request, json=letter, headers=of(THEIRS) | tag),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "region-not-covered")
    ended_by = await post(f"{request}/withdrawal", json={"reason": "Contoh"}, headers=of(OURS) | tag)
    assert ended_by.status_code == 200, ended_by.text

    assert (await put(registry, "trainings/kursus", SESSION, of(OURS)))[0] == 201
    line = {"items": [{"person": "linmas-x", "attended": True}]}
    at = f"{BASE}/trainings/kursus/attendance"
    assert (await post(at, json=line, headers=of(THEIRS))).status_code == 403
    assert (await post(at, json=line, headers=of(OURS))).status_code == 200


async def test_a_file_is_judged_by_the_agency_that_sent_it(registry: RunningService) -> None:
    columns = ("operation", "agency", "place_code", "planned", "as_of")
    ours = [
        ["file-2024", "polri", "32.71.04", 4, "2024-11-20"],
        ["file-2024", "tni", "32.71.04", 4, "2024-11-20"],
    ]

    async def by(
        agency: str, rows: Sequence[Sequence[object]], *, kind: str, named: tuple[str, ...]
    ) -> dict[str, object]:
        answer = await registry.client.post(
            f"{BASE}/imports?kind={kind}&source=contoh",
            content=table(rows, named),
            headers=of(agency) | {"Content-Type": "text/csv"},
        )
        assert answer.status_code == 202, answer.text
        return await ended(registry, answer.json()["id"])

    assert (await by(OURS, ours, kind="personnel", named=columns))["created"] == 2
    none = [[*row[:3], 0, row[4]] for row in ours]
    done = await by(THEIRS, none, kind="personnel", named=columns)
    assert (done["changed"], await told(registry, done)) == (
        0,
        {2: ["region-not-covered"], 3: ["region-not-covered"]},
    )
    assert (await by(OURS, none, kind="personnel", named=columns))["changed"] == 2
    corrected = await send(registry, table(ours, columns), kind="personnel")
    assert corrected["changed"] == 2, "the desk's own file"

    risks = ("tps_code", "kind", "risk_class", "as_of")
    rows: list[list[object]] = [[f"{KELURAHAN}.002", "security", "high", "2024-11-12"]]
    assert (await by(OURS, rows, kind="risks", named=risks))["created"] == 1
    taken_back: list[list[object]] = [[f"{KELURAHAN}.002", "security", "low", "2024-11-13"]]
    done = await by(THEIRS, taken_back, kind="risks", named=risks)
    assert await told(registry, done) == {2: ["region-not-covered"]}
    facilities = ("code", "kind", "name", "region_code", "source")
    rows = [["rs-berkas", "hospital", "RS", "32.71.06", "contoh"]]
    assert (await by(OURS, rows, kind="facilities", named=facilities))["created"] == 1
    done = await by(THEIRS, rows, kind="facilities", named=facilities)
    assert await told(registry, done) == {2: ["region-not-covered"]}
    seen = await registry.client.get(f"{BASE}/personnel/file-2024/polri/32.71.04", headers=the_desk())
    assert seen.json()["planned"] == 4
