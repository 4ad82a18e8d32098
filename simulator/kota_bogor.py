"""Kota Bogor, 27 November 2024: the facts that the simulated days must end on.

Every figure here was published, except where it says `computed` or `assumed`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from importlib import resources
from types import MappingProxyType

from simulator.plan.model import Choice, Contest, Kelurahan

REGION = "32.71"
ELECTION = "pilkada-2024"
VOTING_DAY = date(2024, 11, 27)
"""Source: PKPU 2/2024 (stages of the elections of 2024)."""

DPT_MEN = 405_715
DPT_WOMEN = 409_534
"""Voters on the final list, 815,249 in all. Source: KPU Kota Bogor, DPT of the election of 2024."""

BALLOTS_NEEDED = 836_324
"""Ballots of one contest without the revote's reserve: DPT and 2.5 per cent of it, rounded up at each TPS.

Source: press figures of KPU Kota Bogor, October 2024 (836,324 for the governor, 838,324 for the mayor: 2,000 more are the
reserve for a revote). Perpu 1/2014 article 87 gives the rule.
"""

TPS_PER_KECAMATAN: Mapping[str, int] = MappingProxyType(
    {"32.71.01": 292, "32.71.02": 154, "32.71.03": 156, "32.71.04": 352, "32.71.05": 268, "32.71.06": 308}
)
"""1,530 TPS. Source: Sirekap, November 2024. Two more stood in the prison by one outlet's count (special locations)."""

HAZARD_TPS_PER_KECAMATAN: Mapping[str, int] = MappingProxyType(
    {"32.71.01": 11, "32.71.02": 6, "32.71.03": 9, "32.71.04": 27, "32.71.05": 16, "32.71.06": 9}
)
"""78 TPS in places prone to disaster. Source: BPBD Kota Bogor, October 2024 (one outlet prints 7 for Tanah Sareal).

Which TPS they are was not published; the plan draws them.
"""


def _pairs(*names: str) -> tuple[Choice, ...]:
    return tuple(Choice(number=number, name=name) for number, name in enumerate(names, start=1))


GOVERNOR = Contest(
    id="gubernur-32",
    region="32",
    choices=_pairs(
        "Acep Adang Ruhiat - Gitalis Dwi Natarina",
        "Jeje Wiradinata - Ronal Surapradja",
        "Ahmad Syaikhu - Ilham Akbar Habibie",
        "Dedi Mulyadi - Erwan Setiawan",
    ),
)
"""The governor of Jawa Barat. Source of pairs and numbers: KPU Jawa Barat, 23 September 2024."""

MAYOR = Contest(
    id="walikota-32.71",
    region="32.71",
    choices=_pairs(
        "Sendi Fardiansyah - Melli Darsa",
        "Atang Trisnanto - Annida Allivia",
        "Dedie A Rachim - Jenal Mutaqin",
        "Rena Da Frina - Achmad Teddy Risandi",
        "Raendi Rayendra - Eka Maulana",
    ),
)
"""The mayor of Kota Bogor. Source of pairs and numbers: KPU Kota Bogor, 23 September 2024."""


@dataclass(frozen=True, slots=True)
class Announced:
    """The totals that a contest ended on in the city.

    Attributes:
        votes: by choice number.
        invalid_is_assumed: the invalid votes were not found in any publication.
    """

    votes: Mapping[int, int]
    invalid: int
    invalid_is_assumed: bool

    @property
    def valid(self) -> int:
        """Return the valid votes: the sum over the choices."""
        return sum(self.votes.values())

    @property
    def total(self) -> int:
        """Return valid and invalid votes."""
        return self.valid + self.invalid


ANNOUNCED: Mapping[str, Announced] = MappingProxyType(
    {
        GOVERNOR.id: Announced(
            votes=MappingProxyType({1: 35_888, 2: 37_145, 3: 147_155, 4: 278_039}),
            invalid=26_000,
            invalid_is_assumed=True,
        ),
        MAYOR.id: Announced(
            votes=MappingProxyType({1: 48_175, 2: 136_961, 3: 183_500, 4: 58_415, 5: 71_736}),
            invalid=25_438,
            invalid_is_assumed=False,
        ),
    }
)
"""Final totals in Kota Bogor. Source: the press after the recaps of December 2024; the documents themselves were not seen.

Mayor: 498,787 valid and 25,438 invalid, 524,225 voters, 64.30 per cent. Governor: 498,227 valid; the invalid votes are
assumed: at least 25,998, because a voter moved in from another city gets the governor's ballot only, so no fewer people
voted for the governor than for the mayor.
"""


@dataclass(frozen=True, slots=True)
class Flood:
    """The flash flood that moved a TPS on the eve of the vote.

    Attributes:
        depth_cm: lowest and highest depth that was reported.
    """

    tps: str
    day: date
    at: time
    depth_cm: tuple[int, int]


FLOOD = Flood(tps="32.71.06.1002.028", day=date(2024, 11, 26), at=time(14, 30), depth_cm=(20, 50))
"""TPS 28 Kebon Pedes (Tanah Sareal) under 20 to 50 cm of water, 26 November 2024, 14:30 WIB; it was moved.

Source: BPBD Kota Bogor in the local press, 26 and 27 November 2024. Where it moved to is synthetic here.
"""


@cache
def kelurahan() -> tuple[Kelurahan, ...]:
    """Return the 68 kelurahan with a point each, in degrees, and their number of TPS.

    The totals per kecamatan are real (Sirekap, November 2024); within a kecamatan they are spread over kelurahan by the
    share of February 2024, computed. The point is the spot furthest from the kelurahan's border, `radius_m` its distance to
    that border, from the polygons of cahyadsn/wilayah_boundaries (MIT).
    """
    text = resources.files("simulator").joinpath("data/kota_bogor_kelurahan.csv").read_text(encoding="utf-8")
    return tuple(
        Kelurahan(
            code=row["code"],
            name=row["name"],
            kecamatan=row["kecamatan"],
            kabkota="Kota Bogor",
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            radius_m=int(row["radius_m"]),
            tps=int(row["tps"]),
        )
        for row in csv.DictReader(text.splitlines())
    )
