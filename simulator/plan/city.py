"""The plan of Kota Bogor: 1,530 TPS whose sums are the announced ones."""

import random
from collections.abc import Sequence

from simulator import kota_bogor as city
from simulator.plan.assemble import Ballot, Site, assemble, sites_of
from simulator.plan.draw import apportion
from simulator.plan.forms import Outcome
from simulator.plan.model import Contest, Kelurahan, Plan, TpsPlan
from simulator.plan.voters import draw_attendance, draw_dpt


def plan_city(seed: int, *, tps: int | None = None) -> Plan:
    """Return Kota Bogor's plan.

    Its sums are the announced ones: DPT by sex, ballots needed, votes of each choice, valid and invalid votes of both contests.

    Args:
        seed: the same seed gives the same plan.
        tps: take only so many of the 1,530 TPS, spread over the kecamatan, the one that floods among them; the totals are
            then those of the TPS taken.

    Raises:
        ValueError: `tps` is not between 6 and 1,530.
    """
    kelurahan = city.kelurahan()
    sites = sites_of(kelurahan)
    dpt = draw_dpt(
        random.Random(f"{seed}:dpt"),
        tps=len(sites),
        men=city.DPT_MEN,
        women=city.DPT_WOMEN,
        ballots=city.BALLOTS_NEEDED,
    )
    widest, own = city.ANNOUNCED[city.GOVERNOR.id], city.ANNOUNCED[city.MAYOR.id]
    came = draw_attendance(
        random.Random(f"{seed}:attendance"),
        groups=[site.kelurahan.code for site in sites],
        dpt=dpt,
        rate=widest.total / (city.DPT_MEN + city.DPT_WOMEN),
        voted=widest.total,
        outsiders=widest.total - own.total,
    )
    everywhere = range(len(sites))
    planned = assemble(
        seed=seed,
        sites=sites,
        dpt=dpt,
        came=came,
        ballots=[
            Ballot(city.GOVERNOR.id, _outcome(city.GOVERNOR), everywhere, everybody=True),
            Ballot(city.MAYOR.id, _outcome(city.MAYOR), everywhere, everybody=False),
        ],
        hazards=_draw_hazards(seed, sites),
    )
    if tps is not None:
        planned = _take(seed, planned, tps)
    return Plan(
        seed=seed,
        election=city.ELECTION,
        region=city.REGION,
        name="Kota Bogor",
        voting_day=city.VOTING_DAY,
        contests=(city.GOVERNOR, city.MAYOR),
        kelurahan=_kelurahan_of(planned, kelurahan),
        tps=planned,
    )


def _outcome(contest: Contest) -> Outcome:
    announced = city.ANNOUNCED[contest.id]
    numbers = tuple(choice.number for choice in contest.choices)
    columns = (*(announced.votes[number] for number in numbers), announced.invalid)
    return Outcome(numbers=numbers, shares=tuple(float(c) for c in columns), columns=columns)


def _draw_hazards(seed: int, sites: Sequence[Site]) -> frozenset[str]:
    """Draw which TPS are prone to disaster, the published number in each kecamatan, the one that flooded among them."""
    rng = random.Random(f"{seed}:hazards")
    drawn: list[str] = []
    for kecamatan, count in city.HAZARD_TPS_PER_KECAMATAN.items():
        codes = [site.code for site in sites if site.code.startswith(f"{kecamatan}.")]
        flooded = [code for code in codes if code == city.FLOOD.tps]
        others = [code for code in codes if code != city.FLOOD.tps]
        drawn += flooded + rng.sample(others, count - len(flooded))
    return frozenset(drawn)


def _take(seed: int, planned: Sequence[TpsPlan], count: int) -> tuple[TpsPlan, ...]:
    """Take some TPS, each kecamatan its share, at least one of each, the flooded one among them."""
    shares = city.TPS_PER_KECAMATAN
    if not len(shares) <= count <= len(planned):
        raise ValueError(f"a plan of Kota Bogor has {len(shares)} to {len(planned)} TPS, not {count}")
    extra = apportion(count - len(shares), list(shares.values()), caps=[most - 1 for most in shares.values()])
    rng = random.Random(f"{seed}:take")
    taken: list[TpsPlan] = []
    for kecamatan, more in zip(shares, extra, strict=True):
        inside = [tps for tps in planned if tps.kecamatan == kecamatan]
        flooded = [tps for tps in inside if tps.code == city.FLOOD.tps]
        others = [tps for tps in inside if tps.code != city.FLOOD.tps]
        taken += flooded + rng.sample(others, 1 + more - len(flooded))
    return tuple(sorted(taken, key=lambda tps: tps.code))


def _kelurahan_of(planned: Sequence[TpsPlan], kelurahan: Sequence[Kelurahan]) -> tuple[Kelurahan, ...]:
    """Return the kelurahan that have a TPS in the plan."""
    codes = {tps.kelurahan for tps in planned}
    return tuple(k for k in kelurahan if k.code in codes)
