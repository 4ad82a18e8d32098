"""The desk's two clocks, and the only place that asks the machine for the time.

`wall_now` is for the machine: tokens, timeouts, leases, logs. `DeskClock.now` is for facts of the domain: slots,
deadlines, `recorded_at`. In a rehearsal the desk's clock runs faster than the wall; outside one they are the same.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


def wall_now() -> datetime:
    """Return the machine's time, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """Desk time is `desk_anchor` plus the wall time since `real_anchor`, times `speed` (0 holds the clock)."""

    real_anchor: datetime
    desk_anchor: datetime
    speed: float

    def at(self, wall: datetime) -> datetime:
        """Return the desk's time at a wall time."""
        return self.desk_anchor + (wall - self.real_anchor) * self.speed


class DeskClock:
    """The clock of the domain: the machine's time, or that of the run's clock file, which all processes share.

    The file is looked at no more than five times a second, so that asking for the time costs no system call.
    """

    _LOOK_EVERY_S = 0.2

    def __init__(self, file: str | None) -> None:
        self._file = Path(file) if file else None
        self._setting: ClockSetting | None = None
        self._mtime_ns = -1
        self._looked_at: datetime | None = None
        self._latest: datetime | None = None

    def now(self) -> datetime:
        """Return the desk's time, UTC; it never goes backwards within a process."""
        wall = wall_now()
        if self._file is not None and self._is_time_to_look(wall):
            self._looked_at = wall
            self._look(self._file)
        if self._file is not None and self._setting is None:
            return wall  # not remembered: the run's own time may lie years before it
        now = self._setting.at(wall) if self._setting else wall
        if self._latest is not None and now < self._latest:
            return self._latest
        self._latest = now
        return now

    @property
    def setting(self) -> ClockSetting | None:
        """Return the setting in force, or None where the desk's time is the machine's."""
        self.now()
        return self._setting

    def set_speed(self, speed: float) -> ClockSetting:
        """Change how fast the desk's time passes from now on (0 holds it) and tell every process.

        Raises:
            RuntimeError: this desk has no clock file, so its time is the machine's.
        """
        if self._file is None:
            raise RuntimeError("a desk without a clock file runs on the machine's time")
        now = self.now()
        setting = ClockSetting(real_anchor=wall_now(), desk_anchor=now, speed=speed)
        write_clock_file(self._file, setting)
        self._looked_at = None
        return setting

    def _is_time_to_look(self, wall: datetime) -> bool:
        """Say whether the last look was long ago, or in the future of a machine whose time was set back."""
        return self._looked_at is None or abs((wall - self._looked_at).total_seconds()) > self._LOOK_EVERY_S

    def _look(self, file: Path) -> None:
        """Read the file where it changed; one that cannot be read leaves the setting as it was."""
        try:
            mtime_ns = file.stat().st_mtime_ns
            if mtime_ns == self._mtime_ns:
                return
            raw = json.loads(file.read_text())
            setting = ClockSetting(
                real_anchor=datetime.fromisoformat(raw["real_anchor"]).astimezone(UTC),
                desk_anchor=datetime.fromisoformat(raw["desk_anchor"]).astimezone(UTC),
                speed=float(raw["speed"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return
        self._mtime_ns, self._setting = mtime_ns, setting


def write_clock_file(file: Path, setting: ClockSetting) -> None:
    """Replace the clock file in one step, so that no reader sees half of it."""
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    body = {
        "real_anchor": setting.real_anchor.isoformat(),
        "desk_anchor": setting.desk_anchor.isoformat(),
        "speed": setting.speed,
        "rehearsal": True,  # no other desk has a clock of its own
    }
    draft.write_text(json.dumps(body))
    draft.replace(file)
