"""Crash points: places where a fault campaign ends the process at once, as a power cut would end it there."""

import os
import sys

_AT = os.environ.get("CRASH_AT", "")
_AFTER = int(os.environ.get("CRASH_AFTER", "1"))
_passed = 0


def crash_point(name: str) -> None:
    """End the process with status 137 when `CRASH_AT` names this point and it was passed `CRASH_AFTER` times."""
    global _passed  # noqa: PLW0603 - a count of this process, for campaigns alone
    if name != _AT:
        return
    _passed += 1
    if _passed >= _AFTER:
        sys.stderr.write(f"crash point {name}\n")
        sys.stderr.flush()
        os._exit(137)
