"""Rules of guarding: how many are needed by the pattern of each security class."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.registry_events import RiskClass
from contracts.registry_places_events import GuardingPattern


def needed(heads: int, *, per_tps: int, tps: int) -> int:
    """Return how many are needed for some TPS at so many heads per group, rounded up once.

    Example: at 2 police for 10 TPS, 292 TPS need 59.

    Source: R11.
    """
    return -(-heads * tps // per_tps)


@dataclass(frozen=True, slots=True)
class ClassNeed:
    """What the TPS of one class need; None where it is not known."""

    police: int | None
    linmas: int | None


def need_of(pattern: GuardingPattern | None, tps: int) -> ClassNeed:
    """Return what some TPS of one class need; without a pattern it is not known, never none."""
    if pattern is None:
        return ClassNeed(None, None)
    return ClassNeed(
        needed(pattern.police, per_tps=pattern.tps, tps=tps),
        needed(pattern.linmas, per_tps=pattern.tps, tps=tps),
    )


def by_class(patterns: list[GuardingPattern]) -> Mapping[RiskClass, GuardingPattern]:
    """Return patterns by the class that they are for."""
    return {pattern.risk_class: pattern for pattern in patterns}


def added(values: list[int | None]) -> int | None:
    """Return the sum of what is known, None where nothing is. Example: `added([None, 3]) == 3`, `added([None]) is None`."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
