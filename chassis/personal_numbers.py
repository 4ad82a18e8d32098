"""Does a name that a caller made up hold a NIK or a family number? Such names are kept and told: keys, ids, addresses, traces.

Free text is masked (`chassis.masking`) and goes in; a name cannot be, for masked it would be another name. It is refused, or
another one takes its place.
"""

import re
from typing import Final
from uuid import RFC_4122, UUID

from chassis.legible import as_seen
from chassis.masking import mask_text

_WORTH_A_LOOK: Final = re.compile(r"(?:\d[ ._/-]{0,4}){15}\d")
_MASKED: Final = "[nik]"
_CODE: Final = re.compile(r"\d{4}(?:-\d{4}){3}")
"""A code by which a report is asked after may be of digits alone, by chance."""
_SEPARATE: Final = re.compile(r"[/&=?]")
"""What ends a part of an address: digits of two parts are no number."""
_BITS: Final = re.compile(
    r"""(?<![0-9A-Za-z])
        (?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12} | [0-9a-fA-F]{32}(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{32})?)
        (?![0-9A-Za-z])""",
    re.VERBOSE,
)
"""A UUID, with or without its dashes, or a hash: what makes them up are bits, and sixteen decimal ones in a row are chance."""
_HALF: Final = re.compile(r"[1-9]\d{15}")
"""Half a UUID that is a number of sixteen digits; none begins with a zero."""
_DECIMALS: Final = re.compile(r"\d{16}")


def in_address(text: str) -> bool:
    """Say whether a path or a query holds such a number, in one of its parts.

    Example: `in_address("/voters/9971064508900001")`, and not `in_address("/tps/32.71.06.1002.028")`.
    """
    seen = as_seen(text)
    return _WORTH_A_LOOK.search(seen) is not None and any(
        _written_in(part) for part in _SEPARATE.split(seen) if not _CODE.fullmatch(part)
    )


def in_key(key: str) -> bool:
    """Say whether a key or an id that a client made holds such a number.

    A UUID that was made as the standard says (RFC 9562: version and variant) passes whatever its digits, and so does a hash,
    alone or behind a word (`phone-…`): of a hundred good ones one has sixteen decimals by chance, and would never be let in.
    A UUID that was not made so is a number in disguise where one half of it is one.

    Example: `in_key("voter-9971064508900001")`, `in_key("00000000-0000-0000-9971-064508900001")`, and not
    `in_key("0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01")`.
    """
    return any(_is_a_number(found[0].replace("-", "")) for found in _BITS.finditer(key)) or _written_in(key)


def _written_in(text: str) -> bool:
    """Say whether a number stands in a text as free text would have it hidden, random bits left out."""
    rest = _BITS.sub("#", text)
    return _WORTH_A_LOOK.search(rest) is not None and _MASKED in mask_text(rest.replace(_MASKED, ""))


def _is_a_number(digits: str) -> bool:
    if len(digits) != 32:
        return digits.isdecimal()
    made = UUID(digits)
    if made.variant == RFC_4122 and made.version in range(1, 9):
        return False
    return any(_HALF.fullmatch(half) for half in (digits[:16], digits[16:]))


def in_trace(trace_id: str) -> bool:
    """Say whether a trace's id has sixteen decimal digits in a row: a new one costs nothing, so chance is no excuse here."""
    return _DECIMALS.search(trace_id) is not None
