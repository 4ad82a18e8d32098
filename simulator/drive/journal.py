"""What was answered already, on disk, so that a simulator that is started again goes on where it stopped.

It is a hint and no truth: whatever is sent again has the same key, and the desk knows it. So lines may be lost.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO, cast
from uuid import UUID

FLUSH_EVERY_S = 0.5


class Journal:
    """Keys of actions that were answered, with the desk's ids of what they made.

    Args:
        path: where it lies; None keeps nothing.
        days: fingerprint of the days; what was written of other days is thrown away, and `of_other_days` says so.
    """

    def __init__(self, path: Path | None, *, days: str) -> None:
        self.done: set[UUID] = set()
        self.names: dict[UUID, str] = {}
        self.loaded = False
        self.of_other_days = False
        self._file: TextIO | None = None
        self._flushed_at = time.monotonic()
        if path is None:
            return
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        known = bool(lines) and _object(lines[0]).get("days") == days
        self.of_other_days = bool(lines) and not known
        for line in lines[1:] if known else []:
            self._read(_object(line))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a" if known else "w", encoding="utf-8")
        if not known:
            self._write({"days": days})
        elif lines and not path.read_text(encoding="utf-8").endswith("\n"):
            self._file.write("\n")  # a line that was cut off when we were killed
        self._file.flush()

    def note_loaded(self) -> None:
        """Note that the election is there, with all that the days need."""
        self.loaded = True
        self._write({"loaded": True})
        self.flush()

    def note(self, key: UUID, names: Mapping[UUID, str]) -> None:
        """Note that an action was answered.

        Args:
            key: its key.
            names: the desk's ids that its answer told, by ours.
        """
        self.done.add(key)
        self.names.update(names)
        line: dict[str, object] = {"k": str(key)}
        if names:
            line["n"] = {str(ours): theirs for ours, theirs in names.items()}
        self._write(line)
        if time.monotonic() - self._flushed_at > FLUSH_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Give what was noted to the operating system."""
        self._flushed_at = time.monotonic()
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write the rest and close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self, line: Mapping[str, object]) -> None:
        if line.get("loaded"):
            self.loaded = True
        key, names = line.get("k"), line.get("n", {})
        if isinstance(key, str) and isinstance(names, dict):
            self.done.add(UUID(key))
            told = cast(dict[str, str], names)
            self.names.update({UUID(ours): theirs for ours, theirs in told.items()})

    def _write(self, line: Mapping[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _object(line: str) -> dict[str, object]:
    try:
        found: object = json.loads(line)
    except ValueError:
        return {}
    return cast(dict[str, object], found) if isinstance(found, dict) else {}
