"""One voter after the list came: moved, struck, corrected, walked in; what is kept of it, who may, and what is told."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from contracts.access import Role
from tests.harness import RunningService, running_service
from tests.infrastructure import drop_database, make_database
from tests.services.registry.conftest import define
from tests.services.registry.electorate import (
    COLUMNS,
    TPS,
    as_csv,
    ask,
    enrol,
    keys_file,
    lay_out,
    person,
)
from tests.services.registry.files import BASE, counts, send, table, told, tps_rows
from tests.services.registry.keeping import EVIDENCE, OTHER_CITY, do, last_counts, move, named, voter


async def test_an_import_tells_counts_once_for_each_tps(october: RunningService) -> None:
    await send(october, table(tps_rows("32.71.02.1003", 2)))
    here = ["32.71.02.1003.001", "32.71.02.1003.002"]
    people = [person(n, tps_code=here[n % 2]) for n in range(700, 720)]
    canary = person(799, tps_code=here[0], canary="ya")
    await enrol(october, as_csv([*people, canary], (*COLUMNS, "canary")))
    await october.wait_until_known(
        "select 1 where not exists (select 1 from tps_voters where counting is not null)"
    )
    for code, sex in ((here[0], "women"), (here[1], "men")):
        told_of = await last_counts(october, code)
        assert told_of["dpt"] == {"men": 0, "women": 0} | {sex: 10}, "a canary is nobody"
        rows = await october.sql(
            "select count(*) as n from outbox where type like '%tps_voters%' and body::jsonb->>'tps_code' = $1",
            code,
        )
        assert rows[0]["n"] == 1, "one event for a TPS, however many parts the file had"


async def test_who_moves_is_found_at_the_other_tps_and_counted_at_both(october: RunningService) -> None:
    before = await last_counts(october, TPS[0])
    answer = await move(october, 0, TPS[1])
    out = answer.json()
    assert (answer.status_code, out["outcome"], out["kind"], out["from_code"]) == (
        *(201, "created", "pindahan"),
        TPS[0],
    )
    assert out["contests"] == ["gubernur-32", "walikota-32.71"]
    assert answer.headers["Location"] == f"{BASE}/voters/{out['voter_id']}"
    found = await ask(october, person(0)["nik"], person(0)["name"])
    assert found.json()["tps"]["tps_code"] == TPS[1]
    old = await october.sql(
        "select status from voter v where id = (select moved_from from voter where id = $1)", out["voter_id"]
    )
    assert [row["status"] for row in old] == ["moved"]
    after = await last_counts(october, TPS[0])
    assert after["dpt"]["women"] == before["dpt"]["women"] - 1
    assert after["moved_out"]["women"] == before["moved_out"]["women"] + 1
    assert (await last_counts(october, TPS[1]))["moved_in"]["women"] >= 1
    assert (await move(october, 0, TPS[1])).json()["outcome"] == "unchanged"


async def test_back_at_the_own_tps_a_mover_is_of_its_dpt_again(october: RunningService) -> None:
    home = person(1)["tps_code"]
    there = (await move(october, 1, TPS[2])).json()
    back = (await move(october, 1, home)).json()
    assert (back["kind"], back["status"]) == ("dpt", "active")
    again = (await move(october, 1, TPS[2])).json()
    assert again["voter_id"] == there["voter_id"]
    assert len((await voter(october, 1))["history"]) == 3  # type: ignore[arg-type]  # a list
    stale = await do(
        october, "strike", {"voter": {"voter_id": back["voter_id"]}, "reason": "death", "evidence": EVIDENCE}
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "voter-moved")


async def test_from_another_kabupaten_there_is_the_governors_ballot_alone(october: RunningService) -> None:
    await enrol(october, as_csv([person(50, tps_code=OTHER_CITY)]), regions=["*"])
    assert (await move(october, 50, TPS[0])).json()["contests"] == ["gubernur-32"]
    assert (await last_counts(october, TPS[0]))["moved_in_from_other_kabkota"] == {"men": 0, "women": 1}


async def test_a_list_from_before_a_move_changes_nothing(october: RunningService) -> None:
    await move(october, 2, TPS[0])
    assert counts(await enrol(october, as_csv([person(2)])))[4] == 1
    done = await enrol(october, as_csv([person(2, tps_code="32.71.02.1002.001")]))
    assert counts(done)[5] == 1, "at a third TPS it is refused"


async def test_strike_and_restore(october: RunningService) -> None:
    body = {"voter": named(4), "reason": "double", "evidence": EVIDENCE}
    assert (await do(october, "strike", body)).json()["strike_reason"] == "double"
    assert (await do(october, "strike", body)).json()["outcome"] == "unchanged"
    assert (await ask(october, person(4)["nik"], person(4)["name"])).json()["tps"] is None
    refused = await move(october, 4, TPS[0])
    assert (refused.json()["code"], refused.json()["current_state"]) == ("voter-struck", "struck")
    assert (await last_counts(october, person(4)["tps_code"]))["struck"]["women"] == 1
    restored = (await do(october, "restore", {"voter": named(4), "evidence": EVIDENCE})).json()
    assert (restored["status"], restored["strike_reason"]) == ("active", None)
    assert (await ask(october, person(4)["nik"], person(4)["name"])).json()["tps"] is not None


async def test_corrections(october: RunningService) -> None:
    right = {"voter": named(5), "name": "Nama Betul Contoh (gladi)", "evidence": EVIDENCE}
    assert (await do(october, "correct", right)).json()["outcome"] == "changed"
    assert (await do(october, "correct", right)).json()["outcome"] == "unchanged"
    assert (await ask(october, person(5)["nik"], "nama betul contoh (gladi)")).json()["tps"] is not None
    born = await do(october, "correct", {"voter": named(5), "birth_date": "1981-01-01", "evidence": EVIDENCE})
    assert born.json()["findings"] == ["W-NIK-BIRTH"]
    there = await do(october, "correct", {"voter": named(5), "tps_code": TPS[0], "evidence": EVIDENCE})
    assert (there.json()["tps_code"], there.json()["kind"]) == (TPS[0], "dpt")
    for wrong, code in (
        ({"tps_code": "32.71.02.1002.001"}, "other-kelurahan"),
        ({"birth_date": "2010-01-01"}, "E-VOTER-AGE"),
    ):
        refused = await do(october, "correct", {"voter": named(5), "evidence": EVIDENCE, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


async def test_a_walk_in_is_taken_with_what_is_odd(october: RunningService) -> None:
    def walk_in(number: int, at: str, **said: object) -> dict[str, object]:
        who = {k: v for k, v in person(number).items() if k not in {"kind", "sex"}}
        when = f"2024-11-{at}:00+07:00"
        return {
            **who,
            "sex": "man" if number % 2 else "woman",
            "address_code": "32.71.02.1001",
            "evidence": "KTP-el (contoh)",
            "occurred_at": when,
            **said,
        }

    for number, at, said, findings in (
        (60, "27T12:00", {}, []),
        (61, "27T13:00", {}, []),
        (62, "27T11:59", {}, ["W-WALKIN-HOURS"]),
        (63, "26T12:30", {}, ["W-WALKIN-HOURS"]),
        (64, "27T12:30", {"address_code": "32.71.02.1002"}, ["W-WALKIN-ADDRESS"]),
    ):
        answer = await do(october, "add-walk-in", walk_in(number, at, **said))
        assert (answer.status_code, answer.json()["findings"]) == (201, findings), number
        assert answer.json()["kind"] == "tambahan"
    again = await do(october, "add-walk-in", walk_in(60, "27T12:00"))
    assert again.json()["outcome"] == "unchanged"
    listed_one = await do(october, "add-walk-in", walk_in(6, "27T12:00"))
    assert (listed_one.status_code, listed_one.json()["code"]) == (409, "voter-listed")
    assert listed_one.json()["allowed"]
    young = await do(october, "add-walk-in", walk_in(65, "27T12:00", birth_date="2010-01-01"))
    assert young.json()["errors"][0]["code"] == "E-VOTER-AGE"
    assert (await last_counts(october, person(60)["tps_code"]))["walk_in"]["women"] >= 1


async def test_of_two_moves_at_once_each_leaves_one_row_that_counts(october: RunningService) -> None:
    answers = await asyncio.gather(*(move(october, 12, TPS[n % 2 + 1]) for n in range(6)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    found = await voter(october, 12)
    rows = await october.sql(
        "select status from voter v where nik_index = (select nik_index from voter where id = $1)",
        found["voter_id"],
    )
    assert [row["status"] for row in rows].count("active") == 1


@pytest.mark.parametrize(
    ("at", "reason", "status"),
    [
        ("2024-10-28T23:59:50+07:00", "work", 201),
        ("2024-10-29T00:00:01+07:00", "work", 409),
        ("2024-10-29T00:00:01+07:00", "inpatient", 201),
        ("2024-11-20T23:59:50+07:00", "disaster", 201),
        ("2024-11-21T00:00:01+07:00", "duty", 409),
    ],
)
async def test_the_cut_off_is_a_day_where_the_tps_is(
    tmp_path: Path, at: str, reason: str, status: int
) -> None:
    url = await asyncio.to_thread(make_database, "registry")
    async with running_service(
        "registry",
        database_url=url,
        kafka=None,
        desk_time=datetime.fromisoformat(at),
        speed=0.001,
        voter_keys_file=keys_file(tmp_path),
    ) as service:
        await define(service)
        await lay_out(service)
        await enrol(service, as_csv([person(0)]))
        answer = await move(service, 0, TPS[1], reason=reason)
        assert answer.status_code == status, answer.text
        if status == 409:
            assert answer.json()["code"] == "move-closed"
            assert len(answer.json()["allowed"]) == (2 if reason == "work" else 1)
    await asyncio.to_thread(drop_database, url)


async def test_rows_of_movers_and_walk_ins_are_judged(october: RunningService) -> None:
    more = (*COLUMNS, "reason", "evidence", "from_code", "decided_on")
    full = {"kind": "pindahan", "reason": "inpatient", "evidence": "Surat 3 (contoh)", "from_code": "32.73"}
    people = [
        person(80, **full),
        person(81, kind="pindahan"),
        person(82, **full, decided_on="2024-11-21"),
        person(83, **{**full, "reason": "work"}, decided_on="2024-10-28"),
        person(84, **{**full, "reason": "work"}, decided_on="2024-10-29"),
        person(85, kind="tambahan"),
        person(86, **{**full, "from_code": "Bandung"}),
    ]
    done = await enrol(october, as_csv(people, more))
    assert await told(october, done, at=f"{BASE}/voters/imports", role=Role.OPERATOR) == {
        4: ["E-MOVE-CUTOFF"],
        6: ["E-MOVE-CUTOFF"],
        8: ["string_pattern_mismatch"] * 2,
    }
    assert await told(october, done, "accepted", at=f"{BASE}/voters/imports", role=Role.OPERATOR) == {
        3: ["W-MOVE-REASON"],
        7: ["W-WALKIN-HOURS"],
    }
    history = (await voter(october, 80))["history"]
    assert [(each["kind"], each["reason"]) for each in history] == [("listed", "special")]  # type: ignore[union-attr]  # a list
    assert (await voter(october, 80))["contests"] == ["gubernur-32"]
    assert counts(await enrol(october, as_csv(people, more)))[4] == 4, "the same again changes nothing"


async def test_a_list_of_movers_moves_whom_the_dpt_has_elsewhere(october: RunningService) -> None:
    more = (*COLUMNS, "reason", "evidence", "decided_on")
    full = {"kind": "pindahan", "reason": "work", "evidence": "Surat 4 (contoh)"}
    far = "32.73.01.1001.001"
    row = [far, "Balai", "Jalan 1", -6.9, 107.6, 250, 251, "ya"]
    assert (await send(october, table([row]), regions=["*"]))["created"] == 1
    await enrol(
        october,
        as_csv([*(person(n, tps_code=TPS[0]) for n in range(600, 604)), person(604, tps_code=far)]),
        regions=["*"],
    )
    before = await last_counts(october, TPS[0])
    people = [
        person(600, tps_code=TPS[1], **full),
        person(601, tps_code=TPS[1]),
        person(602, tps_code=TPS[1], **full, decided_on="2024-10-29"),
        person(604, tps_code=TPS[1], **full),
    ]
    done = await enrol(october, as_csv(people, more), regions=["32.71"])
    assert counts(done) == ("done", 4, 1, 0, 0, 3)
    assert await told(october, done, at=f"{BASE}/voters/imports", role=Role.OPERATOR) == {
        3: ["E-VOTER-ELSEWHERE"],
        4: ["E-MOVE-CUTOFF"],
        5: ["E-VOTER-ELSEWHERE"],
    }
    assert counts(await enrol(october, as_csv(people[:1], more)))[4] == 1, "the same again changes nothing"
    found = await voter(october, 600)
    assert (found["tps_code"], found["kind"], found["from_code"]) == (TPS[1], "pindahan", TPS[0])
    assert [(each["kind"], each["from_tps"]) for each in found["history"]] == [("moved", TPS[0])]  # type: ignore[union-attr]  # a list
    after = await last_counts(october, TPS[0])
    assert (before["moved_out"]["women"] + 1, before["dpt"]["women"] - 1) == (
        after["moved_out"]["women"],
        after["dpt"]["women"],
    )
    widely = await enrol(october, as_csv(people[3:], more), regions=["*"])
    assert counts(widely)[2] == 1
    assert (await voter(october, 604))["contests"] == ["gubernur-32"]
