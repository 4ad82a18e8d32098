"""Whole numbers that add up: shares of a total, and tables with given sums of rows and columns.

Random noise comes in with the weights; everything after them is exact. (Drawing first and repairing afterwards gives the
same spread; drawing weights needs no repair of the rows.)
"""

from collections.abc import Sequence
from itertools import accumulate


def apportion(total: int, weights: Sequence[float], *, caps: Sequence[int] | None = None) -> list[int]:
    """Share a whole number out by weights, by largest remainder, no share above its cap.

    Example: `apportion(10, [1, 1, 1]) == [4, 3, 3]`.

    Args:
        total: what is shared out, 0 or more.
        weights: 0 or more each; more than 0 in sum unless the total is 0.
        caps: the largest share of each.

    Raises:
        ValueError: the caps, or the weights, leave no room for the total.
    """
    shares = [0] * len(weights)
    rest = total
    while rest > 0:
        room = [i for i, w in enumerate(weights) if w > 0 and (caps is None or shares[i] < caps[i])]
        if not room:
            raise ValueError(f"no room for {rest} of {total}")
        weight = sum(weights[i] for i in room)
        exact = [rest * weights[i] / weight for i in room]
        whole = [int(x) for x in exact]
        left = rest - sum(whole)
        by_remainder = sorted(range(len(room)), key=lambda k: whole[k] - exact[k])
        for k in by_remainder[:left]:
            whole[k] += 1
        for k, i in enumerate(room):
            gain = whole[k] if caps is None else min(whole[k], caps[i] - shares[i])
            shares[i] += gain
            rest -= gain
    return shares


def fit(
    weights: list[list[float]], *, rows: Sequence[int], columns: Sequence[int], rounds: int = 25
) -> list[list[float]]:
    """Scale a table of weights until its rows and columns have the given sums (nearly).

    Iterative proportional fitting (Deming and Stephan, 1940). Rows are exact at the end, columns close.

    Args:
        weights: more than 0 each; changed in place and returned.
        rows: sum wanted of each row.
        columns: sum wanted of each column; both have the same grand total.
        rounds: how often rows and columns are scaled in turn.
    """
    for _ in range(rounds):
        sums = [sum(column) for column in zip(*weights, strict=True)]
        factors = [want / have if want else 0.0 for want, have in zip(columns, sums, strict=True)]
        for row, want in zip(weights, rows, strict=True):
            scaled = [x * f for x, f in zip(row, factors, strict=True)]
            scale = want / sum(scaled) if want else 0.0
            row[:] = [x * scale for x in scaled]
    return weights


def whole_table(
    weights: list[list[float]], *, rows: Sequence[int], columns: Sequence[int]
) -> list[list[int]]:
    """Turn a fitted table into whole numbers whose rows and columns have exactly the given sums.

    Rows are rounded by cumulated sums, which leaves each column some votes off; single votes are then moved within rows
    from a column with too many to one with too few.

    Args:
        weights: a table from `fit`.
        rows: sum of each row.
        columns: sum of each column; both have the same grand total.

    Raises:
        ValueError: rows and columns differ in their grand total.
    """
    if sum(rows) != sum(columns):
        raise ValueError(f"rows add up to {sum(rows)}, columns to {sum(columns)}")
    table = [round_row(row, total) for row, total in zip(weights, rows, strict=True)]
    excess = [sum(column) - want for column, want in zip(zip(*table, strict=True), columns, strict=True)]
    index = 0
    while any(excess):
        # One vote a row and turn, so that the repair is spread thinly over the table.
        row = table[index % len(table)]
        index += 1
        give = max(range(len(row)), key=lambda j: excess[j] if row[j] > 0 else 0)
        take = min(range(len(row)), key=lambda j: excess[j])
        if excess[give] > 0 and row[give] > 0:
            row[give] -= 1
            row[take] += 1
            excess[give] -= 1
            excess[take] += 1
    return table


def round_row(row: Sequence[float], total: int) -> list[int]:
    """Round a row of numbers to whole ones with the given sum, each less than one off its share.

    Example: `round_row([0.5, 1.25, 1.25], 3) == [0, 2, 1]`.
    """
    if total == 0:
        return [0] * len(row)
    scale = total / sum(row)
    marks = [int(mark * scale + 0.5) for mark in accumulate(row)]
    marks[-1] = total
    return [high - low for low, high in zip([0, *marks[:-1]], marks, strict=True)]
