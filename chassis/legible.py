"""A text as a reader sees it, for judging alone: what is invisible falls away, digits and signs are the plain ones.

A number that is written with characters of no width between its digits, in full width, in Arabic-Indic or circled digits, is the
same number to whoever reads it. What is kept of the text is the text as it was: each sign knows which one it stands for.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from re import Match, Pattern
from typing import Final

_PLAIN: Final = re.compile(r"[\t\n\r\x20-\x7e]*")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn"})
"""Categories without a shape of their own: controls, formats (soft hyphen, zero width, tags), unassigned, marks on others."""
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a braille cell that are empty."""
_DOTS: Final = frozenset(
    "\u00b7\u05c3\u066b\u06d4\u0701\u0702\u16eb\u2022\u2024\u2027\u2219\u22c5\u25cf\u2e31\u3002\u30fb"
)


@lru_cache(maxsize=4_096)
def _seen_as(sign: str) -> str:
    """Return what a reader takes a sign for: nothing, itself, or plainer ones."""
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    return "".join(_plain(each) for each in unicodedata.normalize("NFKC", sign))


def _plain(sign: str) -> str:
    if sign in "\t\n\r" or (sign.isascii() and sign.isprintable()):
        return sign
    category = unicodedata.category(sign)
    if category in _INVISIBLE or sign in _FILLERS:
        return ""
    if category.startswith("Z"):
        return " "
    if category == "Pd" or sign == "\u2212":
        return "-"
    if sign in "\u2044\u2215\u29f8":
        return "/"
    return "." if sign in _DOTS else sign


def as_seen(text: str) -> str:
    """Return a text as a reader sees it: `32 71` of digits in full width with a space of no width between them."""
    return text if _PLAIN.fullmatch(text) else "".join(map(_seen_as, text))


def replace_seen(pattern: Pattern[str], replacement: Callable[[Match[str]], str | None], text: str) -> str:
    """Replace what a pattern finds in a text as a reader sees it; everything else stays as it was written.

    Args:
        pattern: of plain signs.
        replacement: what stands in the place of a match; None leaves it as it was.
    """
    if _PLAIN.fullmatch(text):
        return pattern.sub(lambda found: _or_itself(replacement(found), found[0]), text)
    seen: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for each in _seen_as(sign):
            seen.append(each)
            places.append(place)
    kept: list[str] = []
    done = 0
    for found in pattern.finditer("".join(seen)):
        begins, ends = places[found.start()], places[found.end() - 1] + 1
        put = replacement(found)
        if put is not None and begins >= done:
            kept += text[done:begins], put
            done = ends
    return "".join([*kept, text[done:]])


def _or_itself(put: str | None, found: str) -> str:
    return found if put is None else put
