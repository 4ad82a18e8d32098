"""Papers for the rules of forms: one that adds up, and ways to change it."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.turnout_events import FormAdministration, FormFigures, FormLine


def line(men: int | None, women: int | None, total: int | None = None) -> FormLine:
    if total is None and men is not None and women is not None:
        total = men + women
    return FormLine(men=men, women=women, total=total)


_DPT, _OWN, _MOVED, _WALKED = line(250, 283), line(150, 190), line(1, 0), line(0, 2)
_USERS, _DISABLED = line(151, 192), line(0, 1)


@dataclass(frozen=True)
class Paper:
    """A form that adds up unless a test changes a field of it."""

    dpt: FormLine = _DPT
    users_dpt: FormLine = _OWN
    users_pindahan: FormLine = _MOVED
    users_tambahan: FormLine = _WALKED
    users: FormLine = _USERS
    disabled: FormLine = _DISABLED
    ballots_received: int | None = 547
    ballots_used: int | None = 343
    ballots_spoiled: int | None = 1
    ballots_unused: int | None = 203
    votes: Mapping[int, int | None] | None = None
    valid: int | None = 326
    invalid: int | None = 17
    total: int | None = 343
    opened: str | None = "07:00"
    closed: str | None = "13:00"

    def figures(self, *, administration: bool = True) -> FormFigures:
        block = FormAdministration.model_validate(self, from_attributes=True) if administration else None
        votes = {1: 31, 2: 90, 3: 120, 4: 38, 5: 47} if self.votes is None else self.votes
        return FormFigures(
            administration=block,
            votes=votes,
            valid=self.valid,
            invalid=self.invalid,
            total=self.total,
            kpps_signatures=7,
            witness_signatures=3,
            opened=self.opened,
            closed=self.closed,
        )
