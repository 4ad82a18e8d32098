"""Rules of stages: when one opens and closes, how far that is, and the same as a calendar file.

A stage is no lock: nothing here refuses anything.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.registry_events import Stage
from services.registry.schemas.stages import StageOut, StageState


def stage_at(stage: Stage, *, zone: str, now: datetime) -> StageOut:
    """Return a stage as it stands at a moment.

    Example: in Asia/Jakarta the quiet days to 26 November 2024 close at 17:00 UTC of that day.

    Args:
        zone: IANA name; civil days are those of this zone.
    """
    opens_at = _midnight(stage.starts_on, zone)
    closes_at = _midnight(stage.ends_on + timedelta(days=1), zone)
    state, until = StageState.CLOSED, None
    if now < opens_at:
        state, until = StageState.UPCOMING, opens_at
    elif now < closes_at:
        state, until = StageState.OPEN, closes_at
    return StageOut(
        **stage.model_dump(),
        state=state,
        opens_at=opens_at,
        closes_at=closes_at,
        seconds_left=None if until is None else int((until - now).total_seconds()),
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def changing(stages: Iterable[StageOut], *, within: timedelta) -> list[StageOut]:
    """Return the stages that open or close soon, the nearest first.

    Example: two days before the vote the quiet days close soon, and the voting opens soon.
    """
    soon = [
        (stage.seconds_left, stage.id, stage)
        for stage in stages
        if stage.seconds_left is not None and stage.seconds_left <= within.total_seconds()
    ]
    return [stage for _, _, stage in sorted(soon, key=lambda each: each[:2])]


def as_icalendar(stages: Sequence[Stage], *, election: str, name: str, now: datetime) -> str:
    """Return stages as a calendar file of days.

    Source: RFC 5545: lines end in CRLF and are folded at 75 octets, the end of a day event is the day after its last.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Desk Pilkada//calendar//ID"),
        *("CALSCALE:GREGORIAN", f"X-WR-CALNAME:{_text(name)}"),
    ]
    for stage in stages:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{stage.id}.{election}@desk-pilkada",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{stage.starts_on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{stage.ends_on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(stage.name_id)}",
            f"DESCRIPTION:{_text(f'{stage.name}. {stage.source}')}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> Iterable[str]:
    """Yield the parts of a line that is too long; the ones behind the first begin with a space."""
    part, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > 75:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + width
    yield part
