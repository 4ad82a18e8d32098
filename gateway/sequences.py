"""How far the commands of a device have come: which of its numbers are settled, and so which are missing.

A device numbers its commands from 1. What is told of gaps is a hint: nothing is refused for one, and where the desk has
forgotten a device it only tells of more that it misses. The numbers lie in the gateway, because they run over all services.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pydantic_core import from_json, to_json

from chassis.database import UnitOfWork

MOST_NUMBER: Final = 2**53
_MOST_RANGES: Final = 200
"""Ranges that are remembered of one device; beyond, the oldest gaps are forgotten: told once, they are the device's own."""
_MOST_DEVICES: Final = 20
"""Devices that are remembered of one sender, the last that were heard of."""

Range = tuple[int, int]


def merged(ranges: Iterable[Range], numbers: Iterable[int]) -> list[Range]:
    """Return ranges with numbers added to them, as few ranges as say the same.

    Example: `merged([(1, 3), (7, 9)], [4, 6]) == [(1, 4), (6, 9)]`.
    """
    found: list[Range] = []
    for first, last in sorted([*ranges, *((number, number) for number in numbers)]):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    while len(found) > _MOST_RANGES:
        found[:2] = [(found[0][0], found[1][1])]
    return found


def missing(ranges: Sequence[Range]) -> list[Range]:
    """Return the gaps before the last number that was seen. Example: `missing([(2, 3), (6, 6)]) == [(1, 1), (4, 5)]`."""
    before, gaps = 0, list[Range]()
    for first, last in ranges:
        if first > before + 1:
            gaps.append((before + 1, first - 1))
        before = last
    return gaps


async def note(
    uow: UnitOfWork, *, principal: str, device: str, numbers: Iterable[int], now: datetime
) -> list[Range]:
    """Remember numbers of a device as settled, and return all of its that are.

    Args:
        principal: whose device it is; another sender's device of the same name is another one.
    """
    await uow.execute(
        "insert into device_sequence (principal, device, updated_at) values ($1, $2, $3) on conflict do nothing",
        *(principal, device, now),
    )
    row = await uow.fetch_row(
        "select seen from device_sequence where principal = $1 and device = $2 for update", principal, device
    )
    assert row is not None
    ranges = merged([(first, last) for first, last in from_json(row["seen"])], numbers)
    await uow.execute(
        "update device_sequence set seen = $3, updated_at = $4 where principal = $1 and device = $2",
        *(principal, device, to_json(ranges).decode(), now),
    )
    await uow.execute(
        """delete from device_sequence where principal = $1 and device in (
               select device from device_sequence where principal = $1 order by updated_at desc, device offset $2)""",
        *(principal, _MOST_DEVICES),
    )
    return ranges
