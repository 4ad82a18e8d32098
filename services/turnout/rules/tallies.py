"""The life of a tally: which step is possible, for whom, and where it leads; pure, with a way out of every state.

    empty ---enter---> first_entered ---enter, by another person---> verified   they agree
      ^                    |    |                                    held       they agree, but a rule blocks
      |                    |    |                                    disputed   they differ
      +--discard (own)-----+    |
      +--return-----------------+
      +--return------- disputed --adjudicate, by a third person----> verified | held
      +--return------- held     --adjudicate, by a third person----> verified | held
      +--return, two persons--- verified

A step returns the life after it, or raises the refusal. Source: promises of the desk ("two people must agree"), D21.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chassis.problems import WrongState
from contracts.turnout_events import TallyState
from services.turnout.errors import (
    NotYourEntry,
    SecondDeviceRequired,
    SecondPersonRequired,
    ThirdPersonRequired,
)

Act = Literal["enter", "discard", "adjudicate", "return"]

ALLOWED: dict[TallyState, tuple[Act, ...]] = {
    TallyState.EMPTY: ("enter",),
    TallyState.FIRST_ENTERED: ("enter", "discard", "return"),
    TallyState.DISPUTED: ("adjudicate", "return"),
    TallyState.HELD: ("adjudicate", "return"),
    TallyState.VERIFIED: ("return",),
}
"""What can be done in each state; no state is without a way out."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something, and on which device, where the token names one."""

    person: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """An entry: whose it is, and its figures as canonical text."""

    by: Hand
    figures: str


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a tally where its next step is judged.

    Attributes:
        round: one more each time that all entries were discarded.
        entries: of this round, in order.
        return_asked_by: the person who asked for a verified form to be returned.
        persons: behind the figures that stand; fewer than two only where none stand.
    """

    state: TallyState = TallyState.EMPTY
    round: int = 1
    entries: tuple[Typed, ...] = ()
    return_asked_by: str | None = None
    persons: frozenset[str] = frozenset()


def enter(life: Life, entry: Typed, *, held: bool) -> Life:
    """Return the life after an entry.

    Example: an entry of `a`, then the same figures by `b`, leads to `verified` with the persons `a` and `b`.

    Args:
        life: before it.
        entry: made without sight of another.
        held: whether these figures would be held out of the totals; asked where it is the second and agrees.

    Raises:
        SecondPersonRequired: the first entry is of the same person.
        SecondDeviceRequired: it was made on the same device, or one of the two on a device that is not known.
        WrongState: two persons have entered the form.
    """
    _check(life, "enter")
    if life.state is TallyState.EMPTY:
        return replace(life, state=TallyState.FIRST_ENTERED, entries=(entry,))
    first = life.entries[0]
    if entry.by.person == first.by.person:
        raise SecondPersonRequired
    if entry.by.device is None or first.by.device in {None, entry.by.device}:
        raise SecondDeviceRequired
    both = (first, entry)
    if first.figures != entry.figures:
        return replace(life, state=TallyState.DISPUTED, entries=both)
    persons = frozenset({first.by.person, entry.by.person})
    return replace(life, state=_standing(held), entries=both, persons=persons)


def adjudicate(life: Life, by: Hand, *, held: bool) -> Life:
    """Return the life after a third person has settled the figures.

    Args:
        life: before it.
        by: the third person.
        held: whether the settled figures still break a rule that blocks, and that was not let stand.

    Raises:
        ThirdPersonRequired: the person made one of the entries.
        WrongState: there is nothing to settle.
    """
    _check(life, "adjudicate")
    entered = frozenset(entry.by.person for entry in life.entries)
    if by.person in entered:
        raise ThirdPersonRequired
    return replace(life, state=_standing(held), persons=entered | {by.person}, return_asked_by=None)


def discard(life: Life, by: Hand) -> Life:
    """Return the life after a person took back the first entry, before there was a second.

    Raises:
        NotYourEntry: somebody else made it.
        WrongState: there is no such entry.
    """
    _check(life, "discard")
    if life.entries[0].by.person != by.person:
        raise NotYourEntry
    return _anew(life)


def send_back(life: Life, by: Hand) -> Life:
    """Return the life after a form was returned: to be entered anew, by anybody.

    A verified form is in the totals, so two persons decide: the first only asks, the second's call returns it.

    Example: `b` returns a verified form that `a` asked to return: it is `empty`, in the next round.

    Raises:
        WrongState: nothing was entered.
    """
    _check(life, "return")
    if life.state is TallyState.VERIFIED and life.return_asked_by in {None, by.person}:
        return replace(life, return_asked_by=by.person)
    return _anew(life)


def not_found(accepted: Sequence[str], blocking: Sequence[str]) -> list[int]:
    """Return the places in `accepted` of codes that the figures do not have."""
    return [place for place, code in enumerate(accepted) if code not in blocking]


def _anew(life: Life) -> Life:
    return Life(round=life.round + 1)


def _standing(held: bool) -> TallyState:  # noqa: FBT001 - named by every caller's own parameter
    return TallyState.HELD if held else TallyState.VERIFIED


def _check(life: Life, act: Act) -> None:
    allowed = ALLOWED[life.state]
    if act not in allowed:
        raise WrongState(
            f"The form is {life.state.value}.",
            detail_id=f"Formulir berstatus {life.state.value}.",
            current_state=life.state.value,
            allowed=allowed,
        )
