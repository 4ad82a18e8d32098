"""How figures go wrong: slips of whoever types, and papers that do not add up."""

import random
from dataclasses import replace

from simulator.plan.model import Form, Line


def slip_of(figure: int) -> int:
    """Return a figure as a tired person types it: two digits changed places, or one misread; never the figure itself.

    Example: `slip_of(142) == 124`, and `slip_of(77) == 71`.
    """
    digits = list(str(figure))
    for left in range(len(digits) - 2, -1, -1):
        if digits[left] != digits[left + 1] and not (left == 0 and digits[1] == "0"):
            digits[left], digits[left + 1] = digits[left + 1], digits[left]
            return int("".join(digits))
    return figure - figure % 10 + {0: 6, 1: 7, 7: 1, 6: 0}.get(figure % 10, 1)


def mistype(rng: random.Random, form: Form) -> Form:
    """Return a form with one slip in it; often it no longer adds up, sometimes it does (two pairs changed places)."""
    kind = rng.randrange(4)
    votes = list(form.votes)
    if kind == 0 and votes[0][1] != votes[1][1]:
        (first, a), (second, b) = votes[0], votes[1]
        votes[0], votes[1] = (first, b), (second, a)
        return replace(form, votes=tuple(votes))
    if kind == 1:
        return replace(form, ballots_unused=slip_of(form.ballots_unused))
    if kind == 2:
        return replace(form, invalid=slip_of(form.invalid))
    index = rng.randrange(len(votes))
    number, count = votes[index]
    votes[index] = (number, slip_of(count))
    return replace(form, votes=tuple(votes))


def misadd(rng: random.Random, form: Form) -> Form:
    """Return a form as a crew wrote it that could not add: it always breaks a rule that holds it out of the totals."""
    kind = rng.randrange(4)
    if kind == 0:
        index = rng.randrange(len(form.votes))
        votes = list(form.votes)
        number, count = votes[index]
        votes[index] = (number, count + 10)
        return replace(form, votes=tuple(votes))
    if kind == 1:
        return replace(form, total=form.total + 2)
    if kind == 2:
        users = form.users
        return replace(form, users=Line(users.men, users.women, users.total - 1))
    return replace(form, ballots_unused=form.ballots_unused + 3)
