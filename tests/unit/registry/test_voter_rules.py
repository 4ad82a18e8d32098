"""What a NIK says, who is of an age to vote, and when two spellings are one name."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules.voters import birth_part, folded, may_vote_at_age, nik_refusal, row_findings
from services.registry.schemas.imports import VoterRowIn
from services.registry.schemas.voters import Sex

DAY = date(2024, 11, 27)


@pytest.mark.parametrize(
    ("nik", "rehearsal", "refusal"),
    [
        ("9971064508900001", True, None),
        ("9971064508900001", False, "E-NIK-SYNTHETIC"),
        ("3271064508900001", False, None),
        ("3271064508900001", True, "E-NIK-SYNTHETIC"),
        ("997106450890000", True, "E-NIK-SHAPE"),
        ("99710645089000011", True, "E-NIK-SHAPE"),
        ("9971064508900001\n", True, "E-NIK-SHAPE"),
        ("99710645089OOOO1", True, "E-NIK-SHAPE"),
        ("٩٩٧١٠٦٤٥٠٨٩٠٠٠٠١", True, "E-NIK-SHAPE"),
        ("", True, "E-NIK-SHAPE"),
    ],
)
def test_which_nik_are_taken(nik: str, rehearsal: bool, refusal: str | None):
    assert nik_refusal(nik, rehearsal=rehearsal) == refusal


@pytest.mark.parametrize(
    ("born", "sex", "part"),
    [
        (date(1990, 8, 5), Sex.MAN, "050890"),
        (date(1990, 8, 5), Sex.WOMAN, "450890"),
        (date(1990, 8, 31), Sex.WOMAN, "710890"),
        (date(2004, 2, 29), Sex.MAN, "290204"),
        (date(1904, 2, 29), Sex.MAN, "290204"),
    ],
)
def test_a_nik_has_the_birth_date_and_forty_more_for_a_woman(born: date, sex: Sex, part: str):
    assert birth_part(born, sex) == part


def test_a_nik_that_says_another_birth_or_sex_is_asked_about():
    row = {
        "name": "Contoh (gladi)",
        "birth_date": "1990-08-05",
        "tps_code": "32.71.06.1002.028",
        "kind": "dpt",
    }
    told = [
        row_findings(VoterRowIn.model_validate(row | {"nik": f"997106{part}0001", "sex": sex}))
        for part, sex in (("450890", "P"), ("050890", "P"), ("050890", "l"), ("050891", "l"))
    ]
    assert told == [[], ["W-NIK-BIRTH"], [], ["W-NIK-BIRTH"]]


@pytest.mark.parametrize(
    ("born", "married", "may"),
    [
        (date(2007, 11, 27), False, True),
        (date(2007, 11, 28), False, False),
        (date(2007, 11, 28), True, True),
        (date(2024, 11, 28), True, False),
        (date(1903, 11, 28), False, True),
        (date(1903, 11, 27), True, False),
    ],
)
def test_of_an_age_to_vote(born: date, married: bool, may: bool):
    assert may_vote_at_age(born, on=DAY, married=married) is may


@given(st.text(max_size=40))
def test_case_and_spaces_do_not_tell_names_apart(name: str):
    assert folded(name) == folded(f"  {name} ") == folded(folded(name))
    if name.isascii():
        assert folded(name.upper()) == folded(name.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Siti  NURHALIZA", "siti nurhaliza"),
        ("Ｓｉｔｉ", "Siti"),  # noqa: RUF001 - full width on purpose
        ("Strau\u00df", "STRAUSS"),
        ("Jose\u0301", "Jos\u00e9"),
        ("A\u00a0B\tC", "abc"),
    ],
)
def test_one_name_in_two_spellings(one: str, other: str):
    assert folded(one) == folded(other)


def test_two_names():
    assert len({folded(name) for name in ("Siti", "Sita", "José", "Jose", "Sit i.")}) == 5
