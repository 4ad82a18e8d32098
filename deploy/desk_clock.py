"""The desk's clock across runs: it goes on where it stopped, and never backwards.

`clock.json` says how desk time follows from the machine's: `desk_anchor + (wall - real_anchor) * speed`.
Beside it a heartbeat says until when the desk was alive, so that the next run knows where it stopped.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.run_folder import replace_file

LONGEST_SILENCE = timedelta(seconds=2)
"""A desk that was killed may have lived this long after its last heartbeat."""


def resume(file: Path, *, first: datetime, speed: float, now: datetime | None = None) -> datetime:
    """Set the clock for this run and return the desk's time from which it goes on.

    Args:
        file: The clock's file, made where it is missing.
        first: Desk time of the very first run.
        speed: Desk seconds per second; 0 holds the clock.
        now: The machine's time.
    """
    wall = now or datetime.now(UTC)
    desk = _stopped_at(file) or first
    setting = {
        "real_anchor": wall.isoformat(),
        "desk_anchor": desk.isoformat(),
        "speed": speed,
        "rehearsal": True,
    }
    replace_file(file, json.dumps(setting))
    beat(file, now=wall)
    return desk


def beat(file: Path, *, ended: bool = False, now: datetime | None = None) -> None:
    """Note that the desk is alive, or that it has ended in good order.

    Args:
        file: The clock's file.
        ended: Whether this is the last beat of the run.
        now: The machine's time.
    """
    wall = now or datetime.now(UTC)
    last = {"wall": wall.isoformat(), "desk": _desk_time(file, wall).isoformat(), "ended": ended}
    replace_file(_heartbeat(file), json.dumps(last))


def desk_now(file: Path) -> datetime:
    """The desk's time."""
    return _desk_time(file, datetime.now(UTC))


def is_held(file: Path) -> bool:
    """Whether the desk's time stands still."""
    return json.loads(file.read_text())["speed"] == 0


def _stopped_at(file: Path) -> datetime | None:
    if not file.exists() or not _heartbeat(file).exists():
        return None
    last = json.loads(_heartbeat(file).read_text())
    wall = datetime.fromisoformat(last["wall"])
    return _desk_time(file, wall if last["ended"] else wall + LONGEST_SILENCE)


def _desk_time(file: Path, wall: datetime) -> datetime:
    setting = json.loads(file.read_text())
    passed = wall - datetime.fromisoformat(setting["real_anchor"])
    return datetime.fromisoformat(setting["desk_anchor"]) + passed * setting["speed"]


def _heartbeat(file: Path) -> Path:
    return file.with_name("clock_last.json")
