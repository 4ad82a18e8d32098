"""What is kept of a voter's changes, who may see it, and that nothing of the person is anywhere but in an export."""

import hashlib
import json

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.electorate import (
    TPS,
    person,
)
from tests.services.registry.files import BASE
from tests.services.registry.keeping import EVIDENCE, do, move, named


async def test_history_is_kept_and_tells_nothing_of_the_person(october: RunningService) -> None:
    moved = (await move(october, 3, TPS[1], reason="inpatient")).json()
    await do(october, "strike", {"voter": named(3), "reason": "death", "evidence": "Akta 9 (contoh)"})
    await do(october, "restore", {"voter": named(3), "evidence": "Berita acara 5 (contoh)"})
    answer = await october.client.get(f"{BASE}/voters/{moved['voter_id']}", headers=bearer(Role.OPERATOR))
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
        with pytest.raises(Exception, match=r"only ever added|permission denied"):
            await october.sql(change)


async def test_an_export_has_all_of_one_person_and_is_written_down(october: RunningService) -> None:
    await move(october, 7, TPS[0], reason="companion")
    await do(
        october, "correct", {"voter": named(7), "name": "Nama Baru Contoh (gladi)", "evidence": EVIDENCE}
    )
    answer = await do(october, "export", {"voter": named(7), "reason": "Permintaan 7/2024 (contoh)"})
    out = answer.json()
    assert out["person"]["nik"] == person(7)["nik"]
    assert out["person"]["name"] == "Nama Baru Contoh (gladi)"
    moved, corrected, exported = out["history"]
    assert (moved["reason"], moved["evidence"]) == ("companion", EVIDENCE)
    assert corrected["before"]["name"] == person(7)["name"]
    assert (exported["kind"], exported["evidence"]) == ("exported", "Permintaan 7/2024 (contoh)")
    assert answer.headers["cache-control"] == "no-store"
    assert len((await do(october, "export", {"voter": named(7), "reason": "Lagi"})).json()["history"]) == 4
    nameless = bearer(Role.OPERATOR, person=None)
    body = {"voter": named(7), "reason": "x"}
    refused = await october.client.post(f"{BASE}/voters:export", json=body, headers=nameless)
    assert refused.json()["code"] == "person-required"
    assert (await do(october, "export", {"voter": named(7), "reason": " "})).status_code == 422


async def test_a_voter_elsewhere_is_a_voter_who_is_not_there(october: RunningService) -> None:
    """Whoever may not see a voter is not told either that there is one."""
    texts = set[str]()
    for number, regions in ((8, ("32.71.03",)), (9_999, ("32.71.03",)), (9_998, ("*",))):
        for what, body in (
            ("find", {}),
            ("export", {"reason": "x"}),
            ("strike", {"reason": "death", "evidence": "x"}),
        ):
            answer = await do(october, what, {"voter": named(number), **body}, regions=regions)
            assert answer.status_code == 404
            texts.add(str({k: v for k, v in answer.json().items() if k not in {"trace_id", "instance"}}))
    assert len(texts) == 1
    for code in (TPS[0], TPS[0][:-1] + "9"):
        answer = await do(
            october,
            "move",
            {"voter": named(8), "to_tps": code, "reason": "work", "evidence": "x"},
            regions=("32.71.03",),
        )
        assert answer.status_code == 404, "the voter is judged first, and alike"
    beyond = await do(
        october,
        "move",
        {"voter": named(8), "to_tps": TPS[0], "reason": "work", "evidence": "x"},
        regions=(TPS[2],),
    )
    assert (beyond.status_code, beyond.json()["code"]) == (403, "region-not-covered")


async def test_only_the_commission_changes_voters(october: RunningService) -> None:
    for role in (Role.DESK, Role.PPS, Role.POLICE, Role.HEALTH):
        for what in ("find", "move", "strike", "restore", "correct", "correct-nik", "add-walk-in", "export"):
            answer = await do(october, what, {"voter": named(8)}, role=role)
            assert answer.json()["code"] == "scope-missing", (role, what)


async def test_no_nik_can_be_tried_out_from_what_a_key_keeps(october: RunningService) -> None:
    body = {"voter": named(9), "reason": "double", "evidence": EVIDENCE}
    first = await do(october, "strike", body, key="once-9")
    again = await do(october, "strike", body, key="once-9")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    other = await do(october, "strike", {**body, "voter": named(10)}, key="once-9")
    assert other.json()["code"] == "idempotency-key-reused"
    rows = await october.sql("select * from idempotency_key where key = 'once-9'")
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
    unkeyed = await october.client.put(
        f"{BASE}/region-groups/a-group",
        json={"title": "t", "regions": ["32.71"], "source": "s"},
        headers=bearer(Role.ADMIN, key="plain"),
    )
    assert unkeyed.is_success, "a plain hash is still what other commands keep"


async def test_nothing_of_a_person_is_at_rest_after_changes(october: RunningService) -> None:
    await move(october, 11, TPS[0], reason="detainee", evidence="Lapas Rahasia (contoh)")
    await do(october, "correct", {"voter": named(11), "name": "Rahasia Contoh (gladi)", "evidence": EVIDENCE})
    await do(october, "export", {"voter": named(11), "reason": "Rahasia"})
    for name in ("voter", "voter_change", "idempotency_key", "outbox", "tps_voters"):
        rows = await october.sql(f"select t::text as told from {name} t")
        written = " ".join(str(row["told"]) for row in rows)
        for value in (person(11)["nik"], "Rahasia", "detainee", person(11)["birth_date"]):
            assert value not in written, (name, value)
            assert value.encode().hex() not in written, (name, value)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"voter": {}},
        {"voter": {"nik": "99", "voter_id": None}},
        {"voter": {"nik": "9971064508900001", "voter_id": "01890000-0000-7000-8000-000000000000"}},
    ],
)
async def test_who_is_meant_is_said_in_one_way(october: RunningService, body: dict[str, object]) -> None:
    answer = await do(october, "find", body)
    assert answer.status_code == 422
    assert "9971" not in answer.text


async def test_to_try_a_number_stands_in_the_trail(october: RunningService) -> None:
    """Also where it is on no list, and by whatever command it is tried."""
    before = await october.sql("select count(*) as n from access_entry where subject = 'voters/by-nik'")
    unknown = {"voter": {"nik": "9901010101010101"}}
    for body, path in ((unknown, "voters:find"), ({**unknown, "evidence": "surat 1"}, "voters:restore")):
        answer = await october.client.post(f"{BASE}/{path}", json=body, headers=bearer(Role.OPERATOR))
        assert answer.status_code == 404, answer.text
    rows = await october.sql(
        "select action, actor from access_entry where subject = 'voters/by-nik' order by number"
    )
    assert [row["action"] for row in rows[-2:]] == ["find_voter", "restore_voter"]
    assert len(rows) == int(str(before[0]["n"])) + 2
