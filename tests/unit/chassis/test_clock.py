"""The desk's clock: it stands, runs and hurries as its file says, and never goes backwards."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import ClockSetting, DeskClock, wall_now, write_clock_file

WALL = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = datetime(2024, 11, 27, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def wall() -> Iterator[time_machine.Traveller]:
    """The machine's time, which only moves when a test moves it."""
    with time_machine.travel(WALL, tick=False) as traveller:
        yield traveller


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


def write(file: Path, desk: datetime = DAY, *, speed: float = 1.0, real: datetime | None = None) -> None:
    write_clock_file(file, ClockSetting(real or wall_now(), desk, speed))


def test_without_a_file_it_is_the_machines_time(wall: time_machine.Traveller) -> None:
    clock = DeskClock(None)
    assert clock.now() == WALL
    wall.shift(SECOND)
    assert clock.now() == WALL + SECOND
    assert clock.setting is None
    with pytest.raises(RuntimeError):
        clock.set_speed(2)


@pytest.mark.parametrize("speed", [0.0, 1.0, 60.0, 1200.0])
def test_it_passes_at_its_speed(wall: time_machine.Traveller, file: Path, speed: float) -> None:
    write(file, speed=speed)
    clock = DeskClock(str(file))
    assert clock.now() == DAY
    wall.shift(timedelta(minutes=1))
    assert clock.now() == DAY + timedelta(minutes=1) * speed


def test_it_can_be_held_and_goes_on_from_there(wall: time_machine.Traveller, file: Path) -> None:
    write(file, speed=60)
    clock, other = DeskClock(str(file)), DeskClock(str(file))
    wall.shift(SECOND)
    held = clock.set_speed(0)
    assert held.desk_anchor == DAY + timedelta(minutes=1)
    wall.shift(timedelta(hours=1))
    assert clock.now() == other.now() == held.desk_anchor
    clock.set_speed(2)
    wall.shift(SECOND)
    assert clock.now() == other.now() == held.desk_anchor + 2 * SECOND
    assert json.loads(file.read_text())["rehearsal"] is True, "whoever makes tokens still sees a rehearsal"


def test_a_file_that_goes_back_holds_it_until_time_has_caught_up(
    wall: time_machine.Traveller, file: Path
) -> None:
    write(file)
    clock = DeskClock(str(file))
    wall.shift(timedelta(minutes=10))
    latest = clock.now()
    write(file, DAY + timedelta(minutes=9))
    wall.shift(SECOND)
    assert clock.now() == latest
    wall.shift(timedelta(minutes=2))
    assert clock.now() == DAY + timedelta(minutes=11, seconds=1)


def test_a_wall_that_goes_back_does_not_take_it_along(wall: time_machine.Traveller, file: Path) -> None:
    write(file)
    clock = DeskClock(str(file))
    wall.shift(timedelta(minutes=10))
    latest = clock.now()
    wall.shift(timedelta(minutes=-5))
    assert clock.now() == latest
    alone = DeskClock(None)
    latest = alone.now()
    wall.shift(timedelta(minutes=-5))
    assert alone.now() == latest


@given(
    steps=st.lists(
        st.tuples(st.integers(-3_600, 3_600), st.none() | st.sampled_from([0.0, 1.0, 60.0, 1200.0])),
        max_size=12,
    )
)
def test_it_never_goes_backwards_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, float | None]]
) -> None:
    file = tmp_path_factory.mktemp("clock") / "clock.json"
    with time_machine.travel(WALL, tick=False) as wall:
        write(file)
        clock = DeskClock(str(file))
        latest = clock.now()
        for seconds, speed in steps:
            wall.shift(timedelta(seconds=seconds))
            if speed is not None:
                write(file, latest + timedelta(seconds=seconds), speed=speed)
            now = clock.now()
            assert now >= latest
            latest = now


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"speed": 1}', '{"real_anchor": "x", "desk_anchor": 1, "speed": 1}']
)
def test_a_file_that_cannot_be_read_changes_nothing(
    wall: time_machine.Traveller, file: Path, content: str
) -> None:
    write(file, speed=60)
    clock = DeskClock(str(file))
    clock.now()
    file.write_text(content)
    wall.shift(SECOND)
    assert clock.now() == DAY + 60 * SECOND
    file.unlink()
    wall.shift(SECOND)
    assert clock.now() == DAY + 120 * SECOND


def test_a_file_that_comes_late_is_followed(wall: time_machine.Traveller, file: Path) -> None:
    clock = DeskClock(str(file))
    assert clock.now() == WALL
    write(file)
    wall.shift(SECOND)
    assert clock.now() == DAY + SECOND


def test_readers_never_see_half_of_a_file_that_is_replaced(file: Path) -> None:
    write(file, speed=0)
    done, seen = Event(), list[dict[str, object]]()

    def replace() -> None:
        for n in range(300):
            write(file, DAY + n * SECOND, speed=0)
        done.set()

    writer = Thread(target=replace)
    writer.start()
    while not done.is_set():
        seen.append(json.loads(file.read_text()))
    writer.join()
    assert all(set(body) == {"real_anchor", "desk_anchor", "speed", "rehearsal"} for body in seen)
    assert [path.name for path in file.parent.iterdir()] == ["clock.json"]
    assert DeskClock(str(file)).now() == DAY + 299 * SECOND
