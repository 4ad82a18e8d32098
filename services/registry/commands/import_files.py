"""Reads the rows of an uploaded file: CSV, XLSX or NDJSON, one at a time, whatever is in it.

A fault of the file as a whole is a `FileBrokenError`; a fault of one row is that row's. Nothing that a file holds is
repeated in what is said of it: a file without a header has somebody's data where the names of columns should be.
"""

import csv
import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from typing import BinaryIO, Final, Protocol, cast
from xml.etree.ElementTree import ParseError

import ijson
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from services.registry.schemas.imports import MediaType
from services.registry.schemas.shapes import Misfit

MOST_UNPACKED_BYTES = 300_000_000
MOST_GROWTH = 100
"""A spreadsheet is a ZIP; one that grows beyond this, or to so many times its size, is a bomb: true ones shrink to a tenth."""

MOST_HELD_BYTES = 100_000_000
"""Of that, what is read into memory whole: everything but the sheets, which are read row by row."""

MOST_DIRECTORY_BYTES = 1_000_000
"""The list of the files in a ZIP is read whole before any of them is: a workbook's has some twenty, of a hundred bytes each."""
MOST_NUMBERS = 400_000
"""Of one feature: a file is read part by part, but a part is held whole; the coast of a province has fewer."""

MOST_BLANK_ROWS = 10_000
AS_NUMBER = (
    "This cell is a number, and a spreadsheet rounds numbers of sixteen digits: "
    "format the column as text, and enter it again."
)
_CODES = {True: "true", False: "false"}


class FileBrokenError(Exception):
    """The file as a whole cannot be read.

    Args:
        code: stable word for why.
        detail: one sentence, without what the file holds.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _NumberText(str):
    """The text of a cell that a spreadsheet keeps as a number."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file.

    Attributes:
        row: as a spreadsheet counts, the header being 1; of NDJSON the line.
        values: by column; an empty cell is None.
        fault: why it cannot be read, where it cannot.
    """

    row: int
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    fault: Misfit | None = None


def read_rows(
    file: BinaryIO,
    media_type: MediaType,
    *,
    columns: Collection[str],
    required: Collection[str],
    never_numbers: Collection[str] = (),
) -> Iterator[RawRow]:
    """Give the rows of a file that are not blank.

    Args:
        file: the file, at its beginning; it is closed with the last row of a text.
        media_type: what it is.
        columns: names that columns may have.
        required: names that must be among them.
        never_numbers: names of columns whose cells a spreadsheet has to keep as text; a row with a number there is refused.

    Raises:
        FileBrokenError: it is not what it says, or its header is wrong; perhaps after some rows.
    """
    try:
        match media_type:
            case "csv":
                yield from _table(_csv_rows(file), columns=columns, required=required)
            case "xlsx":
                rows = _table(_sheet_rows(file), columns=columns, required=required)
                yield from (_refused_as_number(row, never_numbers) for row in rows)
            case "ndjson":
                yield from _objects(file)
            case "geojson":
                yield from _features(file)
    except UnicodeDecodeError as error:
        raise FileBrokenError("not-utf-8", "The file is not UTF-8 text.") from error
    except ijson.JSONError as error:
        raise FileBrokenError("not-geojson", "The file stops being JSON somewhere.") from error
    except csv.Error as error:
        raise FileBrokenError("not-csv", "The file stops being CSV somewhere.") from error


def chunks(rows: Iterator[RawRow], size: int) -> Iterator[list[RawRow]]:
    """Give rows in lists of some size."""
    while chunk := list(islice(rows, size)):
        yield chunk


def _table(
    rows: Iterable[tuple[int, Sequence[object]]], *, columns: Collection[str], required: Collection[str]
) -> Iterator[RawRow]:
    numbered = iter(rows)
    first = next(numbered, None)
    if first is None:
        raise FileBrokenError("empty", "The file has no header.")
    header = _header(first[1], columns=columns, required=required)
    for row, cells in numbered:
        if all(cell is None or cell == "" for cell in cells):
            continue
        if len(cells) != len(header):
            yield RawRow(
                row, fault=Misfit("", "cells", f"The header has {len(header)} cells, this row has not.")
            )
        else:
            yield RawRow(row, dict(zip(header, cells, strict=True)))


def _refused_as_number(row: RawRow, never_numbers: Collection[str]) -> RawRow:
    for name in never_numbers:
        if isinstance(row.values.get(name), _NumberText):
            return RawRow(row.row, fault=Misfit(name, "cell-is-number", AS_NUMBER))
    return row


def _header(cells: Sequence[object], *, columns: Collection[str], required: Collection[str]) -> list[str]:
    header = [str(cell).strip().lower() if cell is not None else "" for cell in cells]
    known = ", ".join(columns)
    for position, name in enumerate(header, start=1):
        if name not in columns:
            raise FileBrokenError("unknown-column", f"Column {position} of the header is none of: {known}.")
    if len(set(header)) != len(header):
        raise FileBrokenError("duplicate-column", "A column stands twice in the header.")
    if missing := [name for name in required if name not in header]:
        raise FileBrokenError("missing-column", f"The header lacks: {', '.join(missing)}.")
    return header


def _csv_rows(file: BinaryIO) -> Iterator[tuple[int, list[str | None]]]:
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        first = text.readline(10_000)
        text.seek(0)
        delimiter = max(",;\t", key=first.count)
        for row, cells in enumerate(csv.reader(text, delimiter=delimiter), start=1):
            yield row, [cell.strip() or None for cell in cells]


class _Sheet(Protocol):
    def iter_rows(self, *, values_only: bool) -> Iterator[tuple[object, ...]]:
        """Give the rows of the sheet."""
        ...

    def reset_dimensions(self) -> None:
        """Do not believe what the file says of its size."""
        ...


class _Book(Protocol):
    worksheets: list[_Sheet]

    def close(self) -> None:
        """Close the file."""
        ...


def _sheet_rows(file: BinaryIO) -> Iterator[tuple[int, list[str | None]]]:
    book = _open_book(file)
    try:
        yield from _rows_of(book)
    except (zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, IndexError) as error:
        raise FileBrokenError("not-xlsx", "The workbook cannot be read.") from error
    finally:
        book.close()


def _rows_of(book: _Book) -> Iterator[tuple[int, list[str | None]]]:
    if not book.worksheets:
        raise FileBrokenError("not-xlsx", "The workbook has no sheet.")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    blank, width = 0, 0
    for row, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [_cell(cell) for cell in cells]
        while texts and texts[-1] is None:
            texts.pop()
        width = width or len(texts)
        blank = 0 if texts else blank + 1
        if blank > MOST_BLANK_ROWS:
            return
        yield row, texts + [None] * (width - len(texts))


def _open_book(file: BinaryIO) -> _Book:
    try:
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
        sizes = {entry.filename: entry.file_size for entry in entries}
        packed_bytes = sum(entry.compress_size for entry in entries)
        held_bytes = sum(size for name, size in sizes.items() if not name.startswith("xl/worksheets/"))
        most_bytes = min(MOST_UNPACKED_BYTES, MOST_GROWTH * packed_bytes)
        if sum(sizes.values()) > most_bytes or held_bytes > MOST_HELD_BYTES:
            raise FileBrokenError("too-large", "The workbook is too large when unpacked.")
        # A file object, not a path: openpyxl judges a path by its ending.
        return cast(_Book, openpyxl.load_workbook(file, read_only=True, data_only=True))
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError) as error:
        raise FileBrokenError("not-xlsx", "The file is no XLSX workbook.") from error


def _check_directory(file: BinaryIO) -> None:
    """Refuse a ZIP that lists very many files, or lists them in the form of archives above 4 GB (ZIP64), without end."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(max(0, size - _ZIP_TAIL_BYTES))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _ZIP_END_BYTES:
        raise FileBrokenError("not-xlsx", "The file is no XLSX workbook.")
    directory_bytes = int.from_bytes(tail[end + 12 : end + 16], "little")
    if tail[:end][-20:].startswith(b"PK\x06\x07") or directory_bytes > MOST_DIRECTORY_BYTES:
        raise FileBrokenError("too-large", "The workbook lists too many files.")


