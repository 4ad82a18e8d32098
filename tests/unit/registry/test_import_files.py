"""Files of imports: whatever is in them, a row is read, told as broken, or the file is refused; nothing else."""

import csv
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.commands.import_files import FileBrokenError, RawRow, read_rows
from services.registry.schemas.imports import MediaType

COLUMNS = ("tps_code", "place", "lat")
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def rows_of(path: Path, media_type: MediaType, content: bytes) -> list[RawRow]:
    path.write_bytes(content)
    with path.open("rb") as file:
        return list(read_rows(file, media_type, columns=COLUMNS, required=("tps_code",)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_the_files_that_spreadsheets_write(tmp_path: Path, delimiter: str, start: bytes):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(
        [COLUMNS, ["1", "a,b;c\n\td", ""], ["", "", ""], ["2", " x ", "3"]]
    )
    rows = rows_of(tmp_path / "f", "csv", start + text.getvalue().encode())
    assert [(row.row, dict(row.values)) for row in rows] == [
        (2, {"tps_code": "1", "place": "a,b;c\n\td", "lat": None}),
        (4, {"tps_code": "2", "place": "x", "lat": "3"}),
    ]


def test_cells_of_a_spreadsheet_read_like_text(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["TPS_Code ", "place", "lat", None])
    sheet.append([3271061002028, True, -6.5])
    sheet.append([])
    sheet.append([2.0, None, None])
    book.save(tmp_path / "b.xlsx")
    rows = rows_of(tmp_path / "f", "xlsx", (tmp_path / "b.xlsx").read_bytes())
    assert [(row.row, dict(row.values)) for row in rows] == [
        (2, {"tps_code": "3271061002028", "place": "true", "lat": "-6.5"}),
        (4, {"tps_code": "2", "place": None, "lat": None}),
    ]


def test_a_zip_that_grows_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.registry.commands.import_files.MOST_UNPACKED_BYTES", 1_000)
    with zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "0" * 100_000)
    with pytest.raises(FileBrokenError) as refused:
        rows_of(tmp_path / "f", "xlsx", (tmp_path / "bomb").read_bytes())
    assert refused.value.code == "too-large"


def test_a_zip_of_very_many_files(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "bomb", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}.xml", "")
    with pytest.raises(FileBrokenError) as refused:
        rows_of(tmp_path / "f", "xlsx", (tmp_path / "bomb").read_bytes())
    assert (refused.value.code, str(refused.value)) == ("too-large", "The workbook lists too many files.")


def test_a_zip_that_hides_how_many_files_it_lists(tmp_path: Path):
    """The end of the archive says little, and a record of ZIP64 before it says the rest."""
    with zipfile.ZipFile(tmp_path / "b", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    content = (tmp_path / "b").read_bytes()
    end = content.rindex(b"PK\x05\x06")
    with pytest.raises(FileBrokenError) as refused:
        rows_of(tmp_path / "f", "xlsx", content[:end] + b"PK\x06\x07" + bytes(16) + content[end:])
    assert refused.value.code == "too-large"


def test_a_sheet_of_one_giant_cell(tmp_path: Path):
    """What shrinks to a thousandth is no list of anything, and one cell of it would be held whole."""
    with zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 20_000_000)
    with pytest.raises(FileBrokenError) as refused:
        rows_of(tmp_path / "f", "xlsx", (tmp_path / "bomb").read_bytes())
    assert refused.value.code == "too-large"


def test_strings_that_do_not_fit_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The sheets of a workbook are read row by row, and its table of strings at once."""
    monkeypatch.setattr("services.registry.commands.import_files.MOST_HELD_BYTES", 1_000)
    for name, refused_as in (("xl/sharedStrings.xml", "too-large"), ("xl/worksheets/sheet1.xml", "not-xlsx")):
        with zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, "".join(f"<c>{n}</c>" for n in range(10_000)))
        with pytest.raises(FileBrokenError) as refused:
            rows_of(tmp_path / "f", "xlsx", (tmp_path / "bomb").read_bytes())
        assert refused.value.code == refused_as


ENTITIES = {
    "of a file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    "of an address": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>',
    "of itself, many times": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;">]>',
}


@pytest.mark.parametrize("declared", ENTITIES.values(), ids=ENTITIES.keys())
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_that_declares_an_entity(tmp_path: Path, declared: str, part: str):
    """What a spreadsheet never needs: an entity reads a file of ours, asks an address for us, or grows without end."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["tps_code", "place", "lat"])
    sheet.append(["3271061002028", "SDN Contoh", "-6.5"])
    book.save(tmp_path / "good.xlsx")
    assert rows_of(tmp_path / "f", "xlsx", (tmp_path / "good.xlsx").read_bytes())
    with zipfile.ZipFile(tmp_path / "good.xlsx") as good, zipfile.ZipFile(tmp_path / "bad", "w") as bad:
        for name in good.namelist():
            content = good.read(name).decode()
            if name == part:
                head, tag, rest = content.rpartition("?>")
                content = f"{head}{tag}{declared}{rest.replace('SDN Contoh', '&e;')}"
            bad.writestr(name, content)
    with pytest.raises(FileBrokenError) as refused:
        rows_of(tmp_path / "f", "xlsx", (tmp_path / "bad").read_bytes())
    assert refused.value.code == "not-xlsx"


@given(st.binary(max_size=300))
@quick
def test_any_bytes(tmp_path: Path, content: bytes):
    for media_type in ("csv", "xlsx", "ndjson"):
        with suppress(FileBrokenError):
            rows_of(tmp_path / "f", media_type, content)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    )
)
@quick
def test_what_was_written_is_read(tmp_path: Path, table: list[list[str]]):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *table])
    rows = rows_of(tmp_path / "f", "csv", text.getvalue().encode())
    wanted = [[cell.strip() or None for cell in row] for row in table]
    assert [list(row.values.values()) for row in rows] == [row for row in wanted if any(row)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )
)
@quick
def test_lines_of_json(tmp_path: Path, value: object):
    (row,) = rows_of(tmp_path / "f", "ndjson", json.dumps(value).encode())
    assert (row.fault is None) is isinstance(value, dict)


def features(content: bytes) -> list[tuple[int, object, str]]:
    """Return number, code and fault of each feature of a file."""
    rows = read_rows(io.BytesIO(content), "geojson", columns=(), required=())
    return [(row.row, row.values.get("code"), row.fault.code if row.fault else "") for row in rows]


def test_features_are_read_one_by_one_and_a_huge_one_is_not_held(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.registry.commands.import_files.MOST_NUMBERS", 10)
    ring = [[106.0, -6.5]] * 6
    small = {"type": "Feature", "properties": {"kode": "32.71"}, "geometry": {"coordinates": ring[:5]}}
    huge = {"type": "Feature", "properties": {"kode": "32.72"}, "geometry": {"coordinates": ring}}
    parts = [small, huge, None, {"type": "Feature", "properties": []}, small]
    content = json.dumps({"name": "x", "features": parts, "type": "FeatureCollection"}).encode()
    assert features(content) == [
        (1, "32.71", ""),
        (2, None, "too-many-positions"),
        (3, None, "not-a-feature"),
        (4, None, "not-a-feature"),
        (5, "32.71", ""),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"features": [{"type": "Feature"',
        b"\xff\xfe",
        b"[]",
        b'{"features": 7}',
        b'{"a": {"features": [1]}}',
    ],
)
def test_what_is_no_collection_of_features_is_told(content: bytes):
    with pytest.raises(FileBrokenError) as caught:
        features(content)
    assert caught.value.code in {"not-geojson", "no-features"}
