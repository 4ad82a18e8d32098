"""Rules of rosters: how many slots a TPS has for each duty, and how far they are filled."""

from collections.abc import Iterable, Mapping

from contracts.registry_events import ElectionSettings, RosterCount
from services.registry.schemas.officers import Duty, Trained


def slots_of(settings: ElectionSettings) -> Mapping[Duty, int]:
    """Return how many slots a TPS has for each duty.

    Example: seven KPPS, two Linmas and one PTPS.

    Source: D7, D8, D9.
    """
    return {
        Duty.KPPS: settings.kpps_per_tps.value,
        Duty.LINMAS: settings.linmas_per_tps.value,
        Duty.PTPS: settings.ptps_per_tps.value,
    }


def roster_counts(
    held: Iterable[tuple[Duty, Trained]], *, slots: Mapping[Duty, int]
) -> Mapping[Duty, RosterCount]:
    """Return how far the slots of a TPS are filled and their holders trained.

    Example: one trained KPPS of seven is `RosterCount(slots=7, named=1, trained=1, training_unknown=0)`.

    Args:
        held: duty and training of each slot that is filled.
        slots: how many slots each duty has.
    """
    holders = list(held)
    counts: dict[Duty, RosterCount] = {}
    for duty, number in slots.items():
        trained = [training for of, training in holders if of is duty]
        counts[duty] = RosterCount(
            slots=number,
            named=len(trained),
            trained=trained.count(Trained.YES),
            training_unknown=trained.count(Trained.UNKNOWN),
        )
    return counts
