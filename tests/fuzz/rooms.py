"""Every process with something in it, so that a fuzzed request finds what it names: `async with furnished("turnout", url)`.

Names that a request may bear are told beside: a path parameter, or a member of a body, that is called so takes one of them
half of the time.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import uuid4

import httpx

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.infrastructure import run_folder
from tests.services.gateway.conftest import play
from tests.services.registry.electorate import as_csv, keys_file, person
from tests.services.turnout.paper import lay_out
from tests.story import OPENS, whole_story

KELURAHAN: Final = "32.71.06.1002"
TPS: Final = f"{KELURAHAN}.028"
PROCESSES: Final = ("registry", "logistics", "incidents", "turnout", "gateway")
BASE: Final = f"/v1/elections/{ELECTION}"
EVERY_ROLE: Final = (Role.ADMIN, Role.OPERATOR, Role.ADJUDICATOR, Role.HEALTH)
Names = dict[str, list[object]]

_SETTINGS: Final[Mapping[str, Mapping[str, object]]] = {
    "registry": {
        "voter_lookups_per_address": "1000000/minute",
        "voter_lookups_in_all": "1000000/minute",
        "voter_lookups_per_nik": "1000000/minute",
        "voter_lookups_per_device": "1000000/minute",
        "voter_lookup_misses_per_address": 1_000_000,
        "voter_lookup_misses_in_all": 1_000_000,
        "voter_lookup_floor_s": 0.005,
    },
    "incidents": {
        "public_reports_per_address": "1000000/minute",
        "public_lookups_per_address": "1000000/minute",
        "public_reports_in_all": "1000000/minute",
    },
    "gateway": {"overview_age_s": 0, "map_age_s": 0},
}


@dataclass(frozen=True)
class Room:
    """A process under fuzz, and the names of what is in it."""

    service: RunningService
    names: Names


@asynccontextmanager
async def furnished(process: str, database_url: str) -> AsyncGenerator[Room]:
    """Run a process of the desk on the morning of the voting day, with something in it; nothing is relayed."""
    keys = {"voter_keys_file": keys_file(run_folder())} if process == "registry" else {}
    async with running_service(
        process,
        database_url=database_url,
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        **cast(Any, {**_SETTINGS.get(process, {}), **keys}),
    ) as service:
        names: Names = {
            "election": [ELECTION],
            "code": [TPS, KELURAHAN, "32.71"],
            "contest": ["walikota-32.71", "gubernur-32"],
            "tps_code": [TPS, "3271061002028"],
            "region_code": ["32.71", KELURAHAN],
            "region": ["32.71", KELURAHAN],
        }
        names.update(await _FURNISHING[process](service))
        yield Room(service, names)


async def _made(service: RunningService, method: str, path: str, body: object) -> Mapping[str, object]:
    headers = bearer(EVERY_ROLE)
    answer: httpx.Response = await service.client.request(method, f"{BASE}{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def _registry(service: RunningService) -> Names:
    election = {"name": "Pilkada", "region_code": "32.71", "voting_date": "2024-11-27"}
    await _made(service, "PUT", "", election)
    choices = [{"number": n, "name": f"Pasangan {n}"} for n in (1, 2, 3)]
    for contest in ("walikota-32.71", "gubernur-32"):
        body = {"name": "Kontes", "choices": choices, "winning_rule_source": "UU 10/2016"}
        await _made(service, "PUT", f"/contests/{contest}", body)
    place = {"place": "SDN 1", "address": "Jalan Rekaan 1", "dpt_men": 250, "dpt_women": 283, "source": "KPU"}
    await _made(service, "PUT", f"/tps/{TPS}", place)
    sent = await service.client.post(
        f"{BASE}/imports?kind=tps&source=KPU",
        content=f"tps_code,place,address\n{KELURAHAN}.029,SDN,Jalan\n{KELURAHAN}.030x,SDN,\n",
        headers=bearer(EVERY_ROLE) | {"Content-Type": "text/csv"},
    )
    assert sent.status_code == 202, sent.text
    listed = await service.client.post(
        f"{BASE}/voters/imports?source=KPU",
        content=as_csv([person(1, tps_code=TPS), person(2, tps_code="x")]),
        headers=bearer(EVERY_ROLE) | {"Content-Type": "text/csv"},
    )
    assert listed.status_code == 202, listed.text
    somebody = person(1)
    await service.wait_until_known("select 1 from voter")
    found = await _made(service, "POST", "/voters:find", {"voter": {"nik": somebody["nik"]}})
    imports: list[object] = [sent.json()["id"], listed.json()["id"]]
    voter: Names = {
        "import_id": imports,
        "voter_id": [str(found["voter_id"])],
        "to_tps": [f"{KELURAHAN}.029"],
        "address_code": [KELURAHAN],
        "nik": [somebody["nik"]],
        "name": [somebody["name"]],
    }
    return voter | await _people(service)


async def _people(service: RunningService) -> Names:
    officer = {"person": "kpps-1", "display_name": "Petugas Rekaan"}
    await _made(service, "PUT", f"/posts/{TPS}/kpps/1", officer)
    await _made(service, "PUT", f"/posts/{KELURAHAN}/pps/1", officer | {"person": "pps-1"})
    session = {
        "region_code": "32.71",
        "place": "Aula",
        "topic": "Simulasi",
        "organiser": "KPU",
        "trainer": "Pelatih Rekaan",
        "starts_at": "2024-11-10T09:00:00+07:00",
    }
    await _made(service, "PUT", "/trainings/T-1", session)
    force = {"planned": 2, "source": "Polresta", "as_of": "2024-11-20"}
    await _made(service, "PUT", f"/personnel/mantap-praja/polri/{TPS}", force)
    hospital = {"name": "RS Rekaan", "region_code": "32.71", "source": "Dinkes"}
    await _made(service, "PUT", "/facilities/RS-1", hospital)
    letter = {"letter_number": "1", "received_at": "2024-11-18T09:00:00+07:00", "voters": {"inpatient": 3}}
    made = await _made(service, "POST", "/facilities/RS-1/requests", letter)
    return {
        "code": [TPS, KELURAHAN, "32.71", "RS-1"],
        "duty": ["kpps", "pps"],
        "slot": [1],
        "training": ["T-1"],
        "operation": ["mantap-praja"],
        "agency": ["polri"],
        "request_id": [made["request_id"]],
        "place_code": [TPS, KELURAHAN],
        "person": ["kpps-1", "pps-1"],
        "tps_codes": [[TPS]],
    }


async def _logistics(service: RunningService) -> Names:
    async with service.app.state.database.transaction() as uow:
        await uow.execute("insert into election_ref values ($1, 1, '')", ELECTION)
        await uow.execute(
            """insert into catalogue_item values
               ($1, 'ballot', 'ballot', 'ballot', 'piece', 'contest', 1, 0.025, true, 'test', true, true, 1, 1)""",
            ELECTION,
        )
        await uow.execute(
            """insert into tps_ref select uuidv7(), $1, $2 || '.' || to_char(n, 'FM000'), '32.71.06', 'Asia/Jakarta',
               '2024-11-27', 533, '{gubernur-32,walikota-32.71}', true from generate_series(1, 60) n""",
            ELECTION,
            KELURAHAN,
        )
        await uow.execute(
            "insert into tps_supply select tps_id, election, 0, true, null, 0, '[]' from tps_ref"
        )
    house = {"region_code": "32.71", "name": "Gudang KPU", "address": "Jalan Loader 7"}
    warehouse = (await _made(service, "POST", "/warehouses", house))["warehouse_id"]
    boxes = [str(uuid4()) for _ in range(4)]
    for n, box in enumerate(boxes):
        packing = {
            "box_id": box,
            "tps_code": f"{KELURAHAN}.{n + 1:03}",
            "contest": "walikota-32.71",
            "seal_number": f"S-{n}",
        }
        await _made(service, "POST", "/boxes", packing | {"ballots": 547, "occurred_at": soon()})
    load = {"warehouse_id": warehouse, "region_code": "32.71.06", "vehicle": "F 1", "box_ids": boxes[:1]}
    shipment = (await _made(service, "POST", "/shipments", load))["shipment_id"]
    stray = {"box_id": str(uuid4()), "scan_point": "warehouse", "place": "32.71", "occurred_at": soon()}
    scan = await _made(
        service, "POST", "/custody-scans", stray | {"from_party": "warehouse", "to_party": "courier"}
    )
    return {
        "warehouse_id": [warehouse],
        "box_id": list(boxes),
        "shipment_id": [shipment],
        "scan_id": [scan.get("scan_id", "")],
        "item": ["ballot"],
    }


async def _incidents(service: RunningService) -> Names:
    async with service.app.state.database.transaction() as uow:
        await uow.execute("insert into election_ref values ($1, '32.71')", ELECTION)
        await uow.execute(
            """insert into tps_ref select uuidv7(), $1, $2 || '.' || to_char(n, 'FM000'), '{}', true
               from generate_series(1, 60) n""",
            ELECTION,
            KELURAHAN,
        )
    told = {"category": "disaster", "severity": "high", "tps_code": TPS, "title": "Banjir", "channel": "app"}
    told |= {"description": "Banjir bandang", "occurred_at": soon()}
    incidents = [(await _made(service, "POST", "/incidents", told))["incident_id"] for _ in range(3)]
    seen = {"region_code": "32.71.06", "point": "officers", "severity": "medium", "agency": "kpu"}
    seen |= {"title": "Pelatihan", "description": "Belum"}
    problem = (await _made(service, "POST", "/problems", seen))["problem_id"]
    advising = {"agency": "kpu", "title": "Latih", "text": "Malam ini"}
    advice = (await _made(service, "POST", f"/problems/{problem}/advice", advising))["id"]
    duty = {"agency": "kpu", "title": "Latih", "text": "Malam ini", "due_until": soon(60)}
    task = (await _made(service, "POST", f"/problems/{problem}/tasks", duty))["id"]
    public = {"category": "disaster", "description": "Genangan", "tps_code": TPS}
    code = (await _made(service, "POST", "/public/incidents", public))["tracking_code"]
    return {
        "incident_id": list(incidents),
        "problem_id": [problem],
        "advice_id": [advice],
        "task_id": [task],
        "tracking_code": [code],
    }


async def _turnout(service: RunningService) -> Names:
    await lay_out(service)
    return {}


async def _gateway(service: RunningService) -> Names:
    await play(service, whole_story().events)
    return {}


_FURNISHING: Final[Mapping[str, Callable[[RunningService], Awaitable[Names]]]] = {
    "registry": _registry,
    "logistics": _logistics,
    "incidents": _incidents,
    "turnout": _turnout,
    "gateway": _gateway,
}
