"""What is sealed opens with its key, for its row and unchanged; anything else does not."""

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.sealing import SealBrokenError, SealingKeys

ONE, OTHER = (b"\1" * 32, b"\2" * 32), (b"\3" * 32, b"\4" * 32)
KEYS = SealingKeys("a", {"a": ONE})


@given(st.binary(max_size=300), st.binary(max_size=16))
def test_there_and_back(plain: bytes, row: bytes):
    sealed = KEYS.seal(plain, bound_to=row)
    assert plain not in sealed or len(plain) < 3
    assert KEYS.open(sealed, key_id="a", bound_to=row) == plain
    assert KEYS.seal(plain, bound_to=row) != sealed, "each has a nonce of its own"


@pytest.mark.parametrize("place", [0, 12, -1])
def test_what_was_changed_does_not_open(place: int):
    sealed = bytearray(KEYS.seal(b"somebody", bound_to=b"row"))
    sealed[place] ^= 1
    with pytest.raises(SealBrokenError):
        KEYS.open(bytes(sealed), key_id="a", bound_to=b"row")


def test_what_was_swapped_does_not_open():
    sealed = KEYS.seal(b"somebody", bound_to=b"row 1")
    with pytest.raises(SealBrokenError):
        KEYS.open(sealed, key_id="a", bound_to=b"row 2")


@pytest.mark.parametrize("key_id", ["a", "b"])
def test_another_key_does_not_open_it(key_id: str):
    sealed = KEYS.seal(b"somebody", bound_to=b"row")
    with pytest.raises(SealBrokenError):
        SealingKeys("a", {"a": OTHER}).open(sealed, key_id=key_id, bound_to=b"row")
    with pytest.raises(SealBrokenError):
        KEYS.open(b"short", key_id="a", bound_to=b"row")


def test_keys_are_replaced_one_after_the_other():
    sealed = KEYS.seal(b"somebody", bound_to=b"row")
    both = SealingKeys("b", {"a": ONE, "b": OTHER})
    assert both.open(sealed, key_id="a", bound_to=b"row") == b"somebody"
    with pytest.raises(SealBrokenError):
        KEYS.open(both.seal(b"somebody", bound_to=b"row"), key_id="a", bound_to=b"row")
    assert both.indexes("x") == [*SealingKeys("b", {"b": OTHER}).indexes("x"), *KEYS.indexes("x")]
    assert (
        both.fingerprints["a"] == KEYS.fingerprints["a"] != SealingKeys("a", {"a": OTHER}).fingerprints["a"]
    )


def test_an_index_is_of_one_value_and_one_key():
    assert KEYS.indexes("x") == KEYS.indexes("x") != KEYS.indexes("y")
    assert KEYS.indexes("x") != SealingKeys("a", {"a": OTHER}).indexes("x")


def _write(path: Path, *, key_id: str, current: str, size: int = 32) -> Path:
    key = {name: base64.b64encode(os.urandom(size)).decode() for name in ("sealing", "index")}
    path.write_text(json.dumps({"current": current, "keys": {key_id: key}}))
    return path


def test_files_of_keys(tmp_path: Path):
    file = tmp_path / "keys.json"
    assert SealingKeys.from_file(_write(file, key_id="k1", current="k1"), allow_demo=False).current == "k1"
    assert SealingKeys.from_file(_write(file, key_id="demo-1", current="demo-1"), allow_demo=True)
    with pytest.raises(ValueError, match="only a development desk takes"):
        SealingKeys.from_file(file, allow_demo=False)
    with pytest.raises(ValueError, match="does not have its current key"):
        SealingKeys.from_file(_write(file, key_id="k1", current="k2"), allow_demo=False)
    with pytest.raises(ValueError, match="is not a file of sealing keys") as refused:
        SealingKeys.from_file(_write(file, key_id="k1", current="k1", size=16), allow_demo=False)
    secret = json.loads(file.read_text())["keys"]["k1"]["sealing"]
    assert secret not in str(refused.value)
