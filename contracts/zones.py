"""The time zone of a region: slots and deadlines are civil times of the place where people vote.

Indonesia has three zones without summer time. Source: Keputusan Presiden 41/1987; the six provinces of Papua (2022) lie
in the zone of the two that they were cut from, Kalimantan Utara (2012) in that of Kalimantan Timur.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from zoneinfo import ZoneInfo

WIB = "Asia/Jakarta"
WITA = "Asia/Makassar"
WIT = "Asia/Jayapura"

_PROVINCES: Mapping[str, str] = {
    WIB: "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 61 62",
    WITA: "51 52 53 63 64 65 71 72 73 74 75 76",
    WIT: "81 82 91 92 93 94 95 96",
}

ZONE_OF_PROVINCE: Mapping[str, str] = MappingProxyType(
    {province: zone for zone, provinces in _PROVINCES.items() for province in provinces.split()}
)
"""The zone's IANA name per two-digit province code."""


def zone_of(region_code: str) -> str:
    """Return the IANA name of the time zone of a region or a TPS.

    Example: `zone_of("91.71.01.1001") == "Asia/Jayapura"`.

    Args:
        region_code: a Kemendagri code of any level, or a TPS code.

    Raises:
        LookupError: there is no such province.
    """
    zone = ZONE_OF_PROVINCE.get(region_code[:2])
    if zone is None:
        raise LookupError(f"no time zone is known for region {region_code!r}")
    return zone


def local_instant(region_code: str, day: date, at: time) -> datetime:
    """Return the UTC moment of a civil day and time in a region.

    Example: 07:00 of 27 November 2024 in Bogor (`32.71`) is 00:00 UTC, in Jayapura (`91.71`) 22:00 UTC of the 26th.

    Raises:
        LookupError: there is no such province.
    """
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone_of(region_code))).astimezone(UTC)
