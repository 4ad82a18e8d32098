"""Rules of TPS: what is refused, and what is taken with a finding."""

from collections.abc import Collection, Sequence

from contracts.vocabulary import kelurahan_of
from services.registry.rules.regions import is_region
from services.registry.schemas.shapes import Misfit

TOO_MANY_VOTERS = "W-TPS-SIZE"
NOT_IN_THE_LIST = "W-REGION-CODE"


def contests_at(code: str, contests: Collection[str]) -> list[str]:
    """Return the contests in which people vote at a TPS, the widest electorate first.

    Example: at `32.71.06.1002.028` these are `gubernur-32` and `walikota-32.71`.

    Args:
        code: the TPS.
        contests: all contests of the election; those of a nation are 545, so they are asked for by name.
    """
    possible = (f"gubernur-{code[:2]}", f"bupati-{code[:5]}", f"walikota-{code[:5]}")
    return [contest for contest in possible if contest in contests]


def tps_refusals(code: str, contests: Sequence[str], *, known: Collection[str]) -> list[Misfit]:
    """Return why a TPS cannot be registered so.

    Args:
        code: the TPS.
        contests: those that it is to have.
        known: all contests of the election.
    """
    refusals: list[Misfit] = []
    if not is_region(code[:5]):
        refusals.append(
            Misfit(
                "tps_code",
                "region-unknown",
                "No kab/kota has the first two parts of this code.",
                "Tidak ada kabupaten/kota dengan dua bagian pertama kode ini.",
            )
        )
    if not contests:
        refusals.append(
            Misfit(
                "contests",
                "no-contest",
                "No contest of the election covers this TPS.",
                "Tidak ada pemilihan yang mencakup TPS ini.",
            )
        )
    elif not set(contests) <= set(contests_at(code, known)):
        refusals.append(
            Misfit(
                "contests",
                "contest-unknown",
                "A contest is not of this election, or not of this region.",
                "Ada pemilihan yang bukan dari pilkada ini, atau bukan dari wilayah ini.",
            )
        )
    if len(set(contests)) != len(contests):
        refusals.append(
            Misfit(
                "contests", "duplicate", "Each contest stands once.", "Setiap pemilihan tercantum satu kali."
            )
        )
    return refusals


def tps_findings(code: str, *, dpt: int, max_voters: int) -> list[str]:
    """Return the codes of what asks for a reason at a TPS.

    Example: `tps_findings("32.71.06.1002.028", dpt=601, max_voters=600) == ["W-TPS-SIZE"]`.

    Source: D1. Codes of kelurahan change: some of 2024 are not in the list of 2025.
    """
    findings: list[str] = []
    if dpt > max_voters:
        findings.append(TOO_MANY_VOTERS)
    if not is_region(kelurahan_of(code)):
        findings.append(NOT_IN_THE_LIST)
    return findings


def may_renumber(old: str, new: str) -> bool:
    """Say whether a TPS may get another code: within its kab/kota, whose contests it has.

    Example: from `32.71.06.1002.028` to `32.71.06.1003.028`, and not to `32.73.01.1001.001`.
    """
    return old != new and old[:5] == new[:5]
