import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy import desk_clock

FIRST = datetime.fromisoformat("2024-11-26T06:00+07:00")
WALL = datetime(2030, 1, 1, tzinfo=UTC)


def test_the_first_run_begins_where_it_is_told(tmp_path: Path) -> None:
    assert desk_clock.resume(tmp_path / "clock.json", first=FIRST, speed=0, now=WALL) == FIRST
    setting = json.loads((tmp_path / "clock.json").read_text())
    assert datetime.fromisoformat(setting["desk_anchor"]) == FIRST
    assert setting["speed"] == 0
    assert setting["rehearsal"] is True


def test_a_run_goes_on_exactly_where_the_last_one_ended_in_order(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    desk_clock.resume(file, first=FIRST, speed=60, now=WALL)
    desk_clock.beat(file, ended=True, now=WALL + timedelta(seconds=10))
    a_day_later = WALL + timedelta(days=1)
    assert desk_clock.resume(file, first=FIRST, speed=1, now=a_day_later) == FIRST + timedelta(minutes=10)


def test_after_a_crash_the_clock_is_never_behind_what_was_recorded(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    desk_clock.resume(file, first=FIRST, speed=60, now=WALL)
    desk_clock.beat(file, now=WALL + timedelta(seconds=10))
    died_at = FIRST + timedelta(seconds=60 * 11)  # a second after the last beat
    assert desk_clock.resume(file, first=FIRST, speed=60, now=WALL + timedelta(seconds=30)) > died_at


def test_a_held_clock_stays_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    desk_clock.resume(file, first=FIRST, speed=0, now=WALL)
    desk_clock.beat(file, now=WALL + timedelta(hours=1))
    assert desk_clock.resume(file, first=FIRST, speed=0, now=WALL + timedelta(hours=2)) == FIRST
