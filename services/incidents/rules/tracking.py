"""The code by which somebody of the public asks what became of a report; whoever has it may ask, so nobody can guess it."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 signs that are not taken for one another when read aloud. Source: Crockford, Base 32."""

SIGNS = 16
"""16 signs of 32 are 80 bits: at 1,000 guesses a second for a year, one in 10^13 finds one of a million reports' codes."""

_MISREAD = str.maketrans("OIL", "011")


def tracking_code(random: bytes) -> str:
    """Return the code that 16 random bytes make.

    Example: `tracking_code(bytes(16)) == "0000-0000-0000-0000"`.
    """
    return _grouped("".join(ALPHABET[byte % 32] for byte in random[:SIGNS]))


def as_written(text: str) -> str | None:
    """Return the code that a person meant, or None where it can be none.

    Example: `as_written("o000 0000 0000 000i") == "0000-0000-0000-0001"`.
    """
    signs = "".join(char for char in text.upper() if char.isalnum()).translate(_MISREAD)
    if len(signs) != SIGNS or any(sign not in ALPHABET for sign in signs):
        return None
    return _grouped(signs)


def _grouped(signs: str) -> str:
    return "-".join(signs[n : n + 4] for n in range(0, SIGNS, 4))
