"""Crash points: places where a fault campaign ends the process at once, as `kill -9` would end it there.

`CRASH_AT=<point>` crashes at the first pass of a point (the `CRASH_AFTER`th, where that is given). A campaign that
restarts what it kills arms points one by one instead: it makes the file `<service>.<point>` in `CRASH_FOLDER`, and the
process that passes the point removes it and ends. Without these variables a point costs one comparison.
"""

import os
import sys
from pathlib import Path

_AT = os.environ.get("CRASH_AT", "")
_AFTER = int(os.environ.get("CRASH_AFTER", "1"))
_FOLDER = os.environ.get("CRASH_FOLDER", "")
_OFF = not (_AT or _FOLDER)
_passed = 0

POINTS = (
    *("before_commit", "after_commit", "outbox_read", "produced", "acknowledged", "marked"),
    *("inbox_insert", "offset_commit"),
    *("refilled", "import_chunk"),
)
"""Every point, in the order in which an event passes them; last, those of a refill and of an import."""


def crash_point(name: str) -> None:
    """End the process with status 137 when this point is the one that a campaign has chosen."""
    if _OFF:
        return
    global _passed  # noqa: PLW0603 - a count of this process, for campaigns alone
    if name == _AT:
        _passed += 1
        if _passed >= _AFTER:
            _crash(name)
    if _FOLDER and _disarm(Path(_FOLDER) / f"{Path(sys.argv[0]).parent.name}.{name}"):
        _crash(name)


def _disarm(armed: Path) -> bool:
    try:
        armed.unlink()
    except FileNotFoundError:
        return False
    return True


def _crash(name: str) -> None:
    sys.stderr.write(f"crash point {name}\n")
    sys.stderr.flush()
    os._exit(137)
