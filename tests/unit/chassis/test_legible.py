"""A number is hidden however it is written, and nothing else of the text is changed."""

import sys
import timeit
import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.legible import as_seen
from chassis.masking import mask_text
from chassis.personal_numbers import in_address

NIK: Final = "9971064508900001"

DIGITS: Final[dict[str, list[str]]] = {
    digit: [
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.digit(chr(code), None) == int(digit)
    ]
    for digit in "0123456789"
}
"""Every sign that is a digit: decimal ones of all scripts, superscripts, circled ones."""
FORMATS: Final = [
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cf", "Mn", "Me"}
]
SPACES: Final = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Zs"]
DASHES: Final = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Pd"]
BETWEEN: Final = st.one_of(
    st.just(""),
    st.sampled_from([*"._/-\u2212\u00b7\u2022\uff0e\u3164\u2800", "\u034f", "\t", "\n", "\r\n"]),
    st.sampled_from(FORMATS),
    st.sampled_from(SPACES),
    st.sampled_from(DASHES),
    st.sampled_from([". ", " - ", "\u00ad\u200b\u200d\u2060", " \u200b.\u200b ", "  "]),
)


@st.composite
def disguised(draw: st.DrawFn, number: str) -> str:
    """Draw a spelling of a number: each digit of any script, between them what no reader takes for a part of it."""
    signs = [draw(st.sampled_from(DIGITS[digit])) for digit in number]
    return signs[0] + "".join(draw(BETWEEN) + sign for sign in signs[1:])


@given(st.data(), st.from_regex(r"\A9[0-9]{15}\Z"))
def test_no_spelling_shows_a_number_of_sixteen_digits(data: st.DataObject, number: str) -> None:
    written = data.draw(disguised(number))
    assert (
        mask_text(f"Pemilih \u201ccontoh\u201d {written}, \u00e9mas")
        == "Pemilih \u201ccontoh\u201d [nik], \u00e9mas"
    )


@given(st.text(alphabet=st.characters(exclude_characters="@"), max_size=200))
def test_a_text_without_a_number_stays_as_it_was(text: str) -> None:
    words = "".join(sign for sign in text if not any(each.isdecimal() for each in as_seen(sign)))
    assert mask_text(words) == words


@given(
    st.text(alphabet=st.sampled_from([*FORMATS[:60], "\u00a0", "\u00e9", "x", "\uff21", " "]), max_size=20),
    st.text(alphabet=st.sampled_from([*FORMATS[:60], "\u00a0", "\u00e9", "x", "\uff21", " "]), max_size=20),
)
def test_what_stands_around_a_number_is_not_touched(before: str, after: str) -> None:
    masked = mask_text(f"{before}{NIK}{after}")
    assert masked == f"{before}[nik]{after}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("\uff19\uff19\uff17\uff11\uff10\uff16 450890 0001", "[nik]"),
        ("99710645\u00ad08900001", "[nik]"),
        ("9\ufe0f\u20e39\ufe0f\u20e371064508900001", "[nik]"),
        (
            "\u2468\u2468\u2466\u2460\u24ea\u2465\u2463\u2464\u24ea\u2467\u2468\u24ea\u24ea\u24ea\u24ea\u2460",
            "[nik]",
        ),
        ("0812\u200b3456\u200b7890 di rumah", "[phone] di rumah"),
        ("budi\u200b\uff20contoh.go.id", "[email]"),
        ("eyJh\u200bbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.c2ln", "[token]"),
        (
            "d\u00e9sa \u2014 TPS 32.71.06.1002.028 \u2014 412",
            "d\u00e9sa \u2014 TPS 32.71.06.1002.028 \u2014 412",
        ),
        ("pukul 07.00\u201313.00, 27 November 2024", "pukul 07.00\u201313.00, 27 November 2024"),
        ("hadir\u00a0412 dari 574", "hadir\u00a0412 dari 574"),
    ],
)
def test_spellings(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_an_address_is_read_as_it_is_seen_too() -> None:
    assert in_address("/v1/voters/9971\u200b0645\u200b0890\u200b0001")
    assert in_address(
        "/v1/voters/\uff19\uff19\uff17\uff11\uff10\uff16\uff14\uff15\uff10\uff18\uff19\uff10\uff10\uff10\uff10\uff11"
    )


def test_a_long_text_costs_no_second() -> None:
    for text in ("1 - " * 2_000, "\u200b1" * 4_000, "9" * 8_000, "1.\u00a0" * 3_000, "12 " * 3_000 + "x"):
        assert timeit.timeit(lambda: mask_text(text), number=1) < 1, text[:8]  # noqa: B023 - called at once
