"""The search for NIK finds them however they stand, and nothing that only looks like one."""

from pathlib import Path

import pytest

from bench.needles import needles_in, needles_in_file

NIK = b"9971064508900001"
WANTED = frozenset({NIK, b"9971064508900002"})


@pytest.mark.parametrize(
    "content",
    [
        NIK,
        b"{'nik': '9971064508900001'}",
        b"99.71.06.450890.0001",
        b"997106 450890 0001",
        b"9971-0645-0890-0001",
        b"x9971064508900001y",
        b"129971064508900001345",
        b"\x00\xff9971064508900001\x00",
    ],
)
def test_it_is_found(content: bytes):
    assert needles_in(content, WANTED) == {NIK}


@pytest.mark.parametrize("content", [b"9971064508900003", b"997106450890000", b"9971064508 x 900001", b""])
def test_nothing_else_is(content: bytes):
    assert needles_in(content, WANTED) == set()


def test_a_number_between_two_pieces_of_a_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bench.needles._PIECE", 100)
    for start in range(80, 110):
        file = tmp_path / "piece"
        file.write_bytes(b"x" * start + NIK + b"x" * 300)
        assert needles_in_file(file, WANTED) == {NIK}, start
