"""The order of sending, what is kept of it, and the clock that is held while it cannot be kept up with."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.access import Role
from contracts.vocabulary import Milestone
from simulator.desk.clock import RehearsalClock
from simulator.desk.tokens import Tokens
from simulator.desk.wire import Wire
from simulator.drive.journal import Journal
from simulator.drive.keeper import Keeper
from simulator.drive.lanes import Lanes, Step
from simulator.timeline.actions import Action, Person
from simulator.timeline.commands import RecordMilestone
from tests.unit.simulator.badly_behaved import Asked, serving, told

START = datetime(2024, 11, 27, tzinfo=UTC)


def action(
    minute: int, by: str = "a", *, after: tuple[UUID, ...] = (), role: Role | None = Role.KPPS
) -> Action:
    at = START + timedelta(minutes=minute)
    command = RecordMilestone("32.71.06.1002.028", Milestone.READY, at, "")
    return Action(at, uuid4(), Person(role, by, by, "32.71"), command, after=after)


def keys(steps: Sequence[Step]) -> list[UUID]:
    return [step.action.key for step in steps]


def test_each_sender_sends_one_after_the_other() -> None:
    one, two, other = action(0, "a"), action(1, "a"), action(1, "b")
    lanes = Lanes([one, two, other])
    first = lanes.become_due(START + timedelta(minutes=5))
    assert keys(first) == [one.key, other.key]
    assert lanes.oldest() == one.at
    assert keys(lanes.answered(first[0])) == [two.key]
    assert (lanes.waiting, lanes.unanswered, lanes.oldest()) == (2, 2, two.at)


def test_the_public_has_no_order() -> None:
    lanes = Lanes([action(0, role=None), action(0, role=None)])
    assert len(lanes.become_due(START)) == 2


def test_nothing_is_sent_before_its_hour_or_before_what_it_needs() -> None:
    made = action(0, "a")
    user = action(3, "b", after=(made.key,))
    lanes = Lanes([made, user])
    (first,) = lanes.become_due(START)
    assert lanes.answered(first) == []
    assert lanes.next_at() == user.at
    assert keys(lanes.become_due(user.at)) == [user.key]
    lanes = Lanes([made, user])
    (first,) = lanes.become_due(user.at)
    assert keys(lanes.answered(first)) == [user.key]


def test_what_was_answered_before_holds_nobody_up() -> None:
    made = action(0, "a")
    user = action(3, "a", after=(made.key,))
    lanes = Lanes([made, user], done={made.key})
    assert keys(lanes.become_due(user.at)) == [user.key]


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_everything_is_sent_once_whatever_the_order_of_answers(data: st.DataObject) -> None:
    actions: list[Action] = []
    for minute in range(data.draw(st.integers(1, 30))):
        after = data.draw(st.lists(st.sampled_from([x.key for x in actions]), max_size=2)) if actions else []
        actions.append(action(minute, data.draw(st.sampled_from("abc")), after=tuple(after)))
    lanes = Lanes(actions)
    ready, sent = [], []
    for minute in range(len(actions)):
        ready += lanes.become_due(START + timedelta(minutes=minute))
        while ready and data.draw(st.booleans()):
            step = ready.pop(data.draw(st.integers(0, len(ready) - 1)))
            sent.append(step.action)
            ready += lanes.answered(step)
    while ready:
        step = ready.pop()
        sent.append(step.action)
        ready += lanes.answered(step)
    assert lanes.unanswered == 0
    assert sorted(x.key for x in sent) == sorted(x.key for x in actions)
    place = {x.key: n for n, x in enumerate(sent)}
    assert all(place[key] < place[x.key] for x in actions for key in x.after)


def test_a_journal_is_read_again_for_the_same_days_only(tmp_path: Path) -> None:
    path, key, ours = tmp_path / "sub" / "state.jsonl", uuid4(), uuid4()
    journal = Journal(path, days="one")
    journal.note_loaded()
    journal.note(key, {ours: "theirs"})
    journal.close()
    again = Journal(path, days="one")
    assert (again.done, again.names, again.loaded) == ({key}, {ours: "theirs"}, True)
    again.close()
    other = Journal(path, days="two")
    assert (other.done, other.names, other.loaded) == (set(), {}, False)
    assert other.of_other_days
    assert not again.of_other_days
    other.close()
    assert Journal(path, days="one").done == set()


def test_a_line_that_was_cut_off_costs_that_line_only(tmp_path: Path) -> None:
    path, keys = tmp_path / "state.jsonl", [uuid4() for _ in range(3)]
    journal = Journal(path, days="one")
    journal.note(keys[0], {})
    journal.note(keys[1], {})
    journal.close()
    path.write_text(path.read_text()[:-9])
    again = Journal(path, days="one")
    assert again.done == {keys[0]}
    again.note(keys[2], {})
    again.close()
    last = Journal(path, days="one")
    assert last.done == {keys[0], keys[2]}
    last.close()


def test_without_a_place_nothing_is_kept() -> None:
    journal = Journal(None, days="one")
    journal.note(uuid4(), {})
    journal.flush()
    assert len(journal.done) == 1
    journal.close()


class DeskClockServer:
    """Answers as a desk whose clock can be set."""

    def __init__(self) -> None:
        self.speeds: list[float] = []
        self.now = START
        self.is_down = False

    def __call__(self, asked: Asked) -> bytes | None:
        if self.is_down:
            return None
        if asked.path == "/v1/oauth/token":
            return told(200, b'{"access_token":"t","expires_in":600}')
        if asked.method == "PUT":
            self.speeds.append(json.loads(asked.body)["speed"])
        body = {"now": self.now.isoformat(), "speed": self.speeds[-1] if self.speeds else 0}
        return told(200, json.dumps(body).encode())


@pytest.mark.anyio
async def test_the_clock_is_held_when_we_are_behind_and_let_go_when_we_have_caught_up() -> None:
    desk, lines = DeskClockServer(), list[str]()
    async with serving(desk) as server:
        wire = Wire(server.url)
        clock = RehearsalClock(wire, Tokens(wire, {"admin": "x"}, election="e-1"))
        keeper = Keeper(clock, speed=60, region="32.71", say=lines.append)
        await keeper.begin()
        assert desk.speeds == [0]
        await keeper.tend(oldest=START - timedelta(minutes=2), waiting=3)
        assert desk.speeds == [0]
        await keeper.tend(oldest=None, waiting=0)
        assert desk.speeds == [0, 60]
        await keeper.tend(oldest=START - timedelta(minutes=4), waiting=3)
        assert desk.speeds == [0, 60]
        await keeper.tend(oldest=START - timedelta(minutes=6), waiting=3)
        assert desk.speeds == [0, 60, 0]
        assert "27 Nov 07:00" in lines[-1]
        await keeper.tend(oldest=START, waiting=3)
        assert desk.speeds == [0, 60, 0, 60]
        assert keeper.times_held == 1
        assert 0 < keeper.held_s < 5
        await keeper.leave(1)
        assert desk.speeds[-1] == 1
        await wire.close()


@pytest.mark.anyio
async def test_a_desk_that_does_not_answer_is_asked_again() -> None:
    desk, lines = DeskClockServer(), list[str]()
    async with serving(desk) as server:
        wire = Wire(server.url)
        clock = RehearsalClock(wire, Tokens(wire, {"admin": "x"}, election="e-1"))
        keeper = Keeper(clock, speed=60, region="32.71", say=lines.append)
        desk.is_down = True
        beginning = asyncio.ensure_future(keeper.begin())
        await asyncio.sleep(0.4)
        assert not beginning.done()
        desk.is_down = False
        await asyncio.wait_for(beginning, 5)
        desk.is_down = True
        await keeper.tend(oldest=None, waiting=0)
        assert "does not answer" in lines[0]
        await wire.close()


def test_between_two_questions_the_desk_s_time_follows_the_machine_s() -> None:
    wall = 100.0
    wire = Wire("http://127.0.0.1:1")
    clock = RehearsalClock(wire, Tokens(wire, {}, election="e-1"), clock=lambda: wall)
    answer = {"now": START.isoformat(), "speed": 60}
    clock.take(answer)
    wall = 101.5
    assert clock.now() == START + timedelta(seconds=90)
    assert clock.wall_s_until(START + timedelta(seconds=150)) == 1.0
    assert clock.wall_s_until(START) == 0.0
    clock.take(answer | {"speed": 0})
    assert clock.wall_s_until(START + timedelta(seconds=150)) is None
