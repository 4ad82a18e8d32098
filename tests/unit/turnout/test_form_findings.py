"""The evaluator of forms: each code with its two values, and nothing on a paper that adds up."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.legal_rules import FINDING_CODES
from contracts.turnout_events import FormFigures
from services.turnout.rules.ballots import ballots_needed
from services.turnout.rules.form_findings import (
    ALONE,
    Area,
    Surroundings,
    blocking,
    countable,
    form_findings,
    held_out,
)
from tests.unit.turnout.papers import Paper, line

PAPER = Paper()
FEW = {1: 100, 2: 226, 3: 0, 4: 0, 5: 0}


def found(paper: Paper, around: Surroundings = ALONE) -> list[tuple[str, str, object, object]]:
    return [(f.code, f.where, f.written, f.expected) for f in form_findings(paper.figures(), around=around)]


def test_a_paper_that_adds_up_has_no_finding():
    assert found(PAPER) == []


@pytest.mark.parametrize(
    ("paper", "expected"),
    [
        (replace(PAPER, votes={1: 32, 2: 90, 3: 120, 4: 38, 5: 47}), [("E-CAND-SUM", "valid", 326, 327)]),
        (
            replace(PAPER, total=345),
            [
                ("E-TOTAL-SUM", "total", 345, 343),
                ("E-USED-TOTAL", "ballots_used", 343, 345),
                ("E-USERS-TOTAL", "users.total", 343, 345),
            ],
        ),
        (
            replace(PAPER, ballots_used=344, ballots_unused=202),
            [("E-USED-TOTAL", "ballots_used", 344, 343), ("E-USED-USERS", "ballots_used", 344, 343)],
        ),
        (
            replace(PAPER, users=line(151, 192, 342)),
            [
                ("E-USERS-TOTAL", "users.total", 342, 343),
                ("E-USED-USERS", "ballots_used", 343, 342),
                ("E-USERS-SUM", "users.total", 342, 343),
                ("E-SEX-SUM", "users", 342, 343),
            ],
        ),
        (
            replace(PAPER, users_pindahan=line(0, 1)),
            [("E-USERS-SUM", "users.men", 151, 150), ("E-USERS-SUM", "users.women", 192, 193)],
        ),
        (replace(PAPER, disabled=line(1, 1, 3)), [("E-SEX-SUM", "disabled", 3, 2)]),
        (
            replace(PAPER, dpt=line(140, 393)),
            [("E-DPT-USERS", "users_dpt.men", 150, 140)],
        ),
        (replace(PAPER, ballots_unused=200), [("E-BALLOT-SUM", "ballots_received", 547, 544)]),
        (
            replace(PAPER, ballots_received=300, ballots_unused=-44),
            [
                ("E-NEGATIVE", "ballots_unused", -44, 0),
                ("E-BALLOT-CAP", "ballots_used", 343, 300),
                ("W-BALLOT-NEED", "ballots_received", 300, 547),
            ],
        ),
        (
            replace(PAPER, ballots_received=565, ballots_unused=221),
            [("W-BALLOT-NEED", "ballots_received", 565, 547)],
        ),
        (replace(PAPER, closed="14:20"), [("W-HOURS", "closed", "14:20", "13:00")]),
        (replace(PAPER, opened="06:40"), [("W-HOURS", "opened", "06:40", "07:00")]),
        (replace(PAPER, closed="11:30"), [("W-WALKIN-HOURS", "closed", "11:30", "12:00")]),
        (
            replace(PAPER, votes={1: 0, 2: 326, 3: 0, 4: 0, 5: 0}),
            [("W-UNANIMOUS", "votes.2", 326, None)],
        ),
        (
            replace(PAPER, votes={1: 31, 2: 90, 3: 120, 4: 38, 5: 4}, valid=283, invalid=60),
            [("W-INVALID-SHARE", "invalid", 0.1749, 0.15)],
        ),
        (replace(PAPER, ballots_spoiled=None), [("W-MISSING-FIELD", "ballots_spoiled", None, None)]),
        (
            replace(PAPER, users_tambahan=line(0, None)),
            [
                ("W-MISSING-FIELD", "users_tambahan.women", None, None),
                ("W-MISSING-FIELD", "users_tambahan.total", None, None),
            ],
        ),
        (
            replace(PAPER, votes=dict.fromkeys(range(1, 6), 0), valid=0, invalid=343),
            [
                ("W-INVALID-SHARE", "invalid", 1.0, 0.15),
                ("W-INCOMPLETE", "votes", None, None),
            ],
        ),
    ],
)
def test_what_does_not_hold_is_found_with_both_values(
    paper: Paper, expected: list[tuple[str, str, object, object]]
) -> None:
    assert found(paper) == expected


def test_a_list_that_is_not_the_registered_one_is_told_with_both():
    long = replace(
        PAPER,
        dpt=line(9_000, 9_000),
        users_dpt=line(8_000, 8_628),
        users=line(8_001, 8_630),
        ballots_received=18_450,
        ballots_used=16_631,
        ballots_unused=1_818,
        votes={1: 5_000, 2: 5_000, 3: 5_000, 4: 800, 5: 800},
        valid=16_600,
        invalid=31,
        total=16_631,
    )
    assert found(long) == []
    known = Surroundings(registered_dpt=533)
    assert found(long, known) == [("W-DPT-REGISTER", "dpt.total", 18_000, 533)]
    assert found(PAPER, known) == []
    assert "W-DPT-REGISTER" not in {code for code, *_ in found(replace(PAPER, dpt=line(None, None)), known)}


def test_the_reserve_is_used_when_more_ballots_are_gone_than_the_list_is_long():
    own = replace(
        PAPER,
        users_dpt=line(250, 270),
        users_pindahan=line(5, 5),
        users=line(255, 277),
        ballots_used=532,
        ballots_spoiled=2,
        ballots_unused=13,
        invalid=206 - 146,
        total=532,
        valid=472,
        votes={1: 177, 2: 90, 3: 120, 4: 38, 5: 47},
    )
    assert found(own) == [("W-RESERVE", "ballots_used", 534, 533)]


def test_a_missing_block_is_one_finding():
    findings = form_findings(PAPER.figures(administration=False))
    assert [(f.code, f.where) for f in findings] == [("W-INCOMPLETE", "administration")]


@pytest.mark.parametrize(
    ("governor", "other", "codes"),
    [(False, 342, ["W-CROSS-CONTEST"]), (False, 343, []), (True, 342, []), (True, 344, ["W-CROSS-CONTEST"])],
)
def test_more_users_for_the_mayor_than_for_the_governor(governor: bool, other: int, codes: list[str]) -> None:
    around = Surroundings(governor=governor, other_users=other)
    assert [code for code, *_ in found(PAPER, around)] == codes


@pytest.mark.parametrize(("receipt", "codes"), [(None, []), (547, []), (546, ["W-RECEIPT"])])
def test_ballots_received_by_the_form_and_by_logistics(receipt: int | None, codes: list[str]) -> None:
    assert [code for code, *_ in found(PAPER, Surroundings(receipt=receipt))] == codes


def test_a_share_far_from_the_areas():
    area = Area(forms=20, votes={1: 100, 2: 900, 3: 4000, 4: 500, 5: 500})
    around = Surroundings(area=area)
    assert found(PAPER, around) == []
    strange = replace(PAPER, votes={1: 10, 2: 280, 3: 20, 4: 10, 5: 6})
    assert [(code, where) for code, where, *_ in found(strange, around)] == [
        ("W-OUTLIER", "votes.2"),
        ("W-OUTLIER", "votes.3"),
    ]
    few = Surroundings(area=replace(area, forms=4))
    assert found(strange, few) == []


def test_the_election_sets_hours_and_reserve():
    around = Surroundings(reserve_ratio=Decimal("0.02"), opens="08:00", closes="14:00", walk_ins_from="13:30")
    assert [code for code, *_ in found(PAPER, around)] == ["W-BALLOT-NEED", "W-HOURS", "W-WALKIN-HOURS"]


def test_what_blocks_holds_a_form_until_it_is_settled():
    figures = replace(PAPER, ballots_unused=200).figures()
    findings = form_findings(figures)
    assert blocking(findings) == ["E-BALLOT-SUM"]
    assert held_out(figures, findings)
    assert not held_out(figures, findings, accepted=["E-BALLOT-SUM"])


def test_a_warning_does_not_hold():
    figures = replace(PAPER, closed="14:20").figures()
    assert not held_out(figures, form_findings(figures))


@pytest.mark.parametrize(
    "paper", [replace(PAPER, votes={1: 1, 2: None}), replace(PAPER, valid=None), replace(PAPER, votes={})]
)
def test_a_form_with_a_gap_in_its_votes_is_never_counted(paper: Paper) -> None:
    figures = paper.figures()
    assert not countable(figures)
    assert held_out(figures, form_findings(figures), accepted=list(FINDING_CODES))


@pytest.mark.parametrize(
    ("dpt", "need"), [(533, 547), (600, 615), (0, 0), (1, 2), (40, 41), (440, 451), (500, 513)]
)
def test_ballots_are_rounded_up_at_each_tps(dpt: int, need: int) -> None:
    assert ballots_needed(dpt) == need


BOX = st.none() | st.integers(-5, 700)
LINE = st.builds(line, BOX, BOX, BOX)


@st.composite
def any_paper(draw: st.DrawFn) -> FormFigures:
    numbers = draw(st.integers(1, 6))
    paper = Paper(
        dpt=draw(LINE),
        users_dpt=draw(LINE),
        users_pindahan=draw(LINE),
        users_tambahan=draw(LINE),
        users=draw(LINE),
        disabled=draw(LINE),
        ballots_received=draw(BOX),
        ballots_used=draw(BOX),
        ballots_spoiled=draw(BOX),
        ballots_unused=draw(BOX),
        votes={n: draw(BOX) for n in range(1, numbers)},
        valid=draw(BOX),
        invalid=draw(BOX),
        total=draw(BOX),
        opened=draw(st.sampled_from([None, "06:59", "07:00", "13:01"])),
        closed=draw(st.sampled_from([None, "11:59", "13:00", "23:59"])),
    )
    return paper.figures(administration=draw(st.booleans()))


@given(any_paper())
def test_any_paper_is_judged(figures: FormFigures):
    findings = form_findings(figures)
    assert {f.code for f in findings} <= set(FINDING_CODES)
    kinds = [f.code[0] for f in findings]
    assert kinds == sorted(kinds), "what blocks comes first"
    for finding in findings:
        if finding.code.startswith("E-"):
            assert finding.written != finding.expected
    assert held_out(figures, findings) == (bool(blocking(findings)) or not countable(figures))
    assert form_findings(FormFigures.model_validate_json(figures.model_dump_json())) == findings


@given(
    st.lists(st.integers(0, 200), min_size=2, max_size=5),
    st.integers(0, 40),
    st.tuples(*(st.integers(0, 60) for _ in range(6))),
)
def test_a_paper_made_to_add_up_does_not_block(
    votes: list[int], invalid: int, walked: tuple[int, ...]
) -> None:
    """Whatever the crew counted: lines that are sums of their parts never give a finding that blocks."""
    total = sum(votes) + invalid
    men, women, *_ = walked
    pindahan, tambahan = line(walked[2] % 3, walked[3] % 3), line(walked[4] % 3, walked[5] % 3)
    others = (pindahan.total or 0) + (tambahan.total or 0)
    if total < others:
        return
    own_men = (total - others) // 2
    own = line(own_men, total - others - own_men)
    users = line(
        (own.men or 0) + (pindahan.men or 0) + (tambahan.men or 0),
        (own.women or 0) + (pindahan.women or 0) + (tambahan.women or 0),
    )
    dpt = line((own.men or 0) + men, (own.women or 0) + women)
    received = max(ballots_needed(dpt.total or 0), total + 1)
    paper = Paper(
        dpt,
        own,
        pindahan,
        tambahan,
        users,
        line(0, 0),
        received,
        total,
        1,
        received - total - 1,
        votes=dict(enumerate(votes, start=1)),
        valid=sum(votes),
        invalid=invalid,
        total=total,
    )
    assert blocking(form_findings(paper.figures())) == []
