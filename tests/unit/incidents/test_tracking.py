"""Tracking codes: read aloud, typed back, never guessed."""

from hypothesis import given
from hypothesis import strategies as st

from services.incidents.rules.tracking import ALPHABET, SIGNS, as_written, tracking_code


@given(st.binary(min_size=SIGNS, max_size=SIGNS))
def test_a_code_survives_being_typed(random: bytes) -> None:
    code = tracking_code(random)
    assert as_written(code) == code
    assert as_written(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == code


@given(st.text())
def test_anything_that_is_typed_is_a_code_or_none(text: str) -> None:
    code = as_written(text)
    assert code is None or (len(code) == SIGNS + 3 and set(code) <= set(ALPHABET) | {"-"})


def test_each_sign_comes_up_equally_often() -> None:
    """256 is a multiple of 32, so no sign is likelier than another."""
    signs = [tracking_code(bytes([value]) * SIGNS)[0] for value in range(256)]
    assert {signs.count(sign) for sign in ALPHABET} == {8}
