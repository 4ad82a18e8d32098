"""Lists of voters over the API: what goes in, what is told of broken rows, who may, and that nothing can be read at rest."""

import io
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import openpyxl
import pytest

from chassis.database import UnitOfWork
from contracts.access import ROLE_SCOPES, Role, Scope
from services.registry.commands import imports
from tests.harness import RunningService, bearer
from tests.services.registry.electorate import (
    COLUMNS,
    TPS,
    VOTERS,
    Person,
    as_csv,
    as_ndjson,
    enrol,
    person,
    post_list,
)
from tests.services.registry.files import BASE, NDJSON, XLSX, counts, event_count, send, told


async def reasons(
    electorate: RunningService, done: dict[str, object], status: str = "rejected"
) -> dict[int, list[str]]:
    return await told(electorate, done, status, at=VOTERS, role=Role.OPERATOR)


async def voters(electorate: RunningService) -> object:
    return (await electorate.sql("select count(*) as n from voter"))[0]["n"]


async def test_the_same_list_twice_changes_nothing(electorate: RunningService) -> None:
    people = [person(number) for number in range(100, 130)]
    events, before = await event_count(electorate), await voters(electorate)
    assert counts(await enrol(electorate, as_csv(people))) == ("done", 30, 30, 0, 0, 0)
    rows = await electorate.sql("select id, sealed from voter order by id")
    assert counts(await enrol(electorate, as_csv(people))) == ("done", 30, 0, 0, 30, 0)
    assert counts(await enrol(electorate, as_ndjson(people), media_type=NDJSON)) == ("done", 30, 0, 0, 30, 0)
    assert await electorate.sql("select id, sealed from voter order by id") == rows
    assert await voters(electorate) == int(str(before)) + 30
    assert await event_count(electorate) == int(str(events)) + len(TPS), "counts, one for each TPS, once"
    assert not await electorate.sql("select 1 from import_part"), "the file is forgotten"
    await electorate.wait_until_known("select 1 where not exists (select 1 from voter_seen)")


async def test_broken_rows_are_told_by_their_numbers_and_the_rest_goes_in(electorate: RunningService) -> None:
    await enrol(electorate, as_csv([person(299)]))
    other_tps = {"tps_code": TPS[0]}
    people: list[Person] = [
        person(200),
        person(201, nik="99123"),
        person(202, nik="3271064508900001"),
        person(203, sex="P"),
        person(204, birth_date="2007-11-28"),
        person(205, birth_date="1903-11-26"),
        person(206, tps_code="32.71.02.1001.099"),
        person(207, tps_code="35.78.01.1001.001"),
        person(200),
        person(200, **other_tps),
        person(299, **other_tps),
        person(208, kind="tamu"),
        person(209, name=""),
        person(210, birth_date="kemarin"),
    ]
    done = await enrol(electorate, as_csv(people))
    assert counts(done) == ("done", 14, 2, 0, 0, 12)
    assert await reasons(electorate, done) == {
        3: ["E-NIK-SHAPE"],
        4: ["E-NIK-SYNTHETIC"],
        6: ["E-VOTER-AGE"],
        7: ["E-VOTER-AGE"],
        8: ["tps-unknown"],
        9: ["region-not-covered"],
        10: ["E-VOTER-TWICE"],
        11: ["E-VOTER-TWO-TPS"],
        12: ["E-VOTER-ELSEWHERE"],
        13: ["enum"],
        14: ["string_type"],
        15: ["date_from_datetime_parsing"],
    }
    assert await reasons(electorate, done, "accepted") == {5: ["W-NIK-BIRTH"]}


async def test_who_is_married_may_be_younger_and_the_day_of_seventeen_is_enough(
    electorate: RunningService,
) -> None:
    people = [
        person(220, birth_date="2008-01-01", married="ya"),
        person(221, birth_date="2008-01-01", married="tidak"),
        person(222, birth_date="2007-11-27"),
    ]
    done = await enrol(electorate, as_csv(people, (*COLUMNS, "married")))
    assert await reasons(electorate, done) == {3: ["E-VOTER-AGE"]}


async def test_duplicates_are_found_across_chunks_and_on_a_dry_run(electorate: RunningService) -> None:
    people = [person(number) for number in range(300, 320)]
    before, events = await voters(electorate), await event_count(electorate)
    done = await enrol(electorate, as_csv([*people, people[0]]), dry_run=True)
    assert counts(done) == ("done", 21, 20, 0, 0, 1)
    assert await reasons(electorate, done) == {22: ["E-VOTER-TWICE"]}
    assert (await voters(electorate), await event_count(electorate)) == (before, events)


async def test_a_column_that_is_not_there_leaves_what_stands(electorate: RunningService) -> None:
    more = (*COLUMNS, "disability", "family_number", "struck", "canary")
    said = {"disability": "netra", "family_number": "9971064508900002", "struck": "ganda", "canary": "ya"}
    assert counts(await enrol(electorate, as_csv([person(400, **said)], more)))[2] == 1
    assert counts(await enrol(electorate, as_csv([person(400)])))[4] == 1, "unchanged"
    (row,) = await electorate.sql(
        "select status, strike_reason, canary, family_index from voter where canary"
    )
    assert (row["status"], row["strike_reason"]) == ("struck", "double")
    assert len(bytes(row["family_index"])) == 32  # type: ignore[arg-type]  # a bytea
    assert counts(await enrol(electorate, as_csv([person(400)], more)))[3] == 1, "empty cells take back"
    rows = await electorate.sql(
        "select status, canary, family_index from voter where id in (select id from voter)"
    )
    assert {"status": "struck"} not in [{"status": row["status"]} for row in rows]
    assert not any(row["canary"] for row in rows)