_ZIP_END_BYTES = 22
_ZIP_TAIL_BYTES = _ZIP_END_BYTES + 65_535  # what stands last, and the longest comment behind it


def _cell(value: object) -> str | None:
    """Return a cell as CSV would have it, so that both are read alike."""
    match value:
        case None:
            return None
        case bool():
            return _CODES[value]
        case int():
            return _NumberText(value)
        case float():
            return _NumberText(int(value) if value.is_integer() else value)
        case datetime():
            return (value.date() if value.time() == time() else value).isoformat()
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M")
        case _:
            return str(value).strip() or None


def _objects(file: BinaryIO) -> Iterator[RawRow]:
    with io.TextIOWrapper(file, encoding="utf-8-sig") as text:
        for row, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                value: object = json.loads(line)
            except (ValueError, RecursionError):
                yield RawRow(row, fault=Misfit("", "json", "This line is not JSON."))
                continue
            if isinstance(value, dict):
                yield RawRow(row, cast(dict[str, object], value))
            else:
                yield RawRow(row, fault=Misfit("", "json", "This line is no JSON object."))


def _features(file: BinaryIO) -> Iterator[RawRow]:
    """Give the features of a GeoJSON FeatureCollection one by one, numbered from 1: code, name, day and geometry."""
    row = 0
    for row, value in enumerate(_items(file), start=1):
        feature = cast(dict[str, object], value) if isinstance(value, dict) else {}
        properties = feature.get("properties")
        if value is TOO_LARGE:
            told = f"The feature has more than {MOST_NUMBERS // 2} positions."
            yield RawRow(row, fault=Misfit("geometry", "too-many-positions", told))
        elif feature.get("type") != "Feature" or not isinstance(properties, dict):
            yield RawRow(
                row, fault=Misfit("", "not-a-feature", "This is no GeoJSON feature with properties.")
            )
        else:
            said = cast(dict[str, object], properties)
            values: dict[str, object] = {
                name: next((said[word] for word in words if word in said), None)
                for name, words in _SAID.items()
            }
            yield RawRow(row, {**values, "geometry": feature.get("geometry")})
    if not row:
        raise FileBrokenError("no-features", "The file has no features.")


def _items(file: BinaryIO) -> Iterator[object]:
    """Give the parts of `features`; `TOO_LARGE` for one that is too large to hold, of which nothing is held."""
    builder, depth, numbers = ijson.ObjectBuilder(), 0, 0
    for prefix, event, value in ijson.parse(file, use_float=True):
        if prefix != "features.item" and not prefix.startswith("features.item."):
            continue
        if depth == 0:
            builder, numbers = ijson.ObjectBuilder(), 0
        depth += (event in _BEGINS) - (event in _ENDS)
        numbers += event == "number"
        if numbers <= MOST_NUMBERS:
            builder.event(event, value)
        if depth == 0:
            yield builder.value if numbers <= MOST_NUMBERS else TOO_LARGE


TOO_LARGE: Final = object()
_BEGINS, _ENDS = ("start_map", "start_array"), ("end_map", "end_array")
_SAID = {"code": ("code", "kode"), "name": ("name", "nama"), "as_of": ("as_of", "tanggal")}
"""Words for what a boundary says, as those who draw them write."""
