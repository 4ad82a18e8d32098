"""Rules of checklists: what an item may say, and when the place of a TPS is ready."""

from collections.abc import Iterable

from contracts.registry_places_events import CheckAnswer, CheckItem
from services.registry.schemas.checklists import CheckFacts
from services.registry.schemas.shapes import Misfit


def check_misfits(item: CheckItem, facts: CheckFacts) -> list[Misfit]:
    """Return why an item cannot be so.

    Example: an alternate site that exists has a place, and the power supply has none.
    """
    sited = any(value is not None for value in (facts.place, facts.lat, facts.distance_m))
    if sited and (item is not CheckItem.ALTERNATE_SITE or facts.answer is not CheckAnswer.YES):
        return [
            Misfit(
                "place",
                "not-of-this-item",
                "Place, point and distance are those of an alternate site that there is.",
                "Lokasi, titik dan jarak hanya untuk lokasi cadangan yang ada.",
            )
        ]
    if item is CheckItem.ALTERNATE_SITE and facts.answer is CheckAnswer.YES and facts.place is None:
        return [
            Misfit(
                "place",
                "missing",
                "An alternate site has a place.",
                "Lokasi cadangan harus memuat nama tempatnya.",
            )
        ]
    return []


def readiness(answers: Iterable[CheckAnswer]) -> tuple[int, int, bool | None]:
    """Return how many of all items are known and how many are well, and whether the place is ready.

    No data never means ready: one item that nobody checked leaves it not known.

    Example: five yes and one unknown is `(5, 5, None)`.

    Args:
        answers: of the items that somebody checked.

    Source: R3.
    """
    known = [answer for answer in answers if answer is not CheckAnswer.UNKNOWN]
    ok = known.count(CheckAnswer.YES)
    if ok < len(known):
        return len(known), ok, False
    return len(known), ok, True if ok == len(CheckItem) else None
