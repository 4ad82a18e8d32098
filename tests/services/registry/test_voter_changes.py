"""One voter after the list came: moved, struck, corrected, walked in; what is kept of it, who may, and what is told."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer, running_service
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

OCTOBER = datetime.fromisoformat("2024-10-20T09:00:00+07:00")
OTHER_CITY = "32.01.01.2001.001"
EVIDENCE = "Surat contoh 12/2024"


@pytest.fixture(scope="module")
async def listed(
    database_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    """A registry in October, with forty voters at three TPS and a TPS in another kabupaten."""
    async with running_service(
        "registry",
        database_url=database_url("registry"),
        kafka=None,
        desk_time=OCTOBER,
        voter_keys_file=keys_file(tmp_path_factory.mktemp("keys")),
        voter_lookup_floor_s=0.01,
    ) as service:
        await define(service)
        await lay_out(service)
        for elsewhere in (OTHER_CITY, "32.71.02.1002.001"):
            row = [elsewhere, "Balai Desa", "Jalan 1", -6.5, 106.8, 250, 251, "ya"]
            assert (await send(service, table([row]), regions=["*"]))["created"] == 1
        await enrol(service, as_csv([person(n) for n in range(40)]))
        yield service


async def do(
    registry: RunningService,
    what: str,
    *,
    role: Role = Role.OPERATOR,
    regions: tuple[str, ...] = ("*",),
    key: str | None = None,
    **body: object,
) -> httpx.Response:
    """Send a command on one voter."""
    headers = bearer(role, regions=regions, key=key)
    return await registry.client.post(f"{BASE}/voters:{what}", json=body, headers=headers)


def named(number: int) -> dict[str, str]:
    return {"nik": person(number)["nik"]}


async def voter(registry: RunningService, number: int) -> dict[str, object]:
    return (await do(registry, "find", voter=named(number))).json()


async def move(registry: RunningService, number: int, to: str, **said: object) -> httpx.Response:
    body = {"voter": named(number), "to_tps": to, "reason": "work", "evidence": EVIDENCE, **said}
    return await do(registry, "move", **body)


async def last_counts(registry: RunningService, code: str) -> dict[str, dict[str, int]]:
    rows = await registry.sql(
        "select body from outbox where type like '%tps_voters.counted%' and body::jsonb->>'tps_code' = $1"
        " order by version desc limit 1",
        code,
    )
    return json.loads(str(rows[0]["body"]))


async def test_an_import_tells_counts_once_for_each_tps(listed: RunningService) -> None:
    await send(listed, table(tps_rows("32.71.02.1003", 2)))
    here = ["32.71.02.1003.001", "32.71.02.1003.002"]
    people = [person(n, tps_code=here[n % 2]) for n in range(700, 720)]
    canary = person(799, tps_code=here[0], canary="ya")
    await enrol(listed, as_csv([*people, canary], (*COLUMNS, "canary")))
    await listed.wait_until_known(
        "select 1 where not exists (select 1 from tps_voters where counting is not null)"
    )
    for code, sex in ((here[0], "women"), (here[1], "men")):
        told_of = await last_counts(listed, code)
        assert told_of["dpt"] == {"men": 0, "women": 0} | {sex: 10}, "a canary is nobody"
        rows = await listed.sql(
            "select count(*) as n from outbox where type like '%tps_voters%' and body::jsonb->>'tps_code' = $1",
            code,
        )
        assert rows[0]["n"] == 1, "one event for a TPS, however many parts the file had"


async def test_who_moves_is_found_at_the_other_tps_and_counted_at_both(listed: RunningService) -> None:
    before = await last_counts(listed, TPS[0])
    answer = await move(listed, 0, TPS[1])
    out = answer.json()
    assert (answer.status_code, out["outcome"], out["kind"], out["from_code"]) == (
        *(201, "created", "pindahan"),
        TPS[0],
    )
    assert out["contests"] == ["gubernur-32", "walikota-32.71"]
    assert answer.headers["Location"] == f"{BASE}/voters/{out['voter_id']}"
    found = await ask(listed, person(0)["nik"], person(0)["name"])
    assert found.json()["tps"]["tps_code"] == TPS[1]
    old = await listed.sql(
        "select status from voter v where id = (select moved_from from voter where id = $1)", out["voter_id"]
    )
    assert [row["status"] for row in old] == ["moved"]
    after = await last_counts(listed, TPS[0])
    assert after["dpt"]["women"] == before["dpt"]["women"] - 1
    assert after["moved_out"]["women"] == before["moved_out"]["women"] + 1
    assert (await last_counts(listed, TPS[1]))["moved_in"]["women"] >= 1
    assert (await move(listed, 0, TPS[1])).json()["outcome"] == "unchanged"


async def test_back_at_the_own_tps_a_mover_is_of_its_dpt_again(listed: RunningService) -> None:
    home = person(1)["tps_code"]
    there = (await move(listed, 1, TPS[2])).json()
    back = (await move(listed, 1, home)).json()
    assert (back["kind"], back["status"]) == ("dpt", "active")
    again = (await move(listed, 1, TPS[2])).json()
    assert again["voter_id"] == there["voter_id"]
    assert len((await voter(listed, 1))["history"]) == 3  # type: ignore[arg-type]  # a list
    stale = await do(
        listed, "strike", voter={"voter_id": back["voter_id"]}, reason="death", evidence=EVIDENCE
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "voter-moved")


async def test_from_another_kabupaten_there_is_the_governors_ballot_alone(listed: RunningService) -> None:
    await enrol(listed, as_csv([person(50, tps_code=OTHER_CITY)]), regions=["*"])
    assert (await move(listed, 50, TPS[0])).json()["contests"] == ["gubernur-32"]
    assert (await last_counts(listed, TPS[0]))["moved_in_from_other_kabkota"] == {"men": 0, "women": 1}


async def test_a_list_from_before_a_move_changes_nothing(listed: RunningService) -> None:
    await move(listed, 2, TPS[0])
    assert counts(await enrol(listed, as_csv([person(2)])))[4] == 1
    done = await enrol(listed, as_csv([person(2, tps_code="32.71.02.1002.001")]))
    assert counts(done)[5] == 1, "at a third TPS it is refused"


async def test_history_is_kept_and_tells_nothing_of_the_person(listed: RunningService) -> None:
    moved = (await move(listed, 3, TPS[1], reason="inpatient")).json()
    await do(listed, "strike", voter=named(3), reason="death", evidence="Akta 9 (contoh)")
    await do(listed, "restore", voter=named(3), evidence="Berita acara 5 (contoh)")
    answer = await listed.client.get(f"{BASE}/voters/{moved['voter_id']}", headers=bearer(Role.OPERATOR))
    history = answer.json()["history"]
    assert [(each["kind"], each["reason"], each["evidence"]) for each in history] == [
        ("moved", "special", None),
        ("struck", "death", "Akta 9 (contoh)"),
        ("restored", None, "Berita acara 5 (contoh)"),
    ]
    assert history[0]["from_tps"] == TPS[0]
    assert (history[0]["to_tps"], history[0]["actor"]) == (TPS[1], "person-1")
    for value in (person(3)["nik"], person(3)["name"], person(3)["birth_date"], "inpatient"):
        assert value not in answer.text
    for change in (
        "update voter_change set actor = 'x'",
        "delete from voter_change",
        "truncate voter_change",
    ):
        with pytest.raises(Exception, match="only ever added"):
            await listed.sql(change)


async def test_strike_and_restore(listed: RunningService) -> None:
    body = {"voter": named(4), "reason": "double", "evidence": EVIDENCE}
    assert (await do(listed, "strike", **body)).json()["strike_reason"] == "double"
    assert (await do(listed, "strike", **body)).json()["outcome"] == "unchanged"
    assert (await ask(listed, person(4)["nik"], person(4)["name"])).json()["tps"] is None
    refused = await move(listed, 4, TPS[0])
    assert (refused.json()["code"], refused.json()["current_state"]) == ("voter-struck", "struck")
    assert (await last_counts(listed, person(4)["tps_code"]))["struck"]["women"] == 1
    restored = (await do(listed, "restore", voter=named(4), evidence=EVIDENCE)).json()
    assert (restored["status"], restored["strike_reason"]) == ("active", None)
    assert (await ask(listed, person(4)["nik"], person(4)["name"])).json()["tps"] is not None


async def test_corrections(listed: RunningService) -> None:
    right = {"voter": named(5), "name": "Nama Betul Contoh (gladi)", "evidence": EVIDENCE}
    assert (await do(listed, "correct", **right)).json()["outcome"] == "changed"
    assert (await do(listed, "correct", **right)).json()["outcome"] == "unchanged"
    assert (await ask(listed, person(5)["nik"], "nama betul contoh (gladi)")).json()["tps"] is not None
    born = await do(listed, "correct", voter=named(5), birth_date="1981-01-01", evidence=EVIDENCE)
    assert born.json()["findings"] == ["W-NIK-BIRTH"]
    there = await do(listed, "correct", voter=named(5), tps_code=TPS[0], evidence=EVIDENCE)
    assert (there.json()["tps_code"], there.json()["kind"]) == (TPS[0], "dpt")
    for wrong, code in (
        ({"tps_code": "32.71.02.1002.001"}, "other-kelurahan"),
        ({"birth_date": "2010-01-01"}, "E-VOTER-AGE"),
    ):
        refused = await do(listed, "correct", voter=named(5), evidence=EVIDENCE, **wrong)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


async def test_a_walk_in_is_taken_with_what_is_odd(listed: RunningService) -> None:
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
        answer = await do(listed, "add-walk-in", **walk_in(number, at, **said))
        assert (answer.status_code, answer.json()["findings"]) == (201, findings), number
        assert answer.json()["kind"] == "tambahan"
    again = await do(listed, "add-walk-in", **walk_in(60, "27T12:00"))
    assert again.json()["outcome"] == "unchanged"
    listed_one = await do(listed, "add-walk-in", **walk_in(6, "27T12:00"))
    assert (listed_one.status_code, listed_one.json()["code"]) == (409, "voter-listed")
    assert listed_one.json()["allowed"]
    young = await do(listed, "add-walk-in", **walk_in(65, "27T12:00", birth_date="2010-01-01"))
    assert young.json()["errors"][0]["code"] == "E-VOTER-AGE"
    assert (await last_counts(listed, person(60)["tps_code"]))["walk_in"]["women"] >= 1


async def test_an_export_has_all_of_one_person_and_is_written_down(listed: RunningService) -> None:
    await move(listed, 7, TPS[0], reason="companion")
    await do(listed, "correct", voter=named(7), name="Nama Baru Contoh (gladi)", evidence=EVIDENCE)
    answer = await do(listed, "export", voter=named(7), reason="Permintaan 7/2024 (contoh)")
    out = answer.json()
    assert out["person"]["nik"] == person(7)["nik"]
    assert out["person"]["name"] == "Nama Baru Contoh (gladi)"
    moved, corrected, exported = out["history"]
    assert (moved["reason"], moved["evidence"]) == ("companion", EVIDENCE)
    assert corrected["before"]["name"] == person(7)["name"]
    assert (exported["kind"], exported["evidence"]) == ("exported", "Permintaan 7/2024 (contoh)")
    assert answer.headers["cache-control"] == "no-store"
    assert len((await do(listed, "export", voter=named(7), reason="Lagi")).json()["history"]) == 4
    nameless = bearer(Role.OPERATOR, person=None)
    body = {"voter": named(7), "reason": "x"}
    refused = await listed.client.post(f"{BASE}/voters:export", json=body, headers=nameless)
    assert refused.json()["code"] == "person-required"
    assert (await do(listed, "export", voter=named(7), reason=" ")).status_code == 422


async def test_a_voter_elsewhere_is_a_voter_who_is_not_there(listed: RunningService) -> None:
    """Whoever may not see a voter is not told either that there is one."""
    texts = set[str]()
    for number, regions in ((8, ("32.71.03",)), (9_999, ("32.71.03",)), (9_998, ("*",))):
        for what, body in (
            ("find", {}),
            ("export", {"reason": "x"}),
            ("strike", {"reason": "death", "evidence": "x"}),
        ):
            answer = await do(listed, what, regions=regions, voter=named(number), **body)
            assert answer.status_code == 404
            texts.add(str({k: v for k, v in answer.json().items() if k not in {"trace_id", "instance"}}))
    assert len(texts) == 1
    for code in (TPS[0], TPS[0][:-1] + "9"):
        answer = await do(
            listed, "move", regions=("32.71.03",), voter=named(8), to_tps=code, reason="work", evidence="x"
        )
        assert answer.status_code == 404, "the voter is judged first, and alike"
    beyond = await do(
        listed, "move", regions=(TPS[2],), voter=named(8), to_tps=TPS[0], reason="work", evidence="x"
    )
    assert (beyond.status_code, beyond.json()["code"]) == (403, "region-not-covered")


async def test_only_the_commission_changes_voters(listed: RunningService) -> None:
    for role in (Role.DESK, Role.PPS, Role.POLICE, Role.HEALTH):
        for what in ("find", "move", "strike", "restore", "correct", "add-walk-in", "export"):
            answer = await do(listed, what, role=role, voter=named(8))
            assert answer.json()["code"] == "scope-missing", (role, what)


async def test_no_nik_can_be_tried_out_from_what_a_key_keeps(listed: RunningService) -> None:
    body = {"voter": named(9), "reason": "double", "evidence": EVIDENCE}
    first = await do(listed, "strike", key="once-9", **body)
    again = await do(listed, "strike", key="once-9", **body)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    other = await do(listed, "strike", key="once-9", **{**body, "voter": named(10)})
    assert other.json()["code"] == "idempotency-key-reused"
    rows = await listed.sql("select * from idempotency_key where key = 'once-9'")
    canonical = json.dumps(
        {
            "voter": {"nik": named(9)["nik"], "voter_id": None},
            "reason": "double",
            "evidence": EVIDENCE,
            "channel": "api",
        },
        separators=(",", ":"),
    )
    plain = hashlib.sha256(f"POST {BASE}/voters:strike\0{canonical}".encode()).digest()
    assert rows[0]["fingerprint"] != plain
    assert named(9)["nik"] not in str(rows)
    unkeyed = await listed.client.put(
        f"{BASE}/region-groups/a-group",
        json={"title": "t", "regions": ["32.71"], "source": "s"},
        headers=bearer(Role.ADMIN, key="plain"),
    )
    assert unkeyed.is_success, "a plain hash is still what other commands keep"


async def test_nothing_of_a_person_is_at_rest_after_changes(listed: RunningService) -> None:
    await move(listed, 11, TPS[0], reason="detainee", evidence="Lapas Rahasia (contoh)")
    await do(listed, "correct", voter=named(11), name="Rahasia Contoh (gladi)", evidence=EVIDENCE)
    await do(listed, "export", voter=named(11), reason="Rahasia")
    for name in ("voter", "voter_change", "idempotency_key", "outbox", "tps_voters"):
        rows = await listed.sql(f"select t::text as told from {name} t")
        written = " ".join(str(row["told"]) for row in rows)
        for value in (person(11)["nik"], "Rahasia", "detainee", person(11)["birth_date"]):
            assert value not in written, (name, value)
            assert value.encode().hex() not in written, (name, value)


async def test_of_two_moves_at_once_each_leaves_one_row_that_counts(listed: RunningService) -> None:
    answers = await asyncio.gather(*(move(listed, 12, TPS[n % 2 + 1]) for n in range(6)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    found = await voter(listed, 12)
    rows = await listed.sql(
        "select status from voter v where nik_index = (select nik_index from voter where id = $1)",
        found["voter_id"],
    )
    assert [row["status"] for row in rows].count("active") == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"voter": {}},
        {"voter": {"nik": "99", "voter_id": None}},
        {"voter": {"nik": "9971064508900001", "voter_id": "01890000-0000-7000-8000-000000000000"}},
    ],
)
async def test_who_is_meant_is_said_in_one_way(listed: RunningService, body: dict[str, object]) -> None:
    answer = await do(listed, "find", **body)
    assert answer.status_code == 422
    assert "9971" not in answer.text


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


async def test_rows_of_movers_and_walk_ins_are_judged(listed: RunningService) -> None:
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
    done = await enrol(listed, as_csv(people, more))
    assert await told(listed, done, at=f"{BASE}/voters/imports", role=Role.OPERATOR) == {
        4: ["E-MOVE-CUTOFF"],
        6: ["E-MOVE-CUTOFF"],
        8: ["string_pattern_mismatch"] * 2,
    }
    assert await told(listed, done, "accepted", at=f"{BASE}/voters/imports", role=Role.OPERATOR) == {
        3: ["W-MOVE-REASON"],
        7: ["W-WALKIN-HOURS"],
    }
    history = (await voter(listed, 80))["history"]
    assert [(each["kind"], each["reason"]) for each in history] == [("listed", "special")]  # type: ignore[union-attr]
    assert (await voter(listed, 80))["contests"] == ["gubernur-32"]
    assert counts(await enrol(listed, as_csv(people, more)))[4] == 4, "the same again changes nothing"
