"""How many ballots a TPS gets."""


def ballots_needed(dpt: int) -> int:
    """Return the ballots that one TPS gets for one contest: its DPT and 2.5 % of it, rounded up.

    Example: `ballots_needed(533) == 547`.

    Source: D2, Perpu 1/2014 art. 87.
    """
    return dpt + -(-dpt * 25 // 1000)
