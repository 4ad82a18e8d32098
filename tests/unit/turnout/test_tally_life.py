"""The life of a tally: no figures stand with fewer than two persons behind them, and no state is without a way out.

The machine walks the rules with a small model beside it, written apart from them.
"""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chassis.problems import Problem, WrongState
from contracts.turnout_events import TallyState
from services.turnout.errors import (
    NotYourEntry,
    SecondDeviceRequired,
    SecondPersonRequired,
    ThirdPersonRequired,
)
from services.turnout.rules.tallies import ALLOWED, Hand, Life, Typed, adjudicate, discard, enter, send_back

PEOPLE = ("ani", "budi", "cici", "dodi")
DEVICES = (None, "komputer-1", "komputer-2", "komputer-3")


def typed(person: str, figures: str = "a") -> Typed:
    """An entry on the person's own device."""
    return on(f"device-of-{person}", person, figures)


def on(device: str | None, person: str, figures: str = "a") -> Typed:
    return Typed(Hand(person, device), figures)


def verified() -> Life:
    return enter(enter(Life(), typed("ani"), held=False), typed("budi"), held=False)


def disputed() -> Life:
    return enter(enter(Life(), typed("ani"), held=False), typed("budi", "b"), held=False)


def test_two_who_agree():
    life = verified()
    assert (life.state, life.persons) == (TallyState.VERIFIED, {"ani", "budi"})


def test_two_who_agree_on_a_paper_that_does_not_add_up():
    life = enter(enter(Life(), typed("ani"), held=True), typed("budi"), held=True)
    assert life.state is TallyState.HELD
    settled = adjudicate(life, Hand("cici"), held=False)
    assert (settled.state, len(settled.persons)) == (TallyState.VERIFIED, 3)


def test_a_dispute_is_settled_by_a_third():
    assert disputed().state is TallyState.DISPUTED
    with pytest.raises(ThirdPersonRequired):
        adjudicate(disputed(), Hand("budi"), held=False)
    assert adjudicate(disputed(), Hand("cici"), held=False).state is TallyState.VERIFIED
    still = adjudicate(disputed(), Hand("cici"), held=True)
    assert adjudicate(still, Hand("cici"), held=False).state is TallyState.VERIFIED


def test_a_refusal_says_the_way_out():
    with pytest.raises(WrongState) as refusal:
        enter(verified(), typed("cici"), held=False)
    assert (refusal.value.current_state, refusal.value.allowed) == ("verified", ("return",))


def test_a_verified_form_takes_two_to_return():
    asked = send_back(verified(), Hand("ani"))
    assert (asked.state, asked.return_asked_by) == (TallyState.VERIFIED, "ani")
    assert send_back(asked, Hand("ani")) == asked
    assert send_back(asked, Hand("budi")) == Life(round=2)


@pytest.mark.parametrize("life", [disputed(), enter(Life(), typed("ani"), held=False)])
def test_what_is_in_no_total_takes_one(life: Life):
    assert send_back(life, Hand("cici")) == Life(round=2)


def test_after_a_return_anybody_may_enter_again():
    assert enter(send_back(disputed(), Hand("cici")), typed("ani"), held=False).entries == (typed("ani"),)


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        (
            lambda: enter(enter(Life(), typed("ani"), held=False), typed("ani"), held=False),
            SecondPersonRequired,
        ),
        *(
            (
                lambda first=first, second=second: enter(
                    enter(Life(), on(first, "ani"), held=False), on(second, "budi"), held=False
                ),
                SecondDeviceRequired,
            )
            for first, second in (("x", "x"), ("x", None), (None, "x"), (None, None))
        ),
        (lambda: discard(enter(Life(), typed("ani"), held=False), Hand("budi")), NotYourEntry),
        (lambda: discard(disputed(), Hand("ani")), WrongState),
        (lambda: send_back(Life(), Hand("ani")), WrongState),
        (lambda: adjudicate(verified(), Hand("cici"), held=False), WrongState),
    ],
)
def test_what_is_refused(step: Callable[[], Life], refusal: type[Problem]) -> None:
    with pytest.raises(refusal):
        step()


