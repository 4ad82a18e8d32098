"""The forms of every TPS: what was voted, and the administration around it, consistent line by line."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.plan.draw import fit, round_row, whole_table
from simulator.plan.model import Form, Line, ballots_for
from simulator.plan.voters import Attendance


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a contest goes in a region.

    Attributes:
        shares: of the ballots used, by choice number, the invalid ones last; they need not add to 1.
        columns: the exact sums to end on, in the same order; None lets the shares decide.
    """

    numbers: tuple[int, ...]
    shares: tuple[float, ...]
    columns: tuple[int, ...] | None


def draw_votes(
    rng: random.Random, *, groups: Sequence[str], used: Sequence[int], outcome: Outcome
) -> list[list[int]]:
    """Return per TPS the votes of each choice and, last, the invalid ones; each row adds to the ballots used.

    Args:
        rng: the plan's generator.
        groups: the kelurahan of each TPS; shares differ between kelurahan, and less between the TPS of one.
        used: ballots used at each TPS.
        outcome: the shares, and the sums to end on.
    """
    spread = [0.15] * len(outcome.numbers) + [0.3]
    lean = {
        group: [share * math.exp(rng.gauss(0, s)) for share, s in zip(outcome.shares, spread, strict=True)]
        for group in dict.fromkeys(groups)
    }
    weights = [
        [w * math.exp(rng.gauss(0, s)) for w, s in zip(lean[group], spread, strict=True)] for group in groups
    ]
    if outcome.columns is None:
        return [round_row(row, count) for row, count in zip(weights, used, strict=True)]
    return whole_table(fit(weights, rows=used, columns=outcome.columns), rows=used, columns=outcome.columns)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the forms of one TPS share.

    Attributes:
        contest: the form's contest.
        everybody: outsiders vote in this contest too.
        numbers: the choices' numbers.
        votes: of each choice, the invalid ones last.
    """

    contest: str
    everybody: bool
    numbers: tuple[int, ...]
    votes: Sequence[int]


def users_of(came: Attendance, *, everybody: bool) -> int:
    """Return how many voted in a contest; outsiders only in the one with the widest electorate."""
    total = came.dpt.total + came.pindahan.total + came.tambahan.total
    return total if everybody else total - came.outsiders.total


def write_form(rng: random.Random, *, dpt: Line, came: Attendance, disabled: Line, sheet: Sheet) -> Form:
    """Return the form of one TPS and contest, consistent in every line.

    Args:
        rng: the plan's generator.
        dpt: the TPS's list.
        came: who voted there.
        disabled: voters with a disability among them.
        sheet: the contest and its votes; they must add to the users.
    """
    pindahan = came.pindahan
    if not sheet.everybody and came.outsiders.total:
        pindahan = Line.of(pindahan.men - came.outsiders.men, pindahan.women - came.outsiders.women)
    users = Line.of(
        came.dpt.men + pindahan.men + came.tambahan.men, came.dpt.women + pindahan.women + came.tambahan.women
    )
    received = ballots_for(dpt.total)
    spoiled = min(int(rng.expovariate(1 / 0.6)), received - users.total)
    invalid = sheet.votes[-1]
    return Form(
        contest=sheet.contest,
        dpt=dpt,
        users_dpt=came.dpt,
        users_pindahan=pindahan,
        users_tambahan=came.tambahan,
        users=users,
        disabled=disabled,
        ballots_received=received,
        ballots_used=users.total,
        ballots_spoiled=spoiled,
        ballots_unused=received - users.total - spoiled,
        votes=tuple(zip(sheet.numbers, sheet.votes[:-1], strict=True)),
        valid=users.total - invalid,
        invalid=invalid,
        total=users.total,
    )


def draw_disabled(rng: random.Random, came: Attendance) -> Line:
    """Return how many of a TPS's voters have a disability: about one in 250, never more than came from its list."""
    return Line.of(
        min(int(rng.expovariate(1.2)), came.dpt.men), min(int(rng.expovariate(1.2)), came.dpt.women)
    )
