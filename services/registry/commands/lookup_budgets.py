"""How often somebody may ask where a voter votes: counted in the database, for all registries together.

A budget slides: of the window before, as much counts as lies within a window's length of now.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import UnitOfWork
from services.registry.commands.frame import lock_names


@dataclass(frozen=True, slots=True)
class Spending:
    """A budget that a question is counted against.

    Attributes:
        spender: a keyed hash of whose it is.
    """

    name: str
    spender: bytes
    window_s: int
    most: int

    def at(self, now: datetime) -> tuple[int, float]:
        """Return the number of the window of a moment, and how much of it has passed (0..1)."""
        place = now.timestamp() / self.window_s
        return math.floor(place), place % 1


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a budget was used before a question, and how many of these found nobody."""

    spending: Spending
    spent: float
    missed: float
    wait_s: int

    @property
    def is_up(self) -> bool:
        """Say whether nothing is left of it."""
        return self.wait_s > 0


_SPEND = """
with used as (
    select a.*, coalesce(n.spent, 0) as spent_now, coalesce(l.spent, 0) as spent_before,
           coalesce(n.missed, 0) + coalesce(l.missed, 0) * (1 - a.passed) as missed
    from unnest($1::text[], $2::bytea[], $3::int[], $4::int[], $5::bigint[], $6::float8[]) with ordinality
         a(name, spender, window_s, most, number, passed, place)
    left join lookup_budget n on (n.name, n.spender, n.window_s, n.window_number) = (a.name, a.spender, a.window_s, a.number)
    left join lookup_budget l
         on (l.name, l.spender, l.window_s, l.window_number) = (a.name, a.spender, a.window_s, a.number - 1)
), counted as (
    insert into lookup_budget (name, spender, window_s, window_number, spent, missed)
    select name, spender, window_s, number, 1, 0 from used
    where not exists (select 1 from used where spent_now + spent_before * (1 - passed) + 1 > most)
    on conflict (name, spender, window_s, window_number) do update set spent = lookup_budget.spent + 1
)
select spent_now, spent_before, missed from used order by place
"""


async def _one_at_a_time(uow: UnitOfWork) -> None:
    """Let nobody else look or count: two that hold windows of one another would end in a deadlock."""
    await lock_names(uow, ["lookup-budgets"])


async def spend(uow: UnitOfWork, spendings: Sequence[Spending], *, now: datetime) -> list[Used]:
    """Count a question against some budgets, if there is something left of all of them.

    Between looking and counting nobody else counts, so no budget is ever overspent.

    Args:
        now: the machine's time; a desk's clock may run sixty times as fast.

    Emits:
        nothing
    """
    await _one_at_a_time(uow)
    at = [each.at(now) for each in spendings]
    rows = await uow.fetch(_SPEND, *_columns(spendings), [n for n, _ in at], [passed for _, passed in at])
    return [
        _used(each, row["spent_now"], row["spent_before"], missed=row["missed"], passed=passed)
        for each, row, (_, passed) in zip(spendings, rows, at, strict=True)
    ]


def _columns(spendings: Sequence[Spending]) -> tuple[list[str], list[bytes], list[int], list[int]]:
    return (
        [each.name for each in spendings],
        [each.spender for each in spendings],
        [each.window_s for each in spendings],
        [each.most for each in spendings],
    )


def _used(spending: Spending, spent_now: int, spent_before: int, *, missed: float, passed: float) -> Used:
    spent = spent_now + spent_before * (1 - passed)
    wait_s = 0
    if spent + 1 > spending.most:
        wait_s = max(
            1, math.ceil(_free_after(spending, spent_now, spent_before) - passed * spending.window_s)
        )
    return Used(spending, spent, missed, wait_s)


def _free_after(spending: Spending, spent_now: int, spent_before: int) -> float:
    """Return how long after the beginning of this window one more fits, in seconds, where nobody asks meanwhile."""
    room = spending.most - 1
    if spent_now <= room:  # what weighs on it is the window before
        return spending.window_s * (1 - (room - spent_now) / spent_before)
    return spending.window_s * (2 - room / spent_now)


async def note_answer(uow: UnitOfWork, spendings: Sequence[Spending], *, missed: bool, now: datetime) -> None:
    """Count whether a question found nobody: the same statement whether it did or not.

    Emits:
        nothing
    """
    await _one_at_a_time(uow)
    numbers = [each.at(now)[0] for each in spendings]
    await uow.execute(
        """update lookup_budget b set missed = b.missed + $6
           from unnest($1::text[], $2::bytea[], $3::int[], $4::int[], $5::bigint[]) a(name, spender, window_s, most, number)
           where (b.name, b.spender, b.window_s, b.window_number) = (a.name, a.spender, a.window_s, a.number)""",
        *(*_columns(spendings), numbers, int(missed)),
    )


async def forget_spent(uow: UnitOfWork, *, now: datetime) -> None:
    """Forget the windows that weigh on nothing any more.

    Emits:
        nothing
    """
    await uow.execute(
        "delete from lookup_budget where (window_number + 2) * window_s < $1", math.floor(now.timestamp())
    )


def spendings_of(
    budgets: Mapping[str, Sequence[tuple[int, int]]], spenders: Mapping[str, bytes]
) -> list[Spending]:
    """Return the budgets of some spenders, as the settings have them: `{"nik": [(6, 60), (20, 3600)]}`."""
    return [
        Spending(name, spender, window_s, most)
        for name, spender in spenders.items()
        for most, window_s in budgets[name]
    ]
