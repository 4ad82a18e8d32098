"""Rules of a list of voters: what a NIK says, how old one may be, when two spellings of a name are one."""

import re
import unicodedata
from datetime import date

from services.registry.schemas.imports import VoterRowIn
from services.registry.schemas.voters import Sex

NIK_SHAPE = "E-NIK-SHAPE"
NIK_SYNTHETIC = "E-NIK-SYNTHETIC"
NIK_BIRTH = "W-NIK-BIRTH"
NIK_CORRECTED = "W-NIK-CORRECTED"
AGE = "E-VOTER-AGE"
TWICE = "E-VOTER-TWICE"
TWO_TPS = "E-VOTER-TWO-TPS"
ELSEWHERE = "E-VOTER-ELSEWHERE"

SYNTHETIC = "99"
"""No region has this code, so no person has a NIK that begins with it: those of rehearsals do."""

YOUNGEST, OLDEST = 17, 120
_NIK = re.compile(r"[0-9]{16}")


def nik_refusal(nik: str, *, rehearsal: bool) -> str | None:
    """Return why a NIK cannot be taken, or None.

    A rehearsal takes synthetic NIK alone, so that no real person's gets into one.
    """
    if not _NIK.fullmatch(nik):
        return NIK_SHAPE
    return None if nik.startswith(SYNTHETIC) == rehearsal else NIK_SYNTHETIC


def birth_part(birth_date: date, sex: Sex) -> str:
    """Return the six digits that a NIK has for a birth date; the day of a woman has 40 added, the century is left out.

    They are made from the date rather than read from the NIK, which would have to guess the century.

    Example: a woman born on 5 August 1990 has `450890`, a man `050890`.
    """
    day = birth_date.day + (40 if sex is Sex.WOMAN else 0)
    return f"{day:02}{birth_date.month:02}{birth_date.year % 100:02}"


def may_vote_at_age(birth_date: date, *, on: date, married: bool) -> bool:
    """Say whether somebody is of an age to vote on a day: 17 to 120 years, or younger and married.

    Example: born on 27 November 2007, one is 17 on 27 November 2024 and not on the day before.
    """
    years = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    return (years >= YOUNGEST or (married and years >= 0)) and years <= OLDEST


def row_refusal(row: VoterRowIn, *, voting_date: date, rehearsal: bool) -> tuple[str, str] | None:
    """Return the column and the code of what refuses a row by itself, or None."""
    refusal = nik_refusal(row.nik, rehearsal=rehearsal)
    if refusal is not None:
        return "nik", refusal
    if not may_vote_at_age(row.birth_date, on=voting_date, married=bool(row.married)):
        return "birth_date", AGE
    return None


def row_findings(row: VoterRowIn) -> list[str]:
    """Return what is asked about a row that is taken."""
    return [] if row.nik[6:12] == birth_part(row.birth_date, row.sex) else [NIK_BIRTH]


def folded(name: str) -> str:
    """Return a name without what people write differently: case, spaces, and the many forms that Unicode has of a letter.

    Example: `folded("  Siti  NURHALIZA ") == folded("siti nurhaliza")`.
    """
    compatible = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return unicodedata.normalize("NFKC", "".join(compatible.split()))  # what a space kept apart may join
