"""A body that can be read in two ways is refused; every other reader of JSON agrees on the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.json_bodies import NameTwiceError, read_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(values)
def test_what_is_json_is_read_as_anybody_reads_it(value: object):
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'{"b":[{"a":1,"c":2,"a":2}]}', b'{"a":1,"\\u0061":2}'])
def test_a_name_that_is_twice_in_an_object_is_refused(body: bytes):
    with pytest.raises(NameTwiceError):
        read_json(body)


@pytest.mark.parametrize(
    "body",
    [
        *('{"a":1}'.encode(code) for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
        *(
            b'{"a":NaN}',
            b'{"a":-Infinity}',
            b'{"a":1',
            b"{}{}",
            b"",
            b'"\xff"',
            b'"\xed\xa0\x80"',
            b"9" * 5_000,
        ),
    ],
)
def test_what_is_no_json_in_utf_8_is_refused(body: bytes):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - whichever of the decoder's own
        read_json(body)
    assert not isinstance(refused.value, NameTwiceError)
