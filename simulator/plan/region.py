"""The plan of any region of the nation: its real kelurahan, and everything else drawn.

Nothing was announced for it here, so the totals are those of the plan, and the pairs have names that say so.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lokal import wilayah

from contracts.offices import WITHOUT_GOVERNOR, WITHOUT_MAYOR
from simulator.plan.assemble import Ballot, assemble, sites_of
from simulator.plan.draw import apportion
from simulator.plan.forms import Outcome
from simulator.plan.model import MAX_DPT_PER_TPS, Choice, ChoiceKind, Contest, Kelurahan, Line, Plan
from simulator.plan.voters import draw_attendance

MEAN_DPT = 470
"""Voters on the list of a TPS: the nation's 435,296 TPS had about 203.7 million. Source: KPU, DPT of the election of 2024."""

MEAN_TURNOUT = 0.68
"""Assumed: near what was said of the whole nation in 2024; no source was seen."""

HAZARD_RATIO = 0.05
"""Share of TPS drawn as prone to disaster; Kota Bogor's 78 of 1,530."""

SINGLE_PAIR = frozenset({"35.03", "35.21", "35.25", "35.75", "35.78"})
"""Kab/kota of Jawa Timur whose only pair stood against the empty column in 2024: Trenggalek, Ngawi, Gresik, Kota Pasuruan,
Kota Surabaya. Source: KPU Jawa Timur, September 2024, in the press."""

MAX_TPS_PER_KELURAHAN = 999


def plan_region(region: str, *, tps: int, seed: int, election: str, voting_day: date) -> Plan:
    """Return the plan of a province, kab/kota, kecamatan or kelurahan.

    Args:
        region: Kemendagri code.
        tps: how many TPS, spread over the region's kelurahan.
        seed: the same seed gives the same plan.
        election: the election's id.
        voting_day: civil date of the vote.

    Raises:
        LookupError: there is no such region.
        ValueError: `tps` is less than 1 or more than 999 per kelurahan.
    """
    name = wilayah.wilayah_name(region)
    if name is None:
        raise LookupError(f"no region has the code {region!r}")
    kelurahan = _spread(seed, _kelurahan_under(region), tps)
    sites = sites_of(kelurahan)
    groups = [site.kelurahan.code for site in sites]
    dpt = _draw_lists(random.Random(f"{seed}:{region}:dpt"), len(sites))
    came = draw_attendance(
        random.Random(f"{seed}:{region}:attendance"),
        groups=groups,
        dpt=dpt,
        rate=MEAN_TURNOUT,
        voted=None,
        outsiders=len(sites) // 100,
    )
    held = _contests(seed, groups)
    ballots = [
        Ballot(one.contest.id, _draw_outcome(seed, one.contest), one.at, everybody=position == 0)
        for position, one in enumerate(held)
    ]
    hazards = random.Random(f"{seed}:{region}:hazards").sample(
        [site.code for site in sites], round(len(sites) * HAZARD_RATIO)
    )
    return Plan(
        seed=seed,
        election=election,
        region=region,
        name=name,
        voting_day=voting_day,
        contests=tuple(one.contest for one in held),
        kelurahan=kelurahan,
        tps=assemble(seed=seed, sites=sites, dpt=dpt, came=came, ballots=ballots, hazards=frozenset(hazards)),
    )


def _kelurahan_under(region: str) -> list[Kelurahan]:
    level = region.count(".") + 1
    codes = [region]
    for _ in range(level, 4):
        codes = [child.code for code in codes for child in wilayah.list_wilayah(code)]
    names = {code: wilayah.wilayah_name(code) or code for code in codes}
    return [
        Kelurahan(
            code=code,
            name=names[code],
            kecamatan=wilayah.wilayah_name(code[:8]) or code[:8],
            kabkota=wilayah.wilayah_name(code[:5]) or code[:5],
            lat=None,
            lon=None,
            radius_m=0,
            tps=0,
        )
        for code in sorted(codes)
    ]


def _spread(seed: int, kelurahan: Sequence[Kelurahan], tps: int) -> tuple[Kelurahan, ...]:
    """Give each kelurahan some of the TPS, at least one where there are enough; leave out those without."""
    most = MAX_TPS_PER_KELURAHAN * len(kelurahan)
    if not 1 <= tps <= most:
        raise ValueError(f"{len(kelurahan)} kelurahan hold 1 to {most} TPS, not {tps}")
    rng = random.Random(f"{seed}:spread")
    weights = [rng.lognormvariate(0, 0.6) for _ in kelurahan]
    if tps >= len(kelurahan):
        extra = apportion(tps - len(kelurahan), weights, caps=[MAX_TPS_PER_KELURAHAN - 1] * len(kelurahan))
        counts = [1 + more for more in extra]
    else:
        chosen = {(2 * k + 1) * len(kelurahan) // (2 * tps) for k in range(tps)}
        counts = [int(index in chosen) for index in range(len(kelurahan))]
    return tuple(
        Kelurahan(
            code=k.code,
            name=k.name,
            kecamatan=k.kecamatan,
            kabkota=k.kabkota,
            lat=k.lat,
            lon=k.lon,
            radius_m=k.radius_m,
            tps=count,
        )
        for k, count in zip(kelurahan, counts, strict=True)
        if count
    )


def _draw_lists(rng: random.Random, count: int) -> list[Line]:
    lists: list[Line] = []
    for _ in range(count):
        size = min(max(round(rng.gauss(MEAN_DPT, 75)), 120), MAX_DPT_PER_TPS)
        men = round(size * rng.gauss(0.498, 0.012))
        lists.append(Line.of(men, size - men))
    return lists


@dataclass(frozen=True, slots=True)
class _Held:
    contest: Contest
    at: Sequence[int]


def _contests(seed: int, groups: Sequence[str]) -> list[_Held]:
    """Return the contests of the TPS: the governor's where there is one, then each kab/kota's own."""
    province = groups[0][:2]
    held: list[_Held] = []
    if province not in WITHOUT_GOVERNOR:
        held.append(_Held(_invent(seed, f"gubernur-{province}", province), range(len(groups))))
    if province not in WITHOUT_MAYOR:
        places: dict[str, list[int]] = {}
        for index, group in enumerate(groups):
            places.setdefault(group[:5], []).append(index)
        for code, at in places.items():
            kind = "walikota" if code[3] == "7" else "bupati"
            held.append(_Held(_invent(seed, f"{kind}-{code}", code), at))
    return held


def _invent(seed: int, contest: str, region: str) -> Contest:
    if region in SINGLE_PAIR:
        pair = Choice(1, "Pasangan Rekaan 1")
        return Contest(contest, region, (pair, Choice(2, "Kolom kosong", ChoiceKind.EMPTY_COLUMN)))
    count = random.Random(f"{seed}:{contest}:pairs").randint(2, 5)
    choices = tuple(Choice(number, f"Pasangan Rekaan {number}") for number in range(1, count + 1))
    return Contest(id=contest, region=region, choices=choices)


def _draw_outcome(seed: int, contest: Contest) -> Outcome:
    rng = random.Random(f"{seed}:{contest.id}:outcome")
    raw = [rng.uniform(0.15, 1.0) for _ in contest.choices]
    valid = 0.955 / sum(raw)
    return Outcome(
        numbers=tuple(choice.number for choice in contest.choices),
        shares=(*(share * valid for share in raw), 0.045),
        columns=None,
    )
