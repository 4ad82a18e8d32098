"""Finding numbers of persons in whatever bytes there are: as digits, in groups, in the middle of longer numbers."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

_RUN: Final = re.compile(rb"[0-9](?:[ ./-]?[0-9]){15,}")
_NOT_DIGITS: Final = re.compile(rb"[^0-9]")
_PIECE: Final = 8_000_000
_OVERLAP: Final = 64


def needles_in(content: bytes, wanted: Collection[bytes]) -> set[bytes]:
    """Return which numbers of sixteen digits stand anywhere in some bytes.

    Example: `needles_in(b"NIK 99.71-0645 08900001", {b"9971064508900001"})` finds it.

    Args:
        content: anything: a log, a dump, a page of a database.
        wanted: numbers of sixteen digits; of a frozenset a look takes no time.
    """
    found: set[bytes] = set()
    for run in _RUN.finditer(content):
        digits = _NOT_DIGITS.sub(b"", run[0])
        for start in range(len(digits) - 15):
            window = digits[start : start + 16]
            if window in wanted:
                found.add(window)
    return found


def needles_in_file(file: Path, wanted: Collection[bytes]) -> set[bytes]:
    """Return which numbers stand in a file, read piece by piece."""
    found: set[bytes] = set()
    for piece in _pieces(file):
        found |= needles_in(piece, wanted)
    return found


def _pieces(file: Path) -> Iterator[bytes]:
    """Give a file in pieces, each with the end of the one before, so that no number falls between two."""
    end = b""
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            yield end + piece
            end = piece[-_OVERLAP:]
