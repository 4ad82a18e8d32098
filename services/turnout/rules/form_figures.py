"""The figures of a form in one form: what is compared, hashed and stored of an entry."""

import hashlib
from collections.abc import Sequence

from contracts.turnout_events import FormAdministration, FormFigures, FormLine, FormPart
from services.turnout.rules.form_findings import is_empty


def in_one_form(figures: FormFigures, *, choices: Sequence[int]) -> FormFigures:
    """Return figures so that two that say the same are equal: every choice has its box, an empty block is none.

    Example: for the choices 1 and 2, `{2: 5}` becomes `{1: None, 2: 5}`: a box that was not sent was left empty.

    Args:
        figures: as sent.
        choices: numbers of the contest's choices, in order.
    """
    block = figures.administration
    return figures.model_copy(
        update={
            "administration": None if block is None or is_empty(block) else block,
            "votes": {number: figures.votes.get(number) for number in choices},
        }
    )


def unknown_choices(figures: FormFigures, *, choices: Sequence[int]) -> list[int]:
    """Return the numbers that have votes and are no choice of the contest."""
    return sorted(number for number in figures.votes if number not in choices)


def canonical(figures: FormFigures) -> str:
    """Return figures as text, the same for every two that say the same; `in_one_form` comes before."""
    return figures.model_dump_json()


def entry_hash(salt: bytes, text: str) -> str:
    """Return what an event says of an entry before two agree: it binds, and tells nothing.

    Figures are few and guessable, so without the salt the hash would tell them.

    Args:
        salt: random, kept with the entry.
        text: of `canonical`.
    """
    return hashlib.sha256(salt + text.encode()).hexdigest()


def differing_parts(one: FormFigures, other: FormFigures) -> list[FormPart]:
    """Return the parts of the form in which two entries differ, without a number.

    Example: entries that differ in the votes of one choice give `[FormPart.VOTES]`.
    """
    ours, theirs = _parts(one), _parts(other)
    return [part for part in FormPart if ours[part] != theirs[part]]


def _parts(figures: FormFigures) -> dict[FormPart, tuple[object, ...]]:
    block = figures.administration
    return {
        FormPart.VOTERS: _voters(block) if block else (),
        FormPart.BALLOTS: (
            (block.ballots_received, block.ballots_used, block.ballots_spoiled, block.ballots_unused)
            if block
            else ()
        ),
        FormPart.DISABLED: (_line(block.disabled),) if block else (),
        FormPart.VOTES: tuple(sorted(figures.votes.items())),
        FormPart.SUMS: (figures.valid, figures.invalid, figures.total),
        FormPart.SIGNATURES: (figures.kpps_signatures, figures.witness_signatures),
        FormPart.HOURS: (figures.opened, figures.closed),
    }


def _voters(block: FormAdministration) -> tuple[object, ...]:
    lines = (block.dpt, block.users_dpt, block.users_pindahan, block.users_tambahan, block.users)
    return tuple(_line(line) for line in lines)


def _line(line: FormLine) -> tuple[int | None, ...]:
    return line.men, line.women, line.total
