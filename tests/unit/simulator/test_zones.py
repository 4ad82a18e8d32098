"""Every region of the nation lies in one of three zones."""

from datetime import UTC, date, datetime, time

import pytest
from lokal import wilayah

from contracts.zones import ZONE_OF_PROVINCE, local_instant, zone_of


def test_every_province_has_a_zone() -> None:
    assert set(ZONE_OF_PROVINCE) == {province.code for province in wilayah.list_wilayah()}


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("32.71.06.1002.028", "Asia/Jakarta"),
        ("61", "Asia/Jakarta"),
        ("62.71", "Asia/Jakarta"),
        ("63", "Asia/Makassar"),
        ("51.71", "Asia/Makassar"),
        ("82.01", "Asia/Jayapura"),
        ("91.71.01.1001", "Asia/Jayapura"),
    ],
)
def test_the_zone_of_a_place(code: str, zone: str) -> None:
    assert zone_of(code) == zone


def test_seven_in_the_morning_comes_two_hours_earlier_in_jayapura() -> None:
    day = date(2024, 11, 27)
    assert local_instant("32.71", day, time(7)) == datetime(2024, 11, 27, 0, 0, tzinfo=UTC)
    assert local_instant("63.71", day, time(7)) == datetime(2024, 11, 26, 23, 0, tzinfo=UTC)
    assert local_instant("91.71", day, time(7)) == datetime(2024, 11, 26, 22, 0, tzinfo=UTC)


def test_a_place_that_does_not_exist_has_no_zone() -> None:
    with pytest.raises(LookupError, match="99"):
        zone_of("99.01")
