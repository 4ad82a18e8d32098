"""How many ballots a TPS gets."""

from decimal import ROUND_CEILING, Decimal

RESERVE_RATIO = Decimal("0.025")
"""Ballots beyond the DPT. Source: D2, Perpu 1/2014 art. 87."""


def ballots_needed(dpt: int, *, ratio: Decimal = RESERVE_RATIO) -> int:
    """Return the ballots that one TPS gets for one contest: its DPT and the reserve, rounded up.

    Example: `ballots_needed(533) == 547`.

    Args:
        dpt: voters on the list of the TPS.
        ratio: the reserve, a decimal so that no rounding error of its own adds a ballot.

    Source: D2, Perpu 1/2014 art. 87.
    """
    return dpt + int((dpt * ratio).to_integral_value(ROUND_CEILING))
