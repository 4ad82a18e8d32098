"""From lists, attendance and outcomes to the TPS of a plan: the step that a city and any region share."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.plan.forms import Outcome, Sheet, draw_disabled, draw_votes, users_of, write_form
from simulator.plan.model import Kelurahan, Line, TpsPlan
from simulator.plan.places import draw_place, scatter
from simulator.plan.voters import Attendance


@dataclass(frozen=True, slots=True)
class Site:
    """A TPS before anybody has come: its number in its kelurahan."""

    kelurahan: Kelurahan
    number: int

    @property
    def code(self) -> str:
        """Return the TPS code."""
        return f"{self.kelurahan.code}.{self.number:03d}"


def sites_of(kelurahan: Sequence[Kelurahan]) -> list[Site]:
    """Return the TPS of some kelurahan, numbered from 1 in each."""
    return [Site(k, number) for k in kelurahan for number in range(1, k.tps + 1)]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One contest as it is held at some of a region's TPS.

    Attributes:
        at: the TPS where it is held, as indices into the sites.
        everybody: outsiders vote in it too.
    """

    contest: str
    outcome: Outcome
    at: Sequence[int]
    everybody: bool


def assemble(
    *,
    seed: int,
    sites: Sequence[Site],
    dpt: Sequence[Line],
    came: Sequence[Attendance],
    ballots: Sequence[Ballot],
    hazards: frozenset[str],
) -> tuple[TpsPlan, ...]:
    """Return the TPS of a plan with their forms.

    Args:
        seed: the plan's seed; each step draws from a generator of its own, so that one more draw here moves nothing there.
        sites: the TPS.
        dpt: the list of each.
        came: who voted at each.
        ballots: the contests, widest electorate first.
        hazards: codes of the TPS in places prone to disaster.
    """
    votes: list[Mapping[int, list[int]]] = []
    for ballot in ballots:
        drawn = draw_votes(
            random.Random(f"{seed}:votes:{ballot.contest}"),
            groups=[sites[i].kelurahan.code for i in ballot.at],
            used=[users_of(came[i], everybody=ballot.everybody) for i in ballot.at],
            outcome=ballot.outcome,
        )
        votes.append(dict(zip(ballot.at, drawn, strict=True)))
    form_rng = random.Random(f"{seed}:forms")
    place_rng = random.Random(f"{seed}:places")
    planned: list[TpsPlan] = []
    for index, site in enumerate(sites):
        disabled = draw_disabled(form_rng, came[index])
        forms = tuple(
            write_form(
                form_rng,
                dpt=dpt[index],
                came=came[index],
                disabled=disabled,
                sheet=Sheet(ballot.contest, ballot.everybody, ballot.outcome.numbers, rows[index]),
            )
            for ballot, rows in zip(ballots, votes, strict=True)
            if index in rows
        )
        place, address = draw_place(place_rng, number=site.number, kelurahan=site.kelurahan)
        lat, lon = scatter(place_rng, site.kelurahan)
        planned.append(
            TpsPlan(
                code=site.code,
                number=site.number,
                kelurahan=site.kelurahan.code,
                place=place,
                address=address,
                lat=lat,
                lon=lon,
                dpt=dpt[index],
                hazard=site.code in hazards,
                forms=forms,
            )
        )
    return tuple(planned)
