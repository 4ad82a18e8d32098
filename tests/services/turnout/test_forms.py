"""A form over the API: two blind entries, agreement, dispute, settlement, return; and who may not."""

import asyncio
import re
from uuid import UUID, uuid4

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.logistics_events import BoxState
from services.turnout.consumers import know_box, know_tps
from tests.harness import ELECTION, RunningService, bearer
from tests.services.hearing import received, told_of
from tests.services.turnout.paper import (
    GOVERNOR,
    MAYOR,
    PHOTO,
    box_received,
    enter,
    entry,
    events_of,
    figures,
    form_path,
    line,
    look,
    registered,
    send_back,
    settle,
    settlement,
    take_back,
    write,
)

pytestmark = pytest.mark.anyio


async def test_two_persons_who_agree_verify_a_form(desk: RunningService) -> None:
    path = form_path(1)
    first = await enter(desk, path, "ani")
    assert (first.status_code, first.json()["state"], first.json()["slot"]) == (201, "first_entered", 1), (
        first.text
    )
    assert first.headers["Location"] == path
    second = await enter(desk, path, "budi")
    assert (second.status_code, second.json()["state"], second.json()["findings"]) == (201, "verified", [])
    form = await look(desk, path)
    assert form["official"] is False
    assert (form["state"], form["held"], form["entries"], form["allowed"]) == (
        "verified",
        False,
        2,
        ["return"],
    )
    assert form["version"]["figures"]["votes"] == {"1": 31, "2": 90, "3": 120, "4": 38, "5": 47}
    assert form["version"]["by"] == "agreement"
    told = await events_of(desk, 1)
    assert [e["type"].split(".")[3] for e in told] == ["entry_recorded", "entry_recorded", "verified"]
    assert [e["version"] for e in told] == [1, 2, 3]
    assert {e["contest"] for e in told} == {MAYOR}


async def test_before_two_agree_no_number_of_an_entry_is_told(desk: RunningService) -> None:
    path = form_path(2)
    paper = figures((7_711, 7_712, 7_713, 7_714, 7_715), invalid=7_716)
    await enter(desk, path, "ani", entry(paper))
    await enter(desk, path, "budi", entry(figures((7_711, 7_712, 7_713, 7_714, 7_717), invalid=7_716)))
    form = await desk.client.get(path, headers=bearer(Role.ADJUDICATOR, regions=["32.71"]))
    assert (form.json()["state"], form.json()["version"], form.json()["entries"]) == ("disputed", None, 2)
    assert form.json()["differing"] == ["voters", "ballots", "votes", "sums"]
    told = re.compile(r"(?<![\w.-])771\d(?![\w.-])")  # as a number: ids and hashes may hold any digits
    assert told.search(str(paper))
    metrics = await desk.client.get("/metrics")
    for text in (form.text, str(await events_of(desk, 2)), metrics.text):
        assert not told.search(text), text


async def test_the_hash_binds_and_does_not_tell(desk: RunningService) -> None:
    """The same figures at two TPS have different hashes, so that nobody finds them by trying."""
    for number in (3, 4):
        await enter(desk, form_path(number), "ani")
    rows = await desk.sql("select distinct entry_hash from tally_entry")
    hashes = [await events_of(desk, number) for number in (3, 4)]
    assert hashes[0][0]["body"] != hashes[1][0]["body"]
    assert len(rows) >= 2


async def test_the_same_person_does_not_enter_twice(desk: RunningService) -> None:
    path = form_path(5)
    await enter(desk, path, "ani")
    again = await enter(desk, path, "ani")
    assert (again.status_code, again.json()["code"]) == (403, "second-person-required")
    assert (await look(desk, path))["entries"] == 1


async def test_two_persons_do_not_share_a_device(desk: RunningService) -> None:
    path = form_path(6)
    await enter(desk, path, "ani", device="komputer-1")
    same = await enter(desk, path, "budi", device="komputer-1")
    assert (same.status_code, same.json()["code"]) == (403, "second-device-required")
    other = await enter(desk, path, "budi", device="komputer-2")
    assert (other.status_code, other.json()["state"]) == (201, "verified")


