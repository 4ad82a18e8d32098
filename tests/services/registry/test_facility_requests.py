"""What hospitals, prisons and shelters ask for: in time, late, decided by name, opened again; how far the desk has come."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from contracts.access import Role
from contracts.registry_people_events import FacilityRequestChanged
from tests.harness import RunningService, bearer, running_service
from tests.services.registry.conftest import define
from tests.services.registry.files import BASE, send, table, tps_rows

EIGHT_DAYS_BEFORE = datetime.fromisoformat("2024-11-19T10:00:00+07:00")
KELURAHAN = "32.71.06.1001"
HOSPITAL = {"kind": "hospital", "name": "RS Contoh", "region_code": "32.71.06", "source": "Dinkes Contoh"}
LETTER = {
    "letter_number": "445/RS-CONTOH/2024",
    "received_at": "2024-11-18T09:00:00+07:00",
    "voters": {"inpatient": 17, "companion": 6},
}


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    url = database_url("registry")
    async with running_service(
        "registry", database_url=url, kafka=None, desk_time=EIGHT_DAYS_BEFORE
    ) as service:
        await define(service)
        await send(service, table(tps_rows(KELURAHAN, 2)))
        yield service


def health(version: int | None = None, *, regions: tuple[str, ...] = ("32.71",)) -> dict[str, str]:
    return bearer(Role.HEALTH, regions=regions) | ({} if version is None else {"If-Match": f'"{version}"'})


def desk(
    version: int, *, person: str | None = "kpu-1", regions: tuple[str, ...] = ("32.71",)
) -> dict[str, str]:
    return bearer(Role.DESK, regions=regions, person=person) | {"If-Match": f'"{version}"'}


async def facility(registry: RunningService, code: str, **change: object) -> str:
    path = f"{BASE}/facilities/{code}"
    made = await registry.client.put(path, json=HOSPITAL | change, headers=health())
    assert made.status_code == 201, made.text
    return path


async def letter(registry: RunningService, path: str, **change: object) -> tuple[str, dict[str, object]]:
    answer = await registry.client.post(f"{path}/requests", json=LETTER | change, headers=health())
    assert answer.status_code == 201, answer.text
    return f"{path}/requests/{answer.json()['request_id']}", answer.json()


async def test_a_request_is_decided_by_name_and_opened_again(registry: RunningService) -> None:
    path = await facility(registry, "RS-A")
    at, made = await letter(registry, path)
    assert (made["voters"], made["state"], made["findings"]) == (23, "received", [])
    assert made["cutoff_at"] == "2024-11-20T17:00:00Z", "the end of H-7 in Bogor"
    seen = (await registry.client.get(at, headers=health())).json()
    assert seen["by_kind"]["inpatient"] == 17
    assert 0 < seen["seconds_left"] <= 38 * 3600
    decision: dict[str, object] = {
        "outcome": "partly_accepted",
        "granted": 20,
        "tps_codes": [f"{KELURAHAN}.001"],
        "reason_code": "no_ballots",
        "reason": "Surat suara terbatas (contoh)",
    }
    nobody = await registry.client.post(f"{at}/decision", json=decision, headers=desk(1, person=None))
    assert (nobody.status_code, nobody.json()["code"]) == (403, "person-required")
    assert (await registry.client.post(f"{at}/decision", json=decision, headers=desk(7))).status_code == 412
    done = await registry.client.post(f"{at}/decision", json=decision, headers=desk(1))
    assert done.status_code == 200, done.text
    assert (done.json()["granted"], done.json()["tps_codes"]) == (20, [f"{KELURAHAN}.001"])
    twice = await registry.client.post(f"{at}/decision", json=decision, headers=desk(2))
    assert (twice.status_code, twice.json()["allowed"]) == (409, ["reopen"])
    revised = await registry.client.put(at, json=LETTER, headers=health(2))
    assert revised.status_code == 409
    again = await registry.client.post(
        f"{at}/reopening", json={"reason": "Salah hitung (contoh)"}, headers=desk(2)
    )
    assert (again.status_code, again.json()["state"], again.json()["granted"]) == (200, "received", None)
    fewer = LETTER | {"voters": {"inpatient": 16, "companion": 6}}
    assert (await registry.client.put(at, json=fewer, headers=health(3))).json()["voters"] == 22
    gone = await registry.client.post(
        f"{at}/withdrawal", json={"reason": "Pulang (contoh)"}, headers=health(4)
    )
    assert gone.json()["state"] == "withdrawn"
    assert (
        await registry.client.post(f"{at}/reopening", json={"reason": "x"}, headers=desk(5))
    ).status_code == 200
    whole = (await registry.client.get(at, headers=health())).json()
    assert [step["state"] for step in whole["steps"]] == [
        *("received", "partly_accepted", "received", "received", "withdrawn", "received"),
    ]
    assert whole["steps"][1]["recorded_by"] == "kpu-1"
    hidden = (await registry.client.get(at, headers=bearer(Role.CAMAT))).json()
    assert (hidden["by_kind"], hidden["steps"][1]["reason"]) == (None, None)
    rows = await registry.sql(
        "select body, data_class from outbox where type like '%facility_request%' order by seq"
    )
    told = [FacilityRequestChanged.model_validate_json(str(row["body"])) for row in rows]
    assert {row["data_class"] for row in rows} == {"operational"}
    assert "inpatient" not in json.dumps([dict(row) for row in rows])
    assert "terbatas" not in json.dumps([dict(row) for row in rows])
    assert told[-1].cutoff_at.isoformat() == "2024-11-20T17:00:00+00:00"


@pytest.mark.parametrize(
    ("received_at", "findings"),
    [
        ("2024-11-19T09:59:00+07:00", []),
        ("2024-11-20T23:59:59+07:00", ["W-CLOCK-AHEAD"]),
        ("2030-01-01T00:00:00+07:00", ["W-CLOCK-AHEAD"]),
    ],
)
async def test_nothing_came_later_than_the_desk_heard_of_it(
    registry: RunningService, received_at: str, findings: list[str]
) -> None:
    code = f"RS-{received_at[:4]}{received_at[8:10]}"
    path = await facility(registry, code)
    _, made = await letter(registry, path, received_at=received_at)
    assert (made["findings"], made["late"]) == (findings, False)


async def test_what_comes_after_the_cut_off_is_kept_and_said(database_url: Callable[[str], str]) -> None:
    after = datetime.fromisoformat("2024-11-21T00:30:00+07:00")
    async with running_service(
        "registry", database_url=database_url("registry"), kafka=None, desk_time=after
    ) as service:
        await define(service)
        late = await facility(service, "RS-LATE")
        at, made = await letter(service, late, received_at="2024-11-21T00:00:00+07:00")
        assert (made["findings"], made["late"]) == (["W-REQUEST-LATE"], True)
        seen = (await service.client.get(at, headers=health())).json()
        assert seen["seconds_left"] < 0
        timely, made = await letter(service, late, letter_number="2", received_at="2024-11-20T23:59:59+07:00")
        assert made["late"] is False
        decision = {"outcome": "refused", "reason_code": "late"}
        done = await service.client.post(f"{at}/decision", json=decision, headers=desk(1))
        assert (done.json()["state"], done.json()["granted"]) == ("refused", 0)
        assert (await service.client.get(at, headers=health())).json()["seconds_left"] is None
        assert timely != at


async def test_how_far_the_desk_has_come(registry: RunningService) -> None:
    path = await facility(
        registry, "LAPAS-A", kind="prison", contact_status="contacted", contacted_on="2024-11-10"
    )
    await letter(registry, path, voters={"detainee": 40})
    known = (await registry.client.get(path, headers=health())).json()
    assert (known["contact_status"], known["list_received_on"], known["version"]) == (
        *("list_received", "2024-11-18", 2),
    )
    served = HOSPITAL | {
        "kind": "prison",
        "contact_status": "served",
        "contacted_on": "2024-11-10",
        "list_received_on": "2024-11-18",
        "served_on": "2024-11-27",
    }
    assert (await registry.client.put(path, json=served, headers=health(2))).status_code == 200
    found = (await registry.client.get(f"{path}/coverage", headers=bearer(Role.CAMAT))).json()
    assert [(step["status"], step["happened_on"], step["recorded_by"]) for step in found["steps"]] == [
        ("contacted", "2024-11-10", "person-1"),
        ("list_received", "2024-11-18", "person-1"),
        ("served", "2024-11-27", "person-1"),
    ]
    assert (found["requests"]["received"], found["voters"], found["granted"]) == (1, 40, 0)
    assert found["seconds_left"] > 0


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"outcome": "partly_accepted", "granted": 23, "reason_code": "other"}, "/granted"),
        ({"outcome": "partly_accepted", "reason_code": "other"}, "/granted"),
        ({"granted": 5}, "/granted"),
        ({"tps_codes": []}, "/tps_codes"),
        ({"outcome": "refused", "reason_code": "late"}, "/tps_codes"),
        ({"outcome": "refused", "tps_codes": []}, "/reason_code"),
        ({"reason_code": "late"}, "/reason_code"),
        ({"tps_codes": [f"{KELURAHAN}.999"]}, "/tps_codes/0"),
    ],
)
async def test_decisions_that_do_not_fit(
    registry: RunningService, change: dict[str, object], pointer: str
) -> None:
    code = f"RS-{abs(hash(json.dumps(change))) % 10**8}"
    at, _ = await letter(registry, await facility(registry, code))
    decision: dict[str, object] = {"outcome": "accepted", "tps_codes": [f"{KELURAHAN}.001"]}
    answer = await registry.client.post(f"{at}/decision", json=decision | change, headers=desk(1))
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_letters_that_do_not_fit(registry: RunningService) -> None:
    path = await facility(registry, "RS-B")
    headers = health()
    first = await registry.client.post(f"{path}/requests", json=LETTER, headers=headers)
    replayed = await registry.client.post(f"{path}/requests", json=LETTER, headers=headers)
    assert (replayed.content, replayed.headers["Idempotent-Replayed"]) == (first.content, "true")
    same = await registry.client.post(f"{path}/requests", json=LETTER, headers=health())
    assert (same.status_code, same.json()["code"], same.json()["current_state"]) == (
        409,
        "letter-known",
        "received",
    )
    for change in ({"voters": {}}, {"voters": {"inpatient": -1}}, {"evidence_sha256": "x"}, {"names": ["x"]}):
        wrong = await registry.client.post(f"{path}/requests", json=LETTER | change, headers=health())
        assert wrong.status_code == 422, change
    other = await registry.client.post(f"{BASE}/facilities/NONE/requests", json=LETTER, headers=health())
    assert (other.status_code, other.json()["code"]) == (404, "facility-unknown")


async def test_who_may_not(registry: RunningService) -> None:
    path = await facility(registry, "RS-C")
    at, _ = await letter(registry, path)
    away = health(regions=("35.78",))
    assert (await registry.client.post(f"{path}/requests", json=LETTER, headers=away)).status_code == 404
    hidden = await registry.client.get(at, headers=health(regions=("35.78",)))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "facility-unknown"), (
        "as one that is not there"
    )
    stolen = HOSPITAL | {"region_code": "35.78"}
    taken = await registry.client.put(path, json=stolen, headers=health(2, regions=("35.78",)))
    assert (taken.status_code, taken.json()["code"]) == (403, "region-not-covered")
    decision = {"outcome": "accepted", "tps_codes": [f"{KELURAHAN}.001"]}
    assert (await registry.client.post(f"{at}/decision", json=decision, headers=health(1))).status_code == 403
    elsewhere = {"outcome": "accepted", "tps_codes": ["35.78.01.1001.001"]}
    assert (await registry.client.post(f"{at}/decision", json=elsewhere, headers=desk(1))).status_code == 403
    assert (await registry.client.get(at)).status_code == 401
    nothing = await registry.client.get(
        f"{path}/requests/{'0' * 8}-0000-7000-8000-{'0' * 12}", headers=health()
    )
    assert (nothing.status_code, nothing.json()["code"]) == (404, "facility-request-unknown")


async def test_of_two_decisions_at_once_one_stands(registry: RunningService) -> None:
    at, _ = await letter(registry, await facility(registry, "RS-D"))
    decisions = [
        {"outcome": "accepted", "tps_codes": [f"{KELURAHAN}.001"]},
        {"outcome": "refused", "reason_code": "no_crew"},
    ]
    answers = await asyncio.gather(
        *(registry.client.post(f"{at}/decision", json=each, headers=desk(1)) for each in decisions)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


@pytest.mark.parametrize(
    "change", ["update facility_step set status = 'served'", "delete from facility_request_step"]
)
async def test_what_happened_stays(registry: RunningService, change: str) -> None:
    await letter(registry, await facility(registry, f"RS-{len(change)}"))
    with pytest.raises(Exception, match="never changed"):
        await registry.sql(change)


async def test_the_cut_off_is_the_one_that_the_election_says(database_url: Callable[[str], str]) -> None:
    day_before = datetime.fromisoformat("2024-11-26T10:00:00+07:00")
    days = {"value": 3, "source": "Keputusan contoh 1/2024"}
    body = {
        "name": "Pilkada",
        "region_code": "32.71",
        "voting_date": "2024-11-27",
        "settings": {"special_move_cutoff_days": days},
    }
    url = database_url("registry")
    async with running_service("registry", database_url=url, kafka=None, desk_time=day_before) as service:
        base = "/v1/elections/cut-off-2024"

        def headers() -> dict[str, str]:
            return bearer(Role.HEALTH, regions=("32.71",), election=None)

        defined = await service.client.put(base, json=body, headers=bearer(Role.ADMIN, election=None))
        assert defined.status_code in {200, 201}, defined.text
        path = f"{base}/facilities/RS-C"
        made = await service.client.put(path, json=HOSPITAL, headers=headers())
        assert made.status_code == 201, made.text
        for received, late in (
            ("2024-11-24T23:59:00+07:00", []),
            ("2024-11-25T00:00:00+07:00", ["W-REQUEST-LATE"]),
        ):
            sent = LETTER | {"received_at": received, "letter_number": received}
            answer = await service.client.post(f"{path}/requests", json=sent, headers=headers())
            assert answer.status_code == 201, answer.text
            assert answer.json()["cutoff_at"] == "2024-11-24T17:00:00Z", "the end of H-3 in Bogor"
            assert answer.json()["findings"] == late
        coverage = (await service.client.get(f"{path}/coverage", headers=headers())).json()
        assert coverage["cutoff_at"] == "2024-11-24T17:00:00Z"
