"""Imports over the API: forms of files, broken rows, repeats, what is refused at the door."""

import asyncio
import io
import json

import openpyxl
import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import (
    BASE,
    COLUMNS,
    CSV,
    NDJSON,
    XLSX,
    counts,
    ended,
    event_count,
    send,
    table,
    told,
    tps_rows,
)


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
    failure = done["failure"]
    assert isinstance(failure, dict)
    assert failure["code"] == why
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
    headers = bearer(Role.DESK) | {"Content-Type": CSV, "Content-Length": "256000001"}
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


async def test_a_tps_at_a_special_location_is_imported_and_found(registry: RunningService) -> None:
    columns = (*COLUMNS, "kind")
    prison, ordinary = tps_rows("32.71.02.1001", 2)
    prison[1] = "Lembaga Pemasyarakatan Contoh"
    done = await send(registry, table([[*prison, "special_location"], [*ordinary, "regular"]], columns))
    assert counts(done) == ("done", 2, 2, 0, 0, 0)
    code = str(prison[0])
    seen = (await registry.client.get(f"{BASE}/tps/{code}", headers=bearer(Role.OBSERVER))).json()
    assert (seen["kind"], seen["active"]) == ("special_location", True)
    (event,) = await registry.sql(
        "select body from outbox where type = 'desk.registry.tps.registered.v1' and body like $1", f"%{code}%"
    )
    assert json.loads(str(event["body"]))["kind"] == "special_location"
    public = (await registry.client.get(f"{BASE}/public/tps/{code}")).json()
    assert (public["tps_code"], public["place"]) == (code, prison[1])

    wrong = await send(registry, table([[*ordinary, "prison"]], columns))
    assert counts(wrong) == ("done", 1, 0, 0, 0, 1)
