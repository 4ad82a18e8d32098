"""Rules of facilities' requests: the cut-off, and what a decision needs."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from contracts.registry_events import ElectionSettings
from contracts.registry_people_events import RequestState
from services.registry.rules.moves import moves_close_at
from services.registry.schemas.facility_requests import DecisionIn
from services.registry.schemas.shapes import Misfit

WAYS_OUT: Mapping[RequestState, tuple[str, ...]] = MappingProxyType(
    {
        RequestState.RECEIVED: ("decide", "withdraw", "revise"),
        RequestState.ACCEPTED: ("reopen",),
        RequestState.PARTLY_ACCEPTED: ("reopen",),
        RequestState.REFUSED: ("reopen",),
        RequestState.WITHDRAWN: ("reopen",),
    }
)
"""What can be done with a request in each state."""


def cutoff_at(voting_date: date, region_code: str, settings: ElectionSettings) -> datetime:
    """Return the end of the last day on which a request can come, UTC: that of the moves which it asks for.

    Example: for the vote of 27 November 2024 in Bogor, with 7 days, that is the end of the 20th there, 17:00 UTC.

    Source: D12, `special_move_cutoff_days` of the election.
    """
    return moves_close_at(voting_date, days=settings.special_move_cutoff_days.value, region_code=region_code)


def is_late(received_at: datetime, cutoff: datetime) -> bool:
    """Say whether a request came after its cut-off.

    Source: D12.
    """
    return received_at >= cutoff


def seconds_left(cutoff: datetime, now: datetime) -> int:
    """Return the desk seconds to a cut-off, negative once it has passed."""
    return int((cutoff - now).total_seconds())


def granted_of(decision: DecisionIn, asked: int) -> int:
    """Return how many voters a decision lets vote: all, the part that it names, or nobody."""
    match decision.outcome:
        case RequestState.ACCEPTED:
            return asked
        case RequestState.PARTLY_ACCEPTED:
            return decision.granted or 0
        case RequestState.REFUSED:
            return 0


def decision_misfits(decision: DecisionIn, asked: int) -> list[Misfit]:
    """Return what does not fit together in a decision about so many voters.

    Example: to grant 5 of 23 is a part: it names a TPS and why. To grant 23 of 23 as a part fits nothing.
    """
    found: list[Misfit] = []
    partly = decision.outcome is RequestState.PARTLY_ACCEPTED
    if partly and not 0 < (decision.granted or 0) < asked:
        found.append(
            Misfit(
                "granted",
                "not-a-part",
                "A part is more than none and less than all.",
                "Sebagian berarti tidak nihil dan tidak semua.",
            )
        )
    if not partly and decision.granted is not None:
        found.append(
            Misfit(
                "granted", "not-a-part", "Only a part is counted.", "Jumlah hanya untuk persetujuan sebagian."
            )
        )
    refused = decision.outcome is RequestState.REFUSED
    if refused == bool(decision.tps_codes):
        found.append(
            Misfit(
                "tps_codes",
                "tps",
                "Who is accepted is served by a TPS, who is refused by none.",
                "Yang diterima dilayani TPS, yang ditolak tidak.",
            )
        )
    if (decision.reason_code is None) is not (decision.outcome is RequestState.ACCEPTED):
        found.append(
            Misfit(
                "reason_code",
                "reason",
                "Whatever is not granted says why; what is granted does not.",
                "Yang tidak dipenuhi menyebut alasan; yang dipenuhi tidak.",
            )
        )
    return found
