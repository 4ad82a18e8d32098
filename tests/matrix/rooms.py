"""Each service with one thing of every kind at one TPS of Kota Bogor, and the names by which a request finds it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast
from uuid import uuid4

import httpx

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from services.turnout import consumers
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.infrastructure import run_folder
from tests.matrix.operations import CITY, CSV, KECAMATAN, KELURAHAN, THIRD, TPS
from tests.matrix.oracle import GROUPS
from tests.services.hearing import told_of
from tests.services.registry.electorate import as_csv, keys_file, person
from tests.services.registry.shapes import box, collection, feature
from tests.services.turnout.paper import lay_out, registered

BASE: Final = f"/v1/elections/{ELECTION}"
NEIGHBOUR: Final = f"{KELURAHAN}.029"
ELSEWHERE: Final = "32.73.01.1001.001"
KEY: Final = "a-key-of-the-room"
"""Of a command of the one who asks everything in the matrix, so that they may ask what became of it."""
BEFORE_THE_CUT_OFFS: Final = datetime(2024, 11, 19, 3, tzinfo=UTC)
"""When voters still move, and facilities still ask."""
Things = dict[str, str]


@dataclass(frozen=True)
class Room:
    """A service, and what is in it by name."""

    service: RunningService
    things: Things


@asynccontextmanager
async def room(name: str, database_url: str, *, desk_time: datetime | None = None) -> AsyncGenerator[Room]:
    """Run a service with something in it; nothing is relayed."""
    settings: dict[str, object] = {}
    if name == "registry":
        settings["voter_keys_file"] = keys_file(run_folder())
        desk_time = desk_time or BEFORE_THE_CUT_OFFS
    async with running_service(
        name, database_url=database_url, kafka=None, desk_time=desk_time, **cast(Any, settings)
    ) as service:
        service.app.state.watermarks = (
            None  # there is no broker to have caught up with: what is not there is not there
        )
        service.app.state.groups.replace({key.removeprefix("group:"): codes for key, codes in GROUPS.items()})
        things = {"election": ELECTION, "code": TPS, "contest": "walikota-32.71", "key": KEY}
        things |= await _FURNISHING[name](service)
        yield Room(service, things)


async def _made(
    service: RunningService, method: str, path: str, body: object, *, key: str | None = None
) -> Mapping[str, Any]:
    answer: httpx.Response = await service.client.request(
        method, f"{BASE}{path}", json=body, headers=bearer([Role.DESK, Role.ADMIN], key=key)
    )
    assert answer.is_success, answer.text
    return answer.json()


async def _registry(service: RunningService) -> Things:
    await _made(
        service,
        "PUT",
        "",
        key=KEY,
        body={"name": "Pilkada", "region_code": CITY, "voting_date": "2024-11-27"},
    )
    choices = [{"number": n, "name": f"Pasangan {n}"} for n in (1, 2)]
    contest = {"name": "Kontes", "choices": choices, "winning_rule_source": "UU 10/2016"}
    for name in ("walikota-32.71", "gubernur-32"):
        await _made(service, "PUT", f"/contests/{name}", contest)
    for name, codes in (*GROUPS.items(), ("uji", [CITY])):
        group = {"title": name, "regions": list(codes), "source": "contoh"}
        await _made(service, "PUT", f"/region-groups/{name.removeprefix('group:')}", group)
    place = {
        "place": "SDN Contoh",
        "address": "Jalan Contoh",
        "dpt_men": 250,
        "dpt_women": 283,
        "source": "KPU",
    }
    for code in (TPS, NEIGHBOUR, THIRD, ELSEWHERE):
        await _made(service, "PUT", f"/tps/{code}", place | {"contests": ["gubernur-32"]})
    officer = {"person": "kpps-1", "display_name": "Petugas Contoh", "trained": "yes"}
    await _made(service, "PUT", f"/tps/{TPS}/officers/kpps/1", officer)
    risk = {"as_of": "2024-11-10", "indicators": [], "risk_class": "high", "source": "contoh"}
    await _made(service, "PUT", f"/tps/{TPS}/risks/hazard", risk)
    await _made(service, "PUT", f"/tps/{TPS}/risks/security", risk | {"risk_class": "low"})
    pattern = {
        "name": "contoh",
        "risk_class": "low",
        "police": 2,
        "linmas": 20,
        "tps": 10,
        "source": "contoh",
    }
    await _made(service, "PUT", "/guarding-rules", {"patterns": [pattern]})
    hospital = {"kind": "hospital", "name": "RS Contoh", "region_code": "32.71.06", "address": "Jalan Contoh"}
    await _made(
        service,
        "PUT",
        "/facilities/rs-contoh",
        hospital | {"contact_status": "not_contacted", "source": "contoh"},
    )
    csv = {"Content-Type": "text/csv"}
    sent = await service.client.post(
        f"{BASE}/imports?kind=facilities&source=contoh",
        content=CSV,
        headers=bearer(Role.DESK, regions=[CITY]) | csv,
    )
    listed, _ = [
        await service.client.post(
            f"{BASE}/voters/imports?source=contoh",
            content=as_csv(persons),
            headers=bearer(Role.OPERATOR, regions=[region]) | csv,
        )
        for region, persons in (
            (CITY, [person(1, tps_code=TPS), person(2, tps_code=TPS)]),
            ("32.73", [person(3, tps_code=ELSEWHERE)]),
        )
    ]
    assert (sent.status_code, listed.status_code) == (202, 202), sent.text + listed.text
    await service.wait_until_known(
        "select 1 where not exists (select from import where state in ('received', 'running'))"
    )
    named = {"voter": {"nik": person(1)["nik"]}}
    voter = (await _made(service, "POST", "/voters:find", named))["voter_id"]
    return {
        "name": "uji",
        "kind": "hazard",
        "duty": "kpps",
        "slot": "1",
        "facility": "rs-contoh",
        "import_id": sent.json()["id"],
        "voter_import_id": listed.json()["id"],
        "voter_id": voter,
        "mover_nik": person(2)["nik"],
        "walk_in_nik": person(5)["nik"],
        "other_nik": person(6)["nik"],
        **await _things_of_places(service),
        **await _partners(service),
        "conflict_id": await _clash(
            service,
            f"/tps/{TPS}/check-ins",
            {"duty": "kpps", "slot": 1, "occurred_at": "2024-11-19T06:00:00+07:00", "channel": "app"},
            {"duty": "kpps", "slot": 2, "occurred_at": "2024-11-19T06:00:00+07:00", "channel": "app"},
        ),
    }


async def _things_of_places(service: RunningService) -> Things:
    """Make what the registry knows of officers, facilities and places beside their rows."""
    item = {"answer": "yes", "as_of": "2024-11-10", "source": "contoh"}
    await _made(service, "PUT", f"/tps/{TPS}/checklist/power", item)
    session = {
        "topic": "Contoh",
        "trainer": "Pelatih Contoh",
        "region_code": KECAMATAN,
        "place": "Aula",
        "organiser": "KPU (contoh)",
    }
    session |= {"state": "held", "duties": ["kpps"], "starts_at": "2024-11-10T09:00:00+07:00"}
    await _made(service, "PUT", "/trainings/latihan-contoh", session)
    force = {"planned": 12, "as_of": "2024-11-18", "source": "contoh"}
    await _made(service, "PUT", f"/personnel/operasi-contoh/polri/{TPS}", force)
    letter = {"letter_number": "1/CONTOH", "received_at": "2024-11-18T09:00:00+07:00"}
    asked = await _made(
        service, "POST", "/facilities/rs-contoh/requests", letter | {"voters": {"inpatient": 3}}
    )
    activity = {"state": "planned", "title": "Contoh", "organiser": "KPU (contoh)", "kind": "outreach"}
    activity |= {"place": "Balai", "starts_at": "2024-11-20T09:00:00+07:00", "as_of": "2024-11-10"}
    await _made(
        service, "PUT", "/outreach/kegiatan-contoh", activity | {"region_code": KELURAHAN, "source": "contoh"}
    )
    drawn = feature(box(106.70, -6.70, 106.90, -6.50), kode=CITY, nama="Kota Bogor")
    headers = bearer(Role.DESK, regions=[CITY]) | {"Content-Type": "application/geo+json"}
    sent = await service.client.post(
        f"{BASE}/imports?kind=boundaries&source=contoh", content=collection([drawn]), headers=headers
    )
    assert sent.status_code == 202, sent.text
    await service.wait_until_known("select from region_boundary where code = $1", CITY)
    return {
        "item": "power",
        "training": "latihan-contoh",
        "operation": "operasi-contoh",
        "request_id": str(asked["request_id"]),
        "activity": "kegiatan-contoh",
        "of_list": "kemendagri-contoh",
    }


async def _partners(service: RunningService) -> Things:
    """Make an agency with two applications, somebody of it, a secret and a device."""
    agency = "instansi-contoh"
    rights = {"roles": ["bpbd"], "regions": [CITY], "election": ELECTION}
    application = rights | {"may_act_for_persons": True}

    async def made(method: str, path: str, body: object) -> Mapping[str, Any]:
        answer = await service.client.request(
            method, f"/v1/agencies/{agency}{path}", json=body, headers=bearer(Role.ADMIN)
        )
        assert answer.is_success, answer.text
        return answer.json()

    told = {"kind": "disaster", "name": "Contoh", "name_en": "Example", "contact": "Pusdalops"}
    await made("PUT", "", told)
    for client in ("aplikasi-contoh", "aplikasi-habis"):
        await made("PUT", f"/clients/{client}", application)
    await made("PUT", "/people/petugas-contoh", rights)
    secret = await made("POST", "/clients/aplikasi-contoh/secrets", {})
    phone = {"client": "aplikasi-contoh", "label": "HP (contoh)", "person": "petugas-contoh"}
    device = await made("POST", "/devices", phone)
    return {
        "agency": agency,
        "client": "aplikasi-contoh",
        "client_to_go": "aplikasi-habis",
        "person": "petugas-contoh",
        "secret": str(secret["id"]),
        "device": str(device["device"]),
    }


async def _clash(service: RunningService, path: str, first: object, second: object) -> str:
    """Send two commands under one id, and return the id of the conflict that is kept."""
    both = [{"id": str(uuid4()), "path": path, "body": first}] * 2
    both[1] = both[1] | {"body": second}
    found = await _made(service, "POST", "/sync:batch", {"device": "hp-contoh", "items": both})
    assert [each["outcome"] for each in found["items"]] == ["created", "conflict"], found
    return str(found["items"][1]["conflict_id"])


async def _logistics(service: RunningService) -> Things:
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute("insert into election_ref values ($1, 1, '', $2)", ELECTION, CITY)
        await uow.execute(
            """insert into catalogue_item values
               ($1, 'ballot', 'ballot', 'ballot', 'piece', 'contest', 1, 0.025, true, 'test', true, false, 1, 1)""",
            ELECTION,
        )
        await uow.execute(
            """insert into tps_ref select uuidv7(), $1, c, left(c, 8), 'Asia/Jakarta', '2024-11-27', 533,
               '{walikota-32.71,gubernur-32}', true from unnest($2::text[]) c""",
            *(ELECTION, [TPS, NEIGHBOUR, ELSEWHERE]),
        )
        await uow.execute(
            "insert into tps_supply select tps_id, election, 0, true, null, 0, '[]' from tps_ref"
        )
    house = {"region_code": KELURAHAN, "name": "Gudang", "address": "Jalan Contoh"}
    warehouse = str((await _made(service, "POST", "/warehouses", house, key=KEY))["warehouse_id"])
    one, other = str(uuid4()), str(uuid4())
    packing = {"tps_code": TPS, "ballots": 547, "occurred_at": soon(-60), "warehouse_id": warehouse}
    for each, contest in ((one, "walikota-32.71"), (other, "gubernur-32")):
        await _made(
            service, "POST", "/boxes", packing | {"box_id": each, "contest": contest, "seal_number": each}
        )
    load = {"warehouse_id": warehouse, "region_code": KELURAHAN, "vehicle": "F 1", "box_ids": [other]}
    shipment = str((await _made(service, "POST", "/shipments", load))["shipment_id"])
    scan = {
        "scan_point": "tps",
        "place": TPS,
        "from_party": "courier",
        "to_party": "kpps",
        "occurred_at": soon(-9),
    }
    stray = await _made(service, "POST", "/custody-scans", scan | {"box_id": str(uuid4())})
    wrong = {"box_id": other, "outcome": "seal_mismatch", "seal_seen": "another"}
    receipt = await _made(
        service, "POST", f"/tps/{TPS}/receipts", {"boxes": [wrong], "occurred_at": soon(-5)}
    )
    assert receipt["boxes"][0]["opened"] == ["seal_mismatch"], receipt
    life = (await service.client.get(f"{BASE}/boxes/{other}", headers=bearer(Role.DESK))).json()
    clash = [scan | {"box_id": str(uuid4())} for _ in range(2)]
    return {
        "conflict_id": await _clash(service, "/custody-scans", *clash),
        "warehouse_id": warehouse,
        "box_id": one,
        "shipment_id": shipment,
        "scan_id": str(stray["scan_id"]),
        "discrepancy_id": life["discrepancies"][0]["discrepancy_id"],
        "item": "ink",
    }


async def _incidents(service: RunningService) -> Things:
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute("insert into election_ref values ($1, $2)", ELECTION, CITY)
        await uow.execute(
            "insert into tps_ref select uuidv7(), $1, c, '{}', true from unnest($2::text[]) c",
            *(ELECTION, [TPS, NEIGHBOUR, ELSEWHERE]),
        )
    flood = {"category": "disaster", "severity": "high", "tps_code": TPS, "title": "Banjir (contoh)"}
    flood |= {"description": "Genangan (contoh)", "occurred_at": soon(-30), "channel": "app"}
    one, other = [(await _made(service, "POST", "/incidents", flood))["incident_id"] for _ in range(2)]
    lack = {"region_code": "32.71.06", "point": "officers", "severity": "medium", "agency": "bpbd"}
    lack |= {"title": "Kurang (contoh)", "description": "Kurang (contoh)"}
    problem = (await _made(service, "POST", "/problems", lack, key=KEY))["problem_id"]
    told = {"agency": "bpbd", "title": "Pompa (contoh)", "text": "Kirim (contoh)", "due_until": soon(60)}
    advice = (await _made(service, "POST", f"/incidents/{one}/advice", told))["id"]
    task = (await _made(service, "POST", f"/incidents/{one}/tasks", told))["id"]
    return {
        "conflict_id": await _clash(service, "/incidents", flood, flood | {"severity": "low"}),
        "incident_id": one,
        "other_incident_id": other,
        "problem_id": problem,
        "advice_id": advice,
        "task_id": task,
        "category": "disaster",
    }


async def _turnout(service: RunningService) -> Things:
    await lay_out(service, tps_count=30)
    far = registered(1).model_copy(update={"tps_id": uuid4(), "tps_code": ELSEWHERE})
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await consumers.know_tps(uow, [told_of(far)])
    opened = {"milestone": "opened", "occurred_at": "2024-11-27T07:00:00+07:00"}
    await _made(service, "POST", f"/tps/{TPS}/milestones", opened, key=KEY)
    later = opened | {"occurred_at": "2024-11-27T07:05:00+07:00"}
    return {"conflict_id": await _clash(service, f"/tps/{TPS}/milestones", opened, later)}


_FURNISHING: Final[Mapping[str, Callable[[RunningService], Awaitable[Things]]]] = {
    "registry": _registry,
    "logistics": _logistics,
    "incidents": _incidents,
    "turnout": _turnout,
}
