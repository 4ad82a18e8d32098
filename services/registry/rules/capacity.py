"""How voters are spread over the TPS of a kelurahan (D1): who is to be split, who is to be merged, and no family cut.

Pure: families go in as numbers of voters at a TPS, proposals come out. Whether a way is too long for somebody is known to
people alone, so these are proposals.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

TPS_LIST = "W-TPS-LIST"

Family = bytes
Sizes = Mapping[Family, int]
"""How many voters each family has at a TPS; who has no known family is one of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one TPS would have after a proposal: whole families, by their keys."""

    families: tuple[Family, ...]
    voters: int


@dataclass(frozen=True, slots=True)
class Split:
    """A TPS above the limit, in the fewest parts that keep it and as even as whole families allow.

    Attributes:
        parts: the largest first, of equal ones that with more families; it stays at the old TPS.
    """

    tps: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Two small TPS of one kelurahan, that are one within the limit."""

    tps: str
    into: str
    voters: int


def split(tps: str, families: Sizes, *, limit: int) -> Split | None:
    """Return how a TPS is split into parts within the limit, or None where it is within.

    The largest families are dealt first, each to the part that is smallest by then. A family alone above the limit stays
    whole all the same, in a part of its own.

    Source: D1. Example: of families of 4, 3, 3 and 2 voters with a limit of 7, both parts have 6.
    """
    total = sum(families.values())
    if total <= limit or len(families) < 2:
        return None
    order = sorted(families, key=lambda family: (-families[family], family))
    fewest = -(-total // limit)
    for count in range(min(fewest, len(families)), len(families) + 1):
        parts = _dealt(order, families, count)
        if all(part.voters <= limit or len(part.families) == 1 for part in parts):
            return Split(
                tps, tuple(sorted(parts, key=lambda part: (-part.voters, -len(part.families), part.families)))
            )
    raise AssertionError("families one by one always fit")


def _dealt(order: Sequence[Family], families: Sizes, count: int) -> list[Part]:
    held: list[list[Family]] = [[] for _ in range(count)]
    voters = [0] * count
    for family in order:
        least = min(range(count), key=voters.__getitem__)
        held[least].append(family)
        voters[least] += families[family]
    return [Part(tuple(sorted(each)), sum_) for each, sum_ in zip(held, voters, strict=True)]


def merges(voters: Mapping[str, int], *, limit: int, below: int) -> list[Merge]:
    """Return pairs of TPS of one kelurahan that could be one: each that is small, with the smallest that has room for it.

    A TPS is in one pair at most. Source: D1. Example: of TPS with 40, 90 and 560 voters, a limit of 600 and `below` 100 the
    first goes into the second.

    Args:
        voters: by code, of one kelurahan and regular TPS alone.
        limit: most voters of a TPS.
        below: whoever has fewer is small.
    """
    order = sorted(voters, key=lambda code: (voters[code], code))
    found: list[Merge] = []
    taken: set[str] = set()
    for small in order:
        if small in taken or voters[small] >= below:
            continue
        others = (code for code in order if code != small and code not in taken)
        into = next((code for code in others if voters[small] + voters[code] <= limit), None)
        if into is not None:
            taken |= {small, into}
            found.append(Merge(small, into, voters[small] + voters[into]))
    return found


@dataclass(frozen=True, slots=True)
class Dpt:
    """The DPT of a TPS, as it is registered."""

    men: int
    women: int


def figures_after_split(before: Sequence[Dpt], leaving: Sequence[Dpt]) -> list[Dpt] | None:
    """Return what TPS are registered with after a split, or None where the figures that stand are not to be touched.

    Whoever leaves is taken from the one and added to the other, so the sum stays what the commission said. Where one of the
    others has a DPT already, the commission has told the new figures; where more leave than are registered, its figures and
    the list are not of one kind.

    Source: D1. Example: of 310 men and 300 women, 150 and 155 leave for a new TPS: 160 and 145 stay.

    Args:
        before: of the TPS that is split, then of the others.
        leaving: who leaves for each of the others.
    """
    source, *others = before
    men = source.men - sum(each.men for each in leaving)
    women = source.women - sum(each.women for each in leaving)
    if min(men, women) < 0 or any(other != Dpt(0, 0) for other in others):
        return None
    return [Dpt(men, women), *leaving]


def figures_after_merge(source: Dpt, into: Dpt) -> list[Dpt]:
    """Return what two TPS are registered with after a merge: the sum at one, nobody at the other.

    Source: D1. Example: 20 men and 20 women go to 50 and 40: 0 and 0, 70 and 60. Where the commission has told it already, the
    first has nobody and nothing changes.
    """
    return [Dpt(0, 0), Dpt(source.men + into.men, source.women + into.women)]


def list_findings(voters: int, *, dpt: Dpt) -> list[str]:
    """Return what is asked about a TPS whose list has another number of DPT voters than it is registered with.

    Who was struck since explains a difference. Example: `list_findings(599, dpt=Dpt(300, 300)) == ["W-TPS-LIST"]`.
    """
    return [TPS_LIST] if voters != dpt.men + dpt.women else []


def families_of(counts: Iterable[tuple[str, Family | None, int]]) -> dict[str, dict[Family, int]]:
    """Return families by TPS, of counts by TPS and family; each voter without a family is one of its own."""
    found: dict[str, dict[Family, int]] = {}
    for tps, family, voters in counts:
        sizes = found.setdefault(tps, {})
        if family is not None:
            sizes[family] = voters
        else:
            sizes |= {f"alone-{n}".encode(): 1 for n in range(voters)}
    return found