@pytest.mark.parametrize(("number", "first", "second"), [(43, None, "komputer-2"), (44, "komputer-1", None)])
async def test_a_device_that_is_not_known_is_no_second_one(
    desk: RunningService, number: int, first: str | None, second: str | None
) -> None:
    """Neither beside one that is known nor after it; the form is returned, and entered anew on two that are."""
    path, answers = form_path(number), list[int]()
    for person, device in (("ani", first), ("budi", second)):
        headers = bearer(Role.OPERATOR, person=person, regions=["32.71"], device=device)
        answer = await desk.client.post(f"{path}/entries", json=entry(), headers=headers)
        answers.append(answer.status_code)
    assert (answers, answer.json()["code"]) == ([201, 403], "second-device-required")
    assert (await send_back(desk, path, "cici")).json()["state"] == "empty"
    await enter(desk, path, "ani")
    assert (await enter(desk, path, "budi")).json()["state"] == "verified"


async def test_what_is_personal_in_a_reason_is_masked(desk: RunningService) -> None:
    path = form_path(48)
    await enter(desk, path, "ani")
    await enter(desk, path, "budi", entry(figures((31, 90, 120, 38, 48))))
    reason = "menurut NIK 32.71.01.234567.0001, TPS 32.71.06.1002.028"
    assert (await settle(desk, path, "cici", settlement(reason=reason))).status_code == 201
    version = (await look(desk, path))["version"]
    assert version["reason"] == "menurut NIK [nik], TPS 32.71.06.1002.028"


async def test_a_third_person_settles_a_dispute(desk: RunningService) -> None:
    path = form_path(7)
    await enter(desk, path, "ani")
    second = await enter(desk, path, "budi", entry(figures((31, 90, 120, 38, 48))))
    assert second.json()["state"] == "disputed"
    assert (await settle(desk, path, "ani")).json()["code"] == "third-person-required"
    third = await enter(desk, path, "cici")
    assert (third.status_code, third.json()["current_state"]) == (409, "disputed")
    assert third.json()["allowed"] == ["adjudicate", "return"]
    settled = await settle(desk, path, "cici")
    assert (settled.status_code, settled.json()["state"], settled.json()["held"]) == (201, "verified", False)
    form = await look(desk, path)
    assert (form["version"]["by"], form["version"]["settled"]) == ("adjudication", "entries_differ")
    assert form["history"] == []
    last = (await events_of(desk, 7))[-1]
    assert '"persons":3' in last["body"]
    assert "foto C.Hasil" not in last["body"], "a reason is free text, and stays with turnout"


async def test_a_paper_that_does_not_add_up_is_held_as_written(desk: RunningService) -> None:
    path = form_path(8)
    paper = figures() | {"valid": 325}
    first = await enter(desk, path, "ani", entry(paper))
    codes = {f["code"]: (f["written"], f["expected"]) for f in first.json()["findings"]}
    assert codes == {"E-CAND-SUM": (325, 326), "E-TOTAL-SUM": (343, 342)}
    second = await enter(desk, path, "budi", entry(paper))
    assert (second.status_code, second.json()["state"]) == (201, "held")
    form = await look(desk, path)
    assert (form["held"], form["version"]["figures"]["valid"]) == (True, 325)
    settled = await settle(desk, path, "cici")
    assert (settled.json()["state"], settled.json()["number"]) == ("verified", 2)
    form = await look(desk, path)
    assert (form["version"]["settled"], form["version"]["figures"]["valid"]) == ("paper_does_not_add_up", 326)
    assert [old["figures"]["valid"] for old in form["history"]] == [325], "what was written is kept"