def test_every_state_has_a_way_out():
    assert set(ALLOWED) == set(TallyState)
    assert all(ALLOWED.values())


class Desk(RuleBasedStateMachine):
    """Anybody does anything at any time; what the rules let through must keep the promises."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.typed: list[tuple[str, str | None, str]] = []
        self.behind: set[str] = set()
        self.asked: str | None = None
        self.dead_end = False

    def _do(self, step: Callable[[], Life]) -> bool:
        try:
            self.life = step()
        except WrongState as refusal:
            self.dead_end = not refusal.allowed
            return False
        except Problem:
            return False
        return True

    def _anew(self) -> None:
        self.typed, self.behind, self.asked = [], set(), None

    @rule(
        person=st.sampled_from(PEOPLE),
        device=st.sampled_from(DEVICES),
        figures=st.sampled_from("ab"),
        held=st.booleans(),
    )
    def enter(self, person: str, device: str | None, figures: str, held: bool) -> None:
        may = not self.typed or (
            len(self.typed) == 1
            and self.typed[0][0] != person
            and None not in {device, self.typed[0][1]}
            and self.typed[0][1] != device
        )
        assert self._do(lambda: enter(self.life, on(device, person, figures), held=held)) == may
        if may:
            self.typed.append((person, device, figures))
            if len(self.typed) == 2 and self.typed[0][2] == figures:
                self.behind = {self.typed[0][0], person}

    @rule(person=st.sampled_from(PEOPLE), held=st.booleans())
    def adjudicate(self, person: str, held: bool) -> None:
        open_ = len(self.typed) == 2 and self.life.state is not TallyState.VERIFIED
        may = open_ and person not in {who for who, _, _ in self.typed}
        assert self._do(lambda: adjudicate(self.life, Hand(person), held=held)) == may
        if may:
            self.behind = {who for who, _, _ in self.typed} | {person}

    @rule(person=st.sampled_from(PEOPLE))
    def discard(self, person: str) -> None:
        may = len(self.typed) == 1 and self.typed[0][0] == person
        assert self._do(lambda: discard(self.life, Hand(person))) == may
        if may:
            self._anew()

    @rule(person=st.sampled_from(PEOPLE))
    def send_back(self, person: str) -> None:
        was = self.life.state
        assert self._do(lambda: send_back(self.life, Hand(person))) == bool(self.typed)
        if not self.typed:
            return
        if was is TallyState.VERIFIED and self.asked in {None, person}:
            self.asked = person
        else:
            self._anew()

    @invariant()
    def two_persons_stand_behind_what_stands(self) -> None:
        if self.life.state in {TallyState.VERIFIED, TallyState.HELD}:
            assert len(self.life.persons) >= 2
            assert self.life.persons == self.behind
        else:
            assert not self.behind

    @invariant()
    def entries_are_by_different_persons_and_devices(self) -> None:
        persons = [entry.by.person for entry in self.life.entries]
        devices = {entry.by.device for entry in self.life.entries}
        assert len(set(persons)) == len(persons) <= 2
        assert len(self.life.entries) < 2 or (None not in devices and len(devices) == 2)
        assert persons == [who for who, _, _ in self.typed]

    @invariant()
    def a_refusal_says_the_way_out(self) -> None:
        assert not self.dead_end

    @invariant()
    def somebody_can_always_go_on(self) -> None:
        hands = [Hand(person, "another device") for person in (*PEOPLE, "a stranger")]
        ways = [
            *(lambda by=by: enter(self.life, Typed(by, "a"), held=False) for by in hands),
            *(lambda by=by: adjudicate(self.life, by, held=False) for by in hands),
            *(lambda by=by: send_back(self.life, by) for by in hands),
        ]
        assert any(_possible(way) for way in ways)


def _possible(step: Callable[[], Life]) -> bool:
    try:
        step()
    except Problem:
        return False
    return True


TestDesk = Desk.TestCase
# 450 walks of up to 50 steps: over 20,000 in all.
TestDesk.settings = settings(max_examples=450, stateful_step_count=50, deadline=None)