async def test_a_correction_is_a_change(electorate: RunningService) -> None:
    assert counts(await enrol(electorate, as_csv([person(410)])))[2] == 1
    renamed = person(410, name="Nama Lain Contoh (gladi)")
    assert counts(await enrol(electorate, as_csv([renamed])))[3] == 1


async def test_nothing_of_a_person_can_be_read_at_rest(electorate: RunningService) -> None:
    somebody = person(
        420, name="Rahasia Contoh (gladi)", disability="daksa", family_number="9971064508900420"
    )
    await enrol(electorate, as_csv([somebody], (*COLUMNS, "disability", "family_number")))
    for table in (
        "voter",
        "voter_seen",
        "voter_key",
        "import",
        "import_row",
        "import_part",
        "idempotency_key",
        "outbox",
    ):
        rows = await electorate.sql(f"select t::text as told from {table} t")
        written = " ".join(str(row["told"]) for row in rows)
        for value in (somebody["nik"], "Rahasia", somebody["birth_date"], "daksa", somebody["family_number"]):
            assert value not in written, (table, value)
            assert value.encode().hex() not in written, (table, value)


async def test_a_list_that_was_sent_as_something_else_is_sealed_while_it_waits(
    electorate: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a database has written once stays in its log, so a look after the import is too late."""
    stored: list[imports.StoredPart] = []
    store = imports.store_part

    async def store_and_tell(
        uow: UnitOfWork, import_id: UUID, number: int, *, part: imports.StoredPart, stored_at: datetime
    ) -> None:
        stored.append(part)
        await store(uow, import_id, number, part=part, stored_at=stored_at)

    monkeypatch.setattr(imports, "store_part", store_and_tell)
    somebody = person(430)
    content = f"tps_code,kind,place\n{TPS[0]},{somebody['nik']},{somebody['name']}\n".encode()
    done = await send(electorate, content, kind="tps")
    assert (done["state"], done["rejected"]) == ("done", 1)
    assert [part.sealed for part in stored] == [True]
    assert somebody["nik"].encode() not in stored[0].content


async def test_only_the_commission_brings_lists(electorate: RunningService) -> None:
    may = {role for role in Role if Scope.VOTERS_WRITE in ROLE_SCOPES[role]}
    assert may == {Role.OPERATOR, Role.ADMIN}
    for role in set(Role) - may:
        answer = await post_list(electorate, as_csv([person(500)]), role=role)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing"), role
    other = await electorate.client.post(
        f"{BASE}/imports?kind=voters&source=x",
        content=as_csv([person(500)]),
        headers=bearer(Role.ADMIN) | {"Content-Type": "text/csv"},
    )
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "other-route")


async def test_an_import_of_voters_is_seen_by_who_sent_it_and_at_its_own_address(
    electorate: RunningService,
) -> None:
    done = await enrol(electorate, as_csv([person(510)]))
    for path, headers in (
        (f"{BASE}/imports/{done['id']}", bearer(Role.ADMIN)),
        (f"{BASE}/imports/{done['id']}/rows", bearer(Role.DESK)),
        (f"{VOTERS}/{done['id']}/rows", bearer(Role.OPERATOR, person="person-2")),
    ):
        answer = await electorate.client.get(path, headers=headers)
        assert answer.json()["code"] == "import-unknown", path


async def test_a_region_bites_row_by_row(electorate: RunningService) -> None:
    people = [person(520, tps_code=TPS[0]), person(521, tps_code=TPS[1])]
    done = await enrol(electorate, as_csv(people), regions=[TPS[1]])
    assert counts(done) == ("done", 2, 1, 0, 0, 1)
    assert await reasons(electorate, done) == {2: ["region-not-covered"]}


def as_xlsx(people: list[Person], columns: Sequence[str], numbers: Collection[tuple[int, str]] = ()) -> bytes:
    """Return a workbook whose cells are text, but for those of some rows and columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(columns))
    for row, who in enumerate(people):
        sheet.append([int(who[name]) if (row, name) in numbers else who.get(name) for name in columns])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_a_spreadsheet_is_taken_where_its_numbers_are_text(electorate: RunningService) -> None:
    columns = (*COLUMNS, "family_number")
    people: list[Person] = [person(n, family_number="9971064508900540") for n in range(540, 545)]
    sheet = as_xlsx(people, columns, {(1, "nik"), (3, "family_number")})
    done = await enrol(electorate, sheet, media_type=XLSX)
    assert counts(done) == ("done", 5, 3, 0, 0, 2)
    assert await reasons(electorate, done) == {3: ["cell-is-number"], 5: ["cell-is-number"]}
    assert counts(await enrol(electorate, as_csv([people[0]], columns)))[4] == 1, "the same as from a text"
    row = (await electorate.client.get(f"{VOTERS}/{done['id']}/rows", headers=bearer(Role.OPERATOR))).text
    assert "format the column as text" in row
    assert "9971" not in row


async def test_what_is_no_spreadsheet_fails_and_other_forms_are_not_read(electorate: RunningService) -> None:
    done = await enrol(electorate, b"PK", media_type=XLSX)
    assert (done["state"], done["failure"]["code"]) == ("failed", "not-xlsx")  # type: ignore[index]  # it has one
    answer = await post_list(electorate, b"x", media_type="application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


async def test_headers_that_are_not_known_fail_the_list_without_a_word_of_it(
    electorate: RunningService,
) -> None:
    somebody = person(530)
    done = await enrol(electorate, f"{somebody['nik']},{somebody['name']}\n".encode())
    assert done["state"] == "failed"
    assert somebody["nik"] not in str(done)
