"""What is compared, hashed and told of an entry; and when votes per choice may be told."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from contracts.turnout_events import FormFigures, FormPart
from services.turnout.rules.form_figures import (
    canonical,
    differing_parts,
    entry_hash,
    in_one_form,
    unknown_choices,
)
from services.turnout.rules.publication import results_public_at, votes_withheld
from tests.unit.turnout.papers import Paper, line

PAPER = Paper()
CHOICES = (1, 2, 3, 4, 5)


def one_form(figures: FormFigures) -> FormFigures:
    return in_one_form(figures, choices=CHOICES)


def test_a_box_that_was_not_sent_was_left_empty():
    sent, explicit = (replace(PAPER, votes=votes).figures() for votes in ({2: 5}, {5: None, 2: 5, 1: None}))
    assert canonical(one_form(sent)) == canonical(one_form(explicit))
    assert one_form(sent).votes == {1: None, 2: 5, 3: None, 4: None, 5: None}


def test_an_empty_block_is_a_missing_block():
    empty = line(None, None)
    nothing = Paper(*(empty,) * 6, None, None, None, None).figures()  # type: ignore[arg-type] - six lines, four boxes
    assert one_form(nothing).administration is None


def test_numbers_that_are_no_choice():
    assert unknown_choices(replace(PAPER, votes={1: 1, 6: 0, 9: 2}).figures(), choices=CHOICES) == [6, 9]


@pytest.mark.parametrize(
    ("other", "parts"),
    [
        (PAPER, []),
        (replace(PAPER, users=line(151, 193)), [FormPart.VOTERS]),
        (replace(PAPER, ballots_unused=204), [FormPart.BALLOTS]),
        (replace(PAPER, disabled=line(1, 1)), [FormPart.DISABLED]),
        (
            replace(PAPER, votes={1: 32, 2: 90, 3: 120, 4: 38, 5: 47}, valid=327),
            [FormPart.VOTES, FormPart.SUMS],
        ),
        (replace(PAPER, closed="13:05"), [FormPart.HOURS]),
    ],
)
def test_where_two_entries_differ(other: Paper, parts: list[FormPart]) -> None:
    assert differing_parts(PAPER.figures(), other.figures()) == parts
    assert (canonical(PAPER.figures()) == canonical(other.figures())) == (not parts)


def test_signatures_and_a_missing_block_differ_too():
    signed = PAPER.figures().model_copy(update={"kpps_signatures": 6})
    assert differing_parts(PAPER.figures(), signed) == [FormPart.SIGNATURES]
    assert FormPart.VOTERS in differing_parts(PAPER.figures(), PAPER.figures(administration=False))


def test_the_hash_tells_nothing_without_its_salt():
    text = canonical(PAPER.figures())
    assert entry_hash(b"a" * 32, text) != entry_hash(b"b" * 32, text)
    assert entry_hash(b"a" * 32, text) == entry_hash(b"a" * 32, text)


def test_results_are_public_for_the_whole_nation_at_once():
    assert results_public_at(date(2024, 11, 27)) == datetime(2024, 11, 27, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "early", "withheld"), [(7, False, True), (7, True, False), (8, False, False)]
)
def test_votes_are_withheld_until_then(hour: int, early: bool, withheld: bool) -> None:
    now = datetime(2024, 11, 27, hour, tzinfo=UTC)
    assert votes_withheld(now=now, public_at=results_public_at(date(2024, 11, 27)), early=early) == withheld
