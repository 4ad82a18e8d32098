"""Imports over the API: files of every kind, broken rows, repeats, a worker that dies in the middle."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

import openpyxl
import pytest

from contracts.access import Role
from services.registry.consumers.imports import ImportWorker
from tests.harness import ELECTION, RunningService, bearer, running_service

BASE = f"/v1/elections/{ELECTION}"
EVE = datetime.fromisoformat("2024-11-26T06:00:00+07:00")
CONTEST = {
    "name": "Kontes",
    "choices": [{"number": 1, "name": "Satu"}, {"number": 2, "name": "Dua"}],
    "winning_rule_source": "UU 10/2016",
}
CSV, NDJSON = "text/csv", "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women", "accessible")


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    url = database_url("registry")
    async with running_service(
        "registry", database_url=url, kafka=None, desk_time=EVE, import_chunk_rows=7
    ) as service:
        body = {"name": "Pilkada", "region_code": "32.71", "voting_date": "2024-11-27"}
        await service.client.put(BASE, json=body, headers=bearer(Role.ADMIN))
        for contest in ("walikota-32.71", "gubernur-32"):
            await service.client.put(f"{BASE}/contests/{contest}", json=CONTEST, headers=bearer(Role.ADMIN))
        yield service


def table(rows: Sequence[Sequence[object]], columns: Sequence[str] = COLUMNS, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([columns, *rows])
    return text.getvalue().encode()


def tps_rows(kelurahan: str, count: int, men: int = 250) -> list[list[object]]:
    return [
        [f"{kelurahan}.{n:03d}", "Balai RW", f"Jalan {n}", -6.5, 106.8, men, 251, "ya"]
        for n in range(1, count + 1)
    ]


async def send(
    registry: RunningService,
    content: bytes,
    *,
    kind: str = "tps",
    media_type: str = CSV,
    role: Role = Role.DESK,
    regions: Sequence[str] = ("32.71",),
    dry_run: bool = False,
) -> dict[str, object]:
    """Import a file and return how it ended."""
    headers = bearer(role, regions=regions) | {"Content-Type": media_type}
    query = f"kind={kind}&source=KPU%20Kota%20Bogor&dry_run={str(dry_run).lower()}"
    answer = await registry.client.post(f"{BASE}/imports?{query}", content=content, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"{BASE}/imports/{answer.json()['id']}"
    return await ended(registry, answer.json()["id"])


async def ended(registry: RunningService, import_id: str) -> dict[str, object]:
    for _ in range(600):
        answer = await registry.client.get(f"{BASE}/imports/{import_id}", headers=bearer(Role.DESK))
        if answer.json()["state"] in {"done", "failed"}:
            return answer.json()
        await asyncio.sleep(0.05)
    raise TimeoutError


async def told(
    registry: RunningService, done: dict[str, object], status: str = "rejected"
) -> dict[int, list[str]]:
    path = f"{BASE}/imports/{done['id']}/rows?status={status}"
    answer = await registry.client.get(path, headers=bearer(Role.DESK))
    return {item["row"]: [reason["code"] for reason in item["reasons"]] for item in answer.json()["items"]}


def counts(done: dict[str, object]) -> tuple[object, ...]:
    return tuple(done[name] for name in ("state", "rows_read", "created", "changed", "unchanged", "rejected"))


async def event_count(registry: RunningService) -> object:
    return (await registry.sql("select count(*) as n from outbox"))[0]["n"]


async def test_the_same_file_twice_changes_nothing(registry: RunningService) -> None:
    content = table(tps_rows("32.71.01.1001", 40))
    first = await send(registry, content)
    assert counts(first) == ("done", 40, 40, 0, 0, 0)
    events = await event_count(registry)
    assert counts(await send(registry, content)) == ("done", 40, 0, 0, 40, 0)
    assert await event_count(registry) == events
    assert counts(await send(registry, table(tps_rows("32.71.01.1001", 40, men=249)))) == (
        "done",
        40,
        0,
        40,
        0,
        0,
    )
    rows = await registry.sql(
        "select channel, actor, version, body from outbox where body like '%32.71.01.1001.040%' order by version"
    )
    assert [(row["channel"], row["version"]) for row in rows] == [("import", 1), ("import", 2)]
    assert json.loads(str(rows[0]["body"]))["accessible"] is True
    assert not await registry.sql("select 1 from import_part"), "the file is forgotten"


async def test_broken_rows_are_told_and_the_rest_goes_in(registry: RunningService) -> None:
    rows = tps_rows("32.71.01.1002", 12)
    rows[1][5] = "dua ratus"
    rows[2][0] = "32.71.01.1002"
    rows[3][3] = 0.0
    rows[3][4] = ""
    rows[4][0] = "35.78.01.1001.001"
    rows[5][0] = rows[0][0]
    rows[6] = rows[6][:5]
    rows[7][1] = ""
    rows[8][5] = 600
    rows[9][0] = "32.71.01.9999.001"
    done = await send(registry, table(rows))
    assert counts(done) == ("done", 12, 5, 0, 0, 7)
    assert done["with_findings"] == 2
    assert await told(registry, done) == {
        3: ["int_parsing"],
        4: ["string_pattern_mismatch"],
        5: ["value_error"],
        6: ["region-not-covered"],
        7: ["duplicate-row"],
        8: ["cells"],
        9: ["missing"],
    }
    assert await told(registry, done, "accepted") == {10: ["W-TPS-SIZE"], 11: ["W-REGION-CODE"]}
    text = (await registry.client.get(f"{BASE}/imports/{done['id']}/rows", headers=bearer(Role.DESK))).text
    assert "dua ratus" not in text


async def test_rows_with_something_to_tell_come_by_the_page(registry: RunningService) -> None:
    done = await send(registry, table([["x"] * 8 for _ in range(25)]))
    path, seen = f"{BASE}/imports/{done['id']}/rows?limit=10", list[int]()
    page = (await registry.client.get(path, headers=bearer(Role.DESK))).json()
    while True:
        seen += [item["row"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        page = (
            await registry.client.get(f"{path}&cursor={page['next_cursor']}", headers=bearer(Role.DESK))
        ).json()
    assert seen == list(range(2, 27))


async def test_a_dry_run_judges_and_changes_nothing(registry: RunningService) -> None:
    events = await event_count(registry)
    content = table([*tps_rows("32.71.01.1003", 10), ["x", *[""] * 7]])
    done = await send(registry, content, dry_run=True)
    assert counts(done) == ("done", 11, 10, 0, 0, 1)
    assert await event_count(registry) == events
    assert not await registry.sql("select 1 from tps where code like '32.71.01.1003.%'")


async def test_a_column_that_is_not_there_leaves_what_stands(registry: RunningService) -> None:
    await send(registry, table(tps_rows("32.71.01.1004", 3)))
    content = table(
        [["32.71.01.1004.001", "tidak"], ["32.71.01.1004.002", ""], ["32.71.01.1004.009", "ya"]],
        ("tps_code", "accessible"),
        ";",
    )
    done = await send(registry, content)
    assert counts(done) == ("done", 3, 0, 2, 0, 1)
    assert await told(registry, done) == {4: ["missing"] * 4}
    rows = await registry.sql(
        "select accessible, place, dpt_men from tps where code like '32.71.01.1004.%' order by code"
    )
    assert [tuple(row.values()) for row in rows] == [
        (False, "Balai RW", 250),
        (None, "Balai RW", 250),
        (True, "Balai RW", 250),
    ]


async def test_a_spreadsheet_and_lines_of_json(registry: RunningService) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    for row in tps_rows("32.71.01.1005", 9):
        sheet.append([int(str(row[0]).replace(".", "")), *row[1:]])
    sheet.append([None] * 8)
    file = io.BytesIO()
    book.save(file)
    assert counts(await send(registry, file.getvalue(), media_type=XLSX)) == ("done", 9, 9, 0, 0, 0)
    lines = [
        dict(zip(COLUMNS, row, strict=True)) | {"accessible": True} for row in tps_rows("32.71.01.1005", 9)
    ]
    content = "\n".join([*(json.dumps(line) for line in lines), "", "{", "[1]", '{"tps_code": 7}']).encode()
    done = await send(registry, content, media_type=NDJSON)
    assert counts(done) == ("done", 12, 0, 0, 9, 3)
    assert await told(registry, done) == {11: ["json"], 12: ["json"], 13: ["string_type"]}


@pytest.mark.parametrize(
    ("content", "media_type", "why"),
    [
        (b"tps_code,nama\n1,2\n", CSV, "unknown-column"),
        (b"place,address\n1,2\n", CSV, "missing-column"),
        (b"tps_code,tps_code\n1,2\n", CSV, "duplicate-column"),
        (b"tps_code\n\xff\xfe\n", CSV, "not-utf-8"),
        (b"3271064508900001,Budi\n", CSV, "unknown-column"),
        (b"PK\x03\x04 no workbook", XLSX, "not-xlsx"),
        (b"tps_code\n1\n", XLSX, "not-xlsx"),
    ],
)
async def test_files_that_cannot_be_read(
    registry: RunningService, content: bytes, media_type: str, why: str
) -> None:
    done = await send(registry, content, media_type=media_type)
    assert done["state"] == "failed"
    assert done["failure"]["code"] == why  # type: ignore[index]
    assert "3271064508900001" not in json.dumps(done)


async def test_what_is_refused_at_the_door(registry: RunningService) -> None:
    path, headers = f"{BASE}/imports?kind=tps&source=KPU", bearer(Role.DESK) | {"Content-Type": CSV}
    content = table(tps_rows("32.71.01.1006", 1))

    async def status(path: str, headers: dict[str, str], content: bytes = content) -> tuple[int, str]:
        answer = await registry.client.post(path, content=content, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert await status(path, {"Content-Type": CSV}) == (401, "unauthenticated")
    assert await status(path, bearer(Role.KPPS) | {"Content-Type": CSV}) == (403, "scope-missing")
    assert await status(path, bearer(Role.BPBD) | {"Content-Type": CSV}) == (403, "scope-missing")
    assert await status(path, bearer(Role.DESK) | {"Content-Type": "application/pdf"}) == (
        415,
        "unsupported-media-type",
    )
    assert await status(path, headers, b"") == (422, "invalid-payload")
    assert await status(f"{BASE}/imports?kind=voters&source=KPU", headers) == (422, "invalid-payload")
    assert await status(f"{BASE}/imports?kind=tps", headers) == (422, "invalid-payload")
    assert await status(f"{BASE}/imports?kind=tps&source=KPU&dryrun=1", headers) == (400, "unknown-parameter")
    keyless = {name: value for name, value in headers.items() if name != "Idempotency-Key"}
    assert await status(path, keyless) == (400, "idempotency-key-missing")
    assert await status(
        "/v1/elections/lain-2024/imports?kind=tps&source=KPU",
        bearer(Role.DESK, election=None) | {"Content-Type": CSV},
    ) == (404, "election-unknown")
    assert not await registry.sql(
        "select 1 from import_part p where not exists (select 1 from import i where i.id = p.import_id)"
    )


async def test_the_file_may_be_larger_than_other_bodies(registry: RunningService) -> None:
    content = table(tps_rows("32.71.01.1007", 2)) + b",,,,,,,\n" * 250_000
    assert len(content) > registry.settings.body_limit_bytes
    assert counts(await send(registry, content)) == ("done", 2, 2, 0, 0, 0)
    headers = bearer(Role.DESK) | {"Content-Type": CSV, "Content-Length": "64000001"}
    answer = await registry.client.post(f"{BASE}/imports?kind=tps&source=KPU", content=b"x", headers=headers)
    assert answer.status_code == 413


async def test_a_repeat_with_the_same_key_is_one_import(registry: RunningService) -> None:
    headers = bearer(Role.DESK) | {"Content-Type": CSV}
    path, content = f"{BASE}/imports?kind=tps&source=KPU", table(tps_rows("32.71.01.1008", 3))
    answers = await asyncio.gather(
        *(registry.client.post(path, content=content, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    await ended(registry, answers[0].json()["id"])
    other = await registry.client.post(path, content=content + b"\n", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert not await registry.sql("select 1 from import_part")


async def test_an_import_is_seen_by_whoever_sent_it(registry: RunningService) -> None:
    headers = bearer(Role.BPBD, person="bpbd-1") | {"Content-Type": CSV}
    content = table(
        [["32.71.01.1001.001", "hazard", "tinggi", "2024-10-15"]], ("tps_code", "kind", "risk_class", "as_of")
    )
    made = await registry.client.post(
        f"{BASE}/imports?kind=risks&source=BPBD", content=content, headers=headers
    )
    path = f"{BASE}/imports/{made.json()['id']}"
    assert (await registry.client.get(path, headers=bearer(Role.BPBD, person="bpbd-1"))).status_code == 200
    assert (await registry.client.get(path, headers=bearer(Role.BPBD, person="bpbd-2"))).json()[
        "code"
    ] == "import-unknown"
    assert (
        await registry.client.get(f"{path}/rows", headers=bearer(Role.BPBD, person="bpbd-2"))
    ).status_code == 404
    await ended(registry, made.json()["id"])


async def test_risks_of_many_tps(registry: RunningService) -> None:
    await send(registry, table(tps_rows("32.71.02.1001", 20)))
    columns = ("tps_code", "kind", "risk_class", "indicators", "as_of")
    rows = [
        [f"32.71.02.1001.{n:03d}", "hazard", "tinggi", "banjir; longsor", "2024-10-15"] for n in range(1, 21)
    ]
    rows += [
        ["32.71.02.1001.001", "security", "rawan", "", "2024-10-15"],
        ["32.71.02.1001.099", "hazard", "low", "", "2024-10-15"],
    ]
    done = await send(registry, table(rows, columns), kind="risks", role=Role.BPBD)
    assert counts(done) == ("done", 22, 20, 0, 0, 2)
    assert await told(registry, done) == {22: ["enum"], 23: ["tps-unknown"]}
    standing = (
        await registry.client.get(f"{BASE}/tps/32.71.02.1001.007/risks", headers=bearer(Role.BPBD))
    ).json()["items"]
    assert (standing[0]["risk_class"], standing[0]["indicators"], standing[0]["source"]) == (
        "high",
        ["banjir", "longsor"],
        "KPU Kota Bogor",
    )
    assert counts(await send(registry, table(rows[:20], columns), kind="risks", role=Role.BPBD)) == (
        "done",
        20,
        0,
        0,
        20,
        0,
    )
    older = [[*row[:4], "2024-09-01"] for row in rows[:2]]
    assert await told(registry, await send(registry, table(older, columns), kind="risks")) == {
        2: ["assessment-older"],
        3: ["assessment-older"],
    }


async def test_rosters_of_many_tps(registry: RunningService) -> None:
    await send(registry, table(tps_rows("32.71.02.1002", 3)))
    columns = ("tps_code", "duty", "slot", "person", "display_name", "trained")
    rows = [
        [f"32.71.02.1002.{tps:03d}", duty, slot, f"{duty}-{tps}-{slot}", f"Nama Rekaan {tps} {slot}", trained]
        for tps in (1, 2, 3)
        for duty, slots, trained in (("kpps", 7, "ya"), ("linmas", 2, "belum"), ("ptps", 1, ""))
        for slot in range(1, slots + 1)
    ]
    broken = [["32.71.02.1002.001", "kpps", 8, "p", "N", ""], ["32.71.02.1002.001", "saksi", 1, "p", "N", ""]]
    done = await send(registry, table([*rows, *broken], columns), kind="officers")
    assert counts(done) == ("done", 32, 30, 0, 0, 2)
    assert await told(registry, done) == {32: ["slot-unknown"], 33: ["enum"]}
    assert counts(await send(registry, table(rows, columns), kind="officers")) == ("done", 30, 0, 0, 30, 0)
    roster = (
        await registry.client.get(f"{BASE}/tps/32.71.02.1002.003/officers", headers=bearer(Role.DESK))
    ).json()
    assert (roster["kpps"]["trained"], roster["linmas"]["trained"], roster["ptps"]["training_unknown"]) == (
        7,
        0,
        1,
    )
    swap = [
        ["32.71.02.1002.001", "kpps", 1, "kpps-2-1", "Nama Rekaan 2 1", "ya"],
        ["32.71.02.1002.002", "kpps", 1, "kpps-1-1", "Nama Rekaan 1 1", "ya"],
    ]
    assert counts(await send(registry, table(swap, columns), kind="officers")) == ("done", 2, 0, 2, 0, 0)
    taken = [
        ["32.71.02.1002.001", "kpps", 2, "kpps-3-2", "Nama", ""],
        ["32.71.02.1002.001", "kpps", 3, "", "", ""],
    ]
    done = await send(registry, table(taken, columns), kind="officers")
    assert counts(done) == ("done", 2, 0, 1, 0, 1)
    assert await told(registry, done) == {2: ["officer-elsewhere"]}
    assert not await registry.sql("select person from officer group by election, person having count(*) > 1")


async def test_facilities(registry: RunningService) -> None:
    columns = ("code", "name", "region_code", "contact_status", "contacted_on")
    rows = [
        ["3271104", "RS Umum Daerah Kota Bogor", "32.71", "contacted", "2024-10-28"],
        ["LP-1", "Lapas Paledang", "32.71.03", "", ""],
        ["X", "Jauh", "35.78", "", ""],
    ]
    done = await send(registry, table(rows, columns), kind="facilities", role=Role.HEALTH)
    assert counts(done) == ("done", 3, 1, 1, 0, 1)
    assert await told(registry, done) == {4: ["region-not-covered"]}
    known = (await registry.client.get(f"{BASE}/facilities/3271104", headers=bearer(Role.HEALTH))).json()
    assert (known["contact_status"], known["beds"]) == ("contacted", 158)


async def test_another_worker_goes_on_behind_the_cursor(registry: RunningService) -> None:
    """Workers die after every chunk; each row is taken in once all the same."""
    registry.app.state.import_worker.poke = lambda: None
    database, clock = registry.app.state.database, registry.app.state.clock
    dying = [ImportWorker(database, clock=clock, chunk_rows=7) for _ in range(3)]
    tasks = [asyncio.ensure_future(worker.run()) for worker in dying]
    content = table(tps_rows("32.71.03.1001", 200))
    headers = bearer(Role.DESK) | {"Content-Type": CSV}
    answer = await registry.client.post(
        f"{BASE}/imports?kind=tps&source=KPU", content=content, headers=headers
    )
    path = f"{BASE}/imports/{answer.json()['id']}"
    killed, mark = 0, 0
    while (state := (await registry.client.get(path, headers=bearer(Role.DESK))).json())["state"] != "done":
        if int(state["rows_read"]) > mark and killed < 3:
            mark = int(state["rows_read"])
            tasks[killed].cancel()
            killed += 1
            await registry.sql("select 1")
            async with database.transaction() as uow:  # its lease runs out at once
                await uow.execute("update import set lease_until = '2020-01-01' where state = 'running'")
        await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    assert counts(state) == ("done", 200, 200, 0, 0, 0)
    rows = await registry.sql(
        "select count(*) as n, count(distinct aggregate) as tps from outbox where body like '%\"32.71.03.1001.%'"
    )
    assert (rows[0]["n"], rows[0]["tps"]) == (200, 200)