async def test_a_paper_that_nobody_can_set_right(desk: RunningService) -> None:
    path = form_path(9)
    paper = figures()
    paper["administration"] = {**paper["administration"], "ballots_unused": 190}  # type: ignore[dict-item] - a paper is a plain object
    for person in ("ani", "budi"):
        await enter(desk, path, person, entry(paper))
    still = await settle(desk, path, "cici", settlement(paper))
    assert (still.status_code, still.json()["state"]) == (201, "held")
    wrong = await settle(desk, path, "cici", settlement(paper, accepted=["E-CAND-SUM"]))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "finding-not-there")
    assert wrong.json()["errors"][0]["pointer"] == "/accepted/0"
    let_stand = await settle(desk, path, "cici", settlement(paper, accepted=["E-BALLOT-SUM"]))
    assert (let_stand.json()["state"], let_stand.json()["accepted"]) == ("verified", ["E-BALLOT-SUM"])


async def test_a_gap_is_not_a_zero(desk: RunningService) -> None:
    path = form_path(10)
    paper = figures() | {"administration": None, "votes": {}}
    for person in ("ani", "budi"):
        answer = await enter(desk, path, person, entry(paper))
    assert answer.json()["state"] == "held"
    assert {f["code"] for f in answer.json()["findings"]} == {"W-INCOMPLETE", "W-MISSING-FIELD"}
    assert (await look(desk, path))["version"]["figures"]["votes"] == dict.fromkeys("12345")


async def test_an_own_entry_is_taken_back(desk: RunningService) -> None:
    path = form_path(11)
    await enter(desk, path, "ani")
    assert (await take_back(desk, path, "budi")).json()["code"] == "not-your-entry"
    back = await take_back(desk, path, "ani")
    assert (back.status_code, back.json()["state"], back.json()["round"]) == (201, "empty", 2)
    assert (await take_back(desk, path, "ani")).status_code == 409
    for person in ("ani", "budi"):
        answer = await enter(desk, path, person)
    assert answer.json()["state"] == "verified"
    assert len(await desk.sql("select 1 from tally_entry where round = 1")) >= 1, (
        "what was taken back is kept"
    )


@pytest.mark.parametrize(("number", "entries"), [(12, 1), (13, 2)])
async def test_an_entered_form_is_returned_by_one_person(
    desk: RunningService, number: int, entries: int
) -> None:
    path = form_path(number)
    await enter(desk, path, "ani")
    if entries == 2:
        await enter(desk, path, "budi", entry(figures((1, 1, 1, 1, 1))))
    back = await send_back(desk, path, "cici")
    assert (back.json()["state"], back.json()["round"]) == ("empty", 2)
    assert (await send_back(desk, path, "cici")).status_code == 409


async def test_a_verified_form_is_returned_by_two_persons(desk: RunningService) -> None:
    path = form_path(14)
    for person in ("ani", "budi"):
        await enter(desk, path, person)
    asked = await send_back(desk, path, "cici")
    assert (asked.json()["state"], asked.json()["return_requested"]) == ("verified", True)
    again = await send_back(desk, path, "cici")
    assert again.json()["state"] == "verified", "one person who asks twice is one person"
    assert (await look(desk, path))["return_requested"] is True
    done = await send_back(desk, path, "dodi")
    assert (done.json()["state"], done.json()["round"]) == ("empty", 2)
    form = await look(desk, path)
    assert (form["version"], form["history"]) == (None, []), (
        "the next round is entered without sight of the last"
    )
    other = figures((32, 90, 120, 38, 46))
    for person in ("ani", "budi"):
        await enter(desk, path, person, entry(other))
    form = await look(desk, path)
    assert (form["version"]["number"], len(form["history"])) == (2, 1)


