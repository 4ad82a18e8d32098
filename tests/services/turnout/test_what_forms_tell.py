"""What is said of a form beside its figures: of the time of an entry, and how little while votes are withheld."""

import re
from datetime import datetime
from typing import cast

import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService
from tests.services.turnout.paper import (
    enter,
    entry,
    figures,
    form_path,
    line,
    look,
    send_back,
    settle,
    settlement,
    write,
)

pytestmark = pytest.mark.anyio


async def test_the_time_of_an_entry_is_told_with_both_values(desk: RunningService) -> None:
    ahead, ago = "2099-01-01T00:00:00Z", "2000-01-02T00:00:00Z"
    first = await enter(desk, form_path(40), "ani", entry(occurred_at=ago))
    assert [(f["code"], f["where"], f["written"], f["expected"]) for f in first.json()["findings"]] == [
        ("W-OTHER-DAY", "occurred_at", "2000-01-02T00:00:00+00:00", "2024-11-27")
    ]
    second = await enter(desk, form_path(40), "budi", entry(occurred_at=ahead))
    (found,) = second.json()["findings"]
    assert (found["code"], found["written"]) == ("W-CLOCK-AHEAD", "2099-01-01T00:00:00+00:00")
    assert datetime.fromisoformat(found["expected"]) == datetime.fromisoformat(second.json()["recorded_at"])
    form = await look(desk, form_path(40))
    codes = [f["code"] for f in form["version"]["findings"]]
    assert (form["state"], codes) == ("verified", ["W-OTHER-DAY", "W-CLOCK-AHEAD"])
    await send_back(desk, form_path(40), "cici")
    await send_back(desk, form_path(40), "dedi")
    assert (await enter(desk, form_path(40), "ani")).json()["findings"] == []


async def test_what_two_equal_entries_tell_stands_once(desk: RunningService) -> None:
    """The first comes back from the database, the second as it was sent: both at one moment, in one form."""
    for person in ("ani", "budi"):
        await enter(desk, form_path(47), person, entry(occurred_at="2024-11-26T05:00:00+07:00"))
    told = (await look(desk, form_path(47)))["version"]["findings"]
    assert [(one["code"], one["written"]) for one in told] == [("W-OTHER-DAY", "2024-11-25T22:00:00+00:00")]


async def test_a_list_that_is_not_the_registered_one_is_told(desk: RunningService) -> None:
    """The TPS has 533 voters in the register: the form may be of another one."""
    block = cast(dict[str, object], figures()["administration"])
    paper = figures(administration=block | {"dpt": line(250, 284)})
    for person in ("ani", "budi"):
        await enter(desk, form_path(46), person, entry(paper))
    form = await look(desk, form_path(46))
    told = [
        (one["code"], one["where"], one["written"], one["expected"]) for one in form["version"]["findings"]
    ]
    assert form["state"] == "verified"
    assert told[0] == ("W-DPT-REGISTER", "dpt.total", 534, 533)


async def test_the_time_of_a_settlement_is_told(desk: RunningService) -> None:
    for person, invalid in (("ani", 17), ("budi", 18)):
        await enter(desk, form_path(41), person, entry(figures(invalid=invalid)))
    answer = await settle(desk, form_path(41), "cici", settlement(occurred_at="2099-01-01T00:00:00Z"))
    assert [f["code"] for f in answer.json()["findings"]] == ["W-CLOCK-AHEAD"]


async def test_what_tells_of_votes_is_withheld_with_them(desk: RunningService) -> None:
    path = form_path(42)
    for invalid in (17, 18):
        await enter(desk, path, f"n{invalid}", entry(figures(invalid=invalid)))
    paper = figures((0, 0, 0, 0, 311), invalid=32, valid=326, total=341)
    await settle(desk, path, "cici", settlement(paper, reason="suara nomor 5 adalah 311"))
    await write(desk, "insert into election_ref values ($1, '2999-01-01', '0.025', '12:00')", ELECTION)
    try:
        seen = (await look(desk, path, Role.OBSERVER))["version"]
        known = (await look(desk, path))["version"]
    finally:
        await write(desk, "delete from election_ref")
    codes = ["E-CAND-SUM", "E-TOTAL-SUM", "E-USED-TOTAL", "E-USERS-TOTAL", "W-UNANIMOUS"]
    assert [one["code"] for one in seen["findings"]] == [one["code"] for one in known["findings"]]
    assert [one["code"] for one in seen["findings"]][:5] == codes
    assert {(one["written"], one["expected"]) for one in seen["findings"]} == {(None, None)}
    assert [one["where"] for one in seen["findings"]][:5] == [
        "valid",
        "total",
        "ballots_used",
        "users.total",
        "votes",
    ]
    assert not {"311", "326", "341", "358"} & set(re.findall(r"\d+", str({**seen, "recorded_at": ""})))
    assert (known["reason"], seen["reason"]) == ("suara nomor 5 adalah 311", "")
