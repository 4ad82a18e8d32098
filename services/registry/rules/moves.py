"""Rules of moving to another TPS and of walking in: until when, with which ballots, at what hour."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.access import covers
from contracts.registry_events import ElectionSettings
from contracts.vocabulary import kelurahan_of
from contracts.zones import local_instant, zone_of
from services.registry.rules.elections import office_of
from services.registry.schemas.imports import VoterRowIn
from services.registry.schemas.voters import VoterKind, VoterMoveReason

MOVE_CUTOFF = "E-MOVE-CUTOFF"
MOVE_UNSURE = "W-MOVE-CUTOFF"
MOVE_BALLOT = "E-MOVE-BALLOT"
MOVE_REASON = "W-MOVE-REASON"
WALKIN_HOURS = "W-WALKIN-HOURS"
WALKIN_ADDRESS = "W-WALKIN-ADDRESS"

SPECIAL = frozenset(
    {
        *(VoterMoveReason.INPATIENT, VoterMoveReason.COMPANION, VoterMoveReason.DETAINEE),
        *(VoterMoveReason.DISASTER, VoterMoveReason.DUTY),
    }
)
"""The reasons with the later cut-off."""


def cutoff_days(reason: VoterMoveReason, settings: ElectionSettings) -> int:
    """Return how many days before the voting day the last one is on which somebody moves for a reason.

    Source: D12. Example: 7 for an inpatient, 30 for who works elsewhere.
    """
    days = settings.special_move_cutoff_days if reason in SPECIAL else settings.move_cutoff_days
    return days.value


def moves_close_at(voting_date: date, *, days: int, region_code: str) -> datetime:
    """Return the moment from which nobody moves any more, UTC: the end of the last day, where the TPS is.

    Source: D12. Example: for 27 November 2024, 30 days and Bogor it is the end of 28 October, 17:00 UTC.
    """
    return local_instant(region_code, voting_date - timedelta(days=days - 1), time(0))


def contests_of_mover(contests: Sequence[str], *, home: str) -> list[str]:
    """Return whose ballots a voter gets at a TPS who is on the DPT elsewhere: of what covers both places.

    Source: D13. Example: from Kabupaten Bogor (`32.01`) to a TPS of Kota Bogor it is `gubernur-32` alone.

    Args:
        contests: those of the TPS.
        home: TPS or region of the DPT that the voter is on.
    """
    return [contest for contest in contests if covers(office_of(contest).region_code, home)]


def walk_in_findings(
    code: str, *, voting_date: date, opens: str, closes: str, occurred_at: datetime, address_code: str | None
) -> list[str]:
    """Return what is asked about a walk-in voter.

    Source: D11. Example: at 11:40 of the voting day, by the clock where the TPS is, it was too early.

    Args:
        opens: civil time from which walk-in voters vote.
        closes: civil time at which the TPS closes; who queues then is served, so the minute itself counts.
        address_code: region of the voter's address, None where nobody said.
    """
    local = occurred_at.astimezone(UTC).astimezone(ZoneInfo(zone_of(code)))
    at = f"{local:%H:%M}"
    findings = [] if local.date() == voting_date and opens <= at <= closes else [WALKIN_HOURS]
    if address_code is not None and address_code != kelurahan_of(code):
        findings.append(WALKIN_ADDRESS)
    return findings


def moved_row_refusal(
    row: VoterRowIn, *, voting_date: date, settings: ElectionSettings
) -> tuple[str, str] | None:
    """Return the column and the code of what refuses a row of a voter who moves, or None.

    Source: D12. Example: an inpatient's move that was decided on 21 November 2024 came a day too late.
    """
    if row.kind is not VoterKind.PINDAHAN or row.decided_on is None:
        return None
    last = voting_date - timedelta(days=_days(row, settings))
    return ("decided_on", MOVE_CUTOFF) if row.decided_on > last else None


def moved_row_findings(
    row: VoterRowIn, *, voting_date: date, settings: ElectionSettings, now: datetime
) -> list[str]:
    """Return what is asked about a row of a voter who moves or walks in and is taken."""
    code = row.tps_code
    if row.kind is VoterKind.TAMBAHAN:
        opens_at = local_instant(code, voting_date, time.fromisoformat(settings.walk_in_opens.value))
        return [WALKIN_HOURS] if now < opens_at else []
    if row.kind is not VoterKind.PINDAHAN:
        return []
    findings = [] if row.reason is not None and row.evidence else [MOVE_REASON]
    closed = now >= moves_close_at(voting_date, days=_days(row, settings), region_code=code)
    return [*findings, MOVE_UNSURE] if closed and row.decided_on is None else findings


def _days(row: VoterRowIn, settings: ElectionSettings) -> int:
    return settings.move_cutoff_days.value if row.reason is None else cutoff_days(row.reason, settings)
