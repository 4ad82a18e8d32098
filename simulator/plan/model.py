"""The shapes of a plan: a region's contests, its TPS and the forms that they will fill in."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

RESERVE_PER_MILLE = 25
"""2.5 per cent of a TPS's DPT, as a reserve. Source: Perpu 1/2014 article 87."""

MAX_DPT_PER_TPS = 600
"""Voters on the list of one TPS. Source: KPU, May 2024 (800 in the law)."""


def ballots_for(dpt: int) -> int:
    """Return the ballots of one contest that a TPS gets: its DPT and 2.5 per cent of it, rounded up at the TPS.

    Example: `ballots_for(533) == 547`. Source: Perpu 1/2014 article 87.
    """
    return dpt + -(-dpt * RESERVE_PER_MILLE // 1000)


class ChoiceKind(StrEnum):
    """A pair, or the empty column against a single pair."""

    PAIR = "pair"
    EMPTY_COLUMN = "kolom_kosong"


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of a ballot."""

    number: int
    name: str
    kind: ChoiceKind = ChoiceKind.PAIR


@dataclass(frozen=True, slots=True)
class Contest:
    """One office that is voted on in a region. Its id is kind and region: `walikota-32.71`."""

    id: str
    region: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Kelurahan:
    """A kelurahan or desa with its number of TPS.

    Attributes:
        lat: degrees, WGS 84; None where no point is known.
        radius_m: metres around the point that surely lie inside.
    """

    code: str
    name: str
    kecamatan: str
    kabkota: str
    lat: float | None
    lon: float | None
    radius_m: int
    tps: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a form, as written: the total is a figure of its own."""

    men: int
    women: int
    total: int

    @classmethod
    def of(cls, men: int, women: int) -> "Line":
        """Return a line whose total is the sum."""
        return cls(men, women, men + women)


@dataclass(frozen=True, slots=True)
class Form:
    """C.Hasil of one TPS and contest: the figures as they stand on the paper.

    Source: Perpu 1/2014 article 98 (2), and the form's own lines.

    Attributes:
        users_dpt: voters of the TPS's own list who voted.
        users_pindahan: voters who moved in from another TPS.
        users_tambahan: walk-ins with an e-KTP.
        ballots_spoiled: returned because damaged or wrongly marked.
        votes: by choice number.
        total: valid and invalid votes.
    """

    contest: str
    dpt: Line
    users_dpt: Line
    users_pindahan: Line
    users_tambahan: Line
    users: Line
    disabled: Line
    ballots_received: int
    ballots_used: int
    ballots_spoiled: int
    ballots_unused: int
    votes: tuple[tuple[int, int], ...]
    valid: int
    invalid: int
    total: int

    def votes_by_choice(self) -> dict[int, int]:
        """Return the votes by choice number."""
        return dict(self.votes)


@dataclass(frozen=True, slots=True)
class TpsPlan:
    """One TPS and what will come of it.

    Attributes:
        place: what kind of place it stands at; invented.
        address: invented, and says so.
        lat: degrees, WGS 84; None where the kelurahan's point is not known.
        hazard: it stands in a place prone to disaster.
        forms: one per contest; the first contest has the widest electorate.
    """

    code: str
    number: int
    kelurahan: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    dpt: Line
    hazard: bool
    forms: tuple[Form, ...]

    @property
    def kecamatan(self) -> str:
        """Return the code of the kecamatan."""
        return self.kelurahan.rsplit(".", 1)[0]

    @property
    def voted(self) -> Line:
        """Return everybody who voted here: the users of the contest with the widest electorate."""
        return self.forms[0].users


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over the forms of one contest."""

    votes: Mapping[int, int]
    valid: int
    invalid: int
    users: int
    tps: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A region's two days.

    Attributes:
        name: the region's name.
        tps: sorted by code.
    """

    seed: int
    election: str
    region: str
    name: str
    voting_day: date
    contests: tuple[Contest, ...]
    kelurahan: tuple[Kelurahan, ...]
    tps: tuple[TpsPlan, ...]

    def contests_of(self, tps: TpsPlan) -> tuple[str, ...]:
        """Return the ids of a TPS's contests, widest electorate first."""
        return tuple(form.contest for form in tps.forms)

    def totals(self, contest: str) -> Totals:
        """Return the totals that a contest must end on when every form has been settled.

        Raises:
            LookupError: the plan has no such contest.
        """
        forms = [form for tps in self.tps for form in tps.forms if form.contest == contest]
        if not forms:
            raise LookupError(f"no form of contest {contest!r} in the plan of {self.region}")
        votes: dict[int, int] = {}
        for form in forms:
            for number, count in form.votes:
                votes[number] = votes.get(number, 0) + count
        return Totals(
            votes=dict(sorted(votes.items())),
            valid=sum(form.valid for form in forms),
            invalid=sum(form.invalid for form in forms),
            users=sum(form.users.total for form in forms),
            tps=len(forms),
        )

    def fingerprint(self) -> str:
        """Return a hash of everything in the plan."""
        digest = hashlib.sha256(repr((self.seed, self.region, self.contests)).encode())
        for tps in self.tps:
            digest.update(repr(tps).encode())
        return digest.hexdigest()
