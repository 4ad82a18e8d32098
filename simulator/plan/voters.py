"""Who is on the list of each TPS, and who comes: drawn per TPS, exact in every sum that was announced."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.plan.draw import apportion
from simulator.plan.model import MAX_DPT_PER_TPS, Line, ballots_for


@dataclass(frozen=True, slots=True)
class Attendance:
    """The people who voted at a TPS in the contest with the widest electorate.

    Attributes:
        outsiders: of those who moved in, how many came from another kab/kota and get the first contest's ballot only.
    """

    dpt: Line
    pindahan: Line
    tambahan: Line
    outsiders: Line


def draw_dpt(rng: random.Random, *, tps: int, men: int, women: int, ballots: int) -> list[Line]:
    """Return the DPT of each TPS, adding to the given men and women and needing exactly that many ballots.

    Args:
        rng: the plan's generator.
        tps: how many TPS.
        men: men on the list of the region.
        women: women on the list of the region.
        ballots: sum wanted of `ballots_for` over the TPS.

    Raises:
        ValueError: no list of at most 600 a TPS can need that many ballots.
    """
    voters = men + women
    mean = voters / tps
    weights = [min(max(rng.gauss(mean, 42), mean * 0.6), MAX_DPT_PER_TPS) for _ in range(tps)]
    sizes = apportion(voters, weights, caps=[MAX_DPT_PER_TPS] * tps)
    _meet_ballots(rng, sizes, ballots)
    shares = [size * rng.gauss(men / voters, 0.012) for size in sizes]
    men_of = apportion(men, shares, caps=sizes)
    return [Line.of(m, size - m) for m, size in zip(men_of, sizes, strict=True)]


def _meet_ballots(rng: random.Random, sizes: list[int], ballots: int) -> None:
    """Move voters between TPS until the reserves, rounded up per TPS, add to what was announced.

    A list one above a multiple of 40 loses a reserve ballot with its next voter, a list at a multiple of 40 gains one; the
    other ends of such a move are lists that neither gain nor lose.
    """
    missing = ballots - sum(ballots_for(size) for size in sizes)
    step = 1 if missing > 0 else -1
    # How far each list is from gaining (or losing) a ballot; the nearest go first, so that few voters move.
    reach = [size % 40 or 40 if step < 0 else -size % 40 + 1 for size in sizes]
    able = [i for i, size in enumerate(sizes) if 40 <= size + step * reach[i] <= MAX_DPT_PER_TPS]
    chosen = sorted(able, key=lambda i: reach[i])[: abs(missing)]
    if len(chosen) < abs(missing):
        raise ValueError(f"{len(sizes)} lists cannot need {ballots} ballots")
    others = sorted(set(range(len(sizes))) - set(chosen))
    rng.shuffle(others)
    for index in chosen:
        sizes[index] += step * reach[index]
        _spread(sizes, others, -step * reach[index])


def _spread(sizes: list[int], others: list[int], change: int) -> None:
    """Add (or take) voters one by one where that changes no list's reserve."""
    step = 1 if change > 0 else -1
    left = abs(change)
    while left:
        before = left
        for index in others:
            size = sizes[index]
            if left and size + step <= MAX_DPT_PER_TPS and size % 40 != (0 if step > 0 else 1):
                sizes[index] += step
                left -= 1
        if left == before:
            raise ValueError("every list stands at the edge of its reserve")


def draw_attendance(
    rng: random.Random,
    *,
    groups: Sequence[str],
    dpt: Sequence[Line],
    rate: float,
    voted: int | None,
    outsiders: int,
) -> list[Attendance]:
    """Return who came to each TPS.

    Args:
        rng: the plan's generator.
        groups: the kelurahan of each TPS; turnout differs between kelurahan, and less between the TPS of one.
        dpt: the list of each TPS.
        rate: mean turnout, 0 to 1.
        voted: voters of the region in the contest with the widest electorate; None lets the rate decide.
        outsiders: voters who moved in from another kab/kota, in the whole region.
    """
    lean = {group: rng.gauss(0, 0.028) for group in dict.fromkeys(groups)}
    rates = [min(max(rate + lean[group] + rng.gauss(0, 0.035), 0.3), 0.95) for group in groups]
    weights = [line.total * r for line, r in zip(dpt, rates, strict=True)]
    caps = [ballots_for(line.total) for line in dpt]
    users = apportion(round(sum(weights)) if voted is None else voted, weights, caps=caps)
    came = [_split(rng, line=line, users=count) for line, count in zip(dpt, users, strict=True)]
    hosts = [index for index, one in enumerate(came) if one.pindahan.total > 0]
    for index in sorted(rng.sample(hosts, outsiders)):
        one = came[index]
        man = one.pindahan.men > 0
        came[index] = Attendance(one.dpt, one.pindahan, one.tambahan, Line.of(int(man), int(not man)))
    return came


def _split(rng: random.Random, *, line: Line, users: int) -> Attendance:
    """Split a TPS's voters into those of its list, those who moved in and walk-ins, each by sex."""
    most = users // 12
    pindahan = min(int(rng.expovariate(1 / 1.6)), most)
    tambahan = min(int(rng.expovariate(1 / 3.8)), most)
    own = users - pindahan - tambahan
    if own > line.total:
        tambahan += own - line.total
        own = line.total
    # Women come a little more often than men.
    share = line.men * 0.97 / (line.men * 0.97 + line.women * 1.03) if line.total else 0.0
    men = min(max(round(own * rng.gauss(share, 0.01)), own - line.women, 0), line.men, own)
    return Attendance(
        dpt=Line.of(men, own - men),
        pindahan=_by_sex(rng, pindahan),
        tambahan=_by_sex(rng, tambahan),
        outsiders=Line(0, 0, 0),
    )


def _by_sex(rng: random.Random, count: int) -> Line:
    men = sum(rng.random() < 0.5 for _ in range(count))
    return Line.of(men, count - men)