async def test_votes_per_choice_are_withheld_until_results_are_public(desk: RunningService) -> None:
    path = form_path(15)
    for person in ("ani", "budi"):
        await enter(desk, path, person)
    assert (await look(desk, path, Role.OBSERVER))["withheld_until"] is None
    await write(desk, "insert into election_ref values ($1, '2999-01-01', '0.025', '12:00')", ELECTION)
    try:
        seen = await look(desk, path, Role.OBSERVER)
        assert seen["version"]["figures"]["votes"] is None
        assert [seen["version"]["figures"][name] for name in ("valid", "invalid", "total")] == [None] * 3
        assert seen["version"]["figures"]["administration"]["users"]["total"] == 343
        assert seen["withheld_until"].startswith("2999")
        assert (await look(desk, path, Role.ADJUDICATOR))["version"]["figures"]["votes"]["3"] == 120
    finally:
        await write(desk, "delete from election_ref")


async def test_more_voters_for_the_mayor_than_for_the_governor(desk: RunningService) -> None:
    for person in ("ani", "budi"):
        await enter(desk, form_path(16, GOVERNOR), person, entry(figures((30, 90, 120, 50))))
    for person in ("ani", "budi"):
        answer = await enter(desk, form_path(16), person, entry(figures((31, 90, 120, 38, 47))))
    (finding,) = answer.json()["findings"]
    assert (finding["code"], finding["written"], finding["expected"]) == ("W-CROSS-CONTEST", 343, 307)
    assert answer.json()["state"] == "verified"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"votes": {"6": 1}}, "choice-unknown"),
        ({"votes": {"1": -1}}, "invalid-payload"),
        ({"votes": {"1": "5"}}, "invalid-payload"),
        ({"valid": True}, "invalid-payload"),
        ({"valid": 1e9}, "invalid-payload"),
        ({"surprise": 1}, "invalid-payload"),
        ({"closed": "25:00"}, "invalid-payload"),
    ],
)
async def test_a_payload_of_the_wrong_shape(
    desk: RunningService, change: dict[str, object], code: str
) -> None:
    answer = await enter(desk, form_path(17), "ani", entry(figures() | change))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await look(desk, form_path(17)))["state"] == "empty"


async def test_who_may_not(desk: RunningService) -> None:
    path = form_path(18)
    assert (await desk.client.post(f"{path}/entries", json=entry())).status_code == 401
    for verb, role in (
        ("entries", Role.OPERATOR),
        ("adjudications", Role.ADJUDICATOR),
        ("returns", Role.ADJUDICATOR),
    ):
        alone = await desk.client.post(f"{path}/{verb}", json={}, headers=bearer(role, person=None))
        assert (alone.status_code, alone.json()["code"]) == (403, "person-required")
        crew = await desk.client.post(f"{path}/{verb}", json={}, headers=bearer(Role.KPPS))
        assert (crew.status_code, crew.json()["code"]) == (403, "scope-missing")
    elsewhere = await enter(desk, path.replace("32.71.06.1002", "32.73.01.1001"), "ani")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "region-not-covered")
    headers = bearer(Role.OPERATOR)
    del headers["Idempotency-Key"]
    keyless = await desk.client.post(f"{path}/entries", json=entry(), headers=headers)
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency-key-missing")


async def test_what_is_not_there(desk: RunningService) -> None:
    """This desk has heard from no watermark, so that absence proves nothing."""
    for path in (form_path(999), form_path(1, "bupati-35.22")):
        answer = await enter(desk, path, "ani")
        assert (answer.status_code, answer.json()["code"]) == (503, "not-caught-up")
        read = await desk.client.get(path, headers=bearer(Role.OBSERVER))
        assert (read.status_code, read.json()["code"]) == (503, "not-caught-up")


async def test_a_hundred_parallel_sends_leave_one_entry(desk: RunningService) -> None:
    path, headers = form_path(19), bearer(Role.OPERATOR, person="ani", regions=["32.71"])
    answers = await asyncio.gather(
        *(desk.client.post(f"{path}/entries", json=entry(), headers=headers) for _ in range(100))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await events_of(desk, 19)) == 1
    other = await desk.client.post(f"{path}/entries", json=entry(figures((1, 1, 1, 1, 1))), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_settlement_is_done_once(desk: RunningService) -> None:
    path = form_path(20)
    await enter(desk, path, "ani")
    await enter(desk, path, "budi", entry(figures((1, 1, 1, 1, 1))))
    headers = bearer(Role.ADJUDICATOR, person="cici")
    answers = await asyncio.gather(
        *(desk.client.post(f"{path}/adjudications", json=settlement(), headers=headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await events_of(desk, 20)) == 4


async def test_line_totals_are_figures_of_their_own(desk: RunningService) -> None:
    paper = figures()
    paper["administration"] = {**paper["administration"], "disabled": line(0, 1, 2)}  # type: ignore[dict-item] - a paper is a plain object
    answer = await enter(desk, form_path(21), "ani", entry(paper))
    (finding,) = answer.json()["findings"]
    assert (finding["code"], finding["where"], finding["written"], finding["expected"]) == (
        "E-SEX-SUM",
        "disabled",
        2,
        1,
    )


async def test_a_settlement_needs_the_photo(desk: RunningService) -> None:
    body = settlement()
    del body["photo_sha256"]
    answer = await settle(desk, form_path(22), "cici", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-payload")
    assert PHOTO not in answer.text


async def test_a_share_far_from_the_kelurahans_is_told_to_who_looks(desk: RunningService) -> None:
    for number in range(23, 29):
        for person in ("ani", "budi"):
            await enter(desk, form_path(number, GOVERNOR), person, entry(figures((30, 30, 100, 140))))
    strange = form_path(29, GOVERNOR)
    for person in ("ani", "budi"):
        await enter(desk, strange, person, entry(figures((280, 10, 5, 5))))
    form = await look(desk, strange)
    assert [(f["code"], f["where"]) for f in form["version"]["findings"]] == [
        ("W-OUTLIER", "votes.1"),
        ("W-OUTLIER", "votes.4"),
    ]
    assert (await look(desk, form_path(23, GOVERNOR)))["version"]["findings"] == []


async def test_a_tps_that_was_dissolved_has_no_form(desk: RunningService) -> None:
    number = 59
    facts = registered(number, active=False)
    async with desk.app.state.database.transaction(EVERYWHERE) as uow:
        await know_tps(uow, [told_of(facts)])
    assert (await enter(desk, form_path(number), "ani")).status_code == 503  # not there, or not heard of yet


async def test_a_contest_that_a_tps_gets_later_has_a_form(desk: RunningService) -> None:
    facts = registered(61, contests=[GOVERNOR])
    for contests in ([GOVERNOR], [GOVERNOR, MAYOR]):
        again = facts.model_copy(update={"contests": contests})
        async with desk.app.state.database.transaction(EVERYWHERE) as uow:
            await know_tps(uow, [received(again, aggregate_id=facts.tps_id)])
        status = (await enter(desk, form_path(61), "ani")).status_code
        assert status == (201 if MAYOR in contests else 503)


async def test_ballots_are_compared_with_the_receipt_of_the_box_that_stands(desk: RunningService) -> None:
    async def tell(counted: int | None, state: BoxState, box: UUID) -> None:
        data = box_received(33, box=box, counted=counted, state=state)
        async with desk.app.state.database.transaction(EVERYWHERE) as uow:
            await know_box(uow, [received(data, aggregate_id=box)])

    lost, found = uuid4(), uuid4()
    await tell(500, BoxState.AT_TPS, lost)
    first = await enter(desk, form_path(33), "ani")
    assert [(f["code"], f["written"], f["expected"]) for f in first.json()["findings"]] == [
        ("W-RECEIPT", 547, 500)
    ]
    await tell(500, BoxState.VOID, lost)
    await tell(547, BoxState.AT_TPS, found)
    second = await enter(desk, form_path(33), "budi")
    assert (second.json()["findings"], second.json()["state"]) == ([], "verified")
