"""Up to when everything of a service is known here, by the machine's clock and by the desk's."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from chassis.clock import ClockSetting, DeskClock, wall_now, write_clock_file
from tests.harness import until
from tests.services.chassis.pair import Pair, running

pytestmark = pytest.mark.anyio
OPENS = datetime(2024, 11, 27, tzinfo=UTC)


async def test_a_watermark_tells_both_times(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    setting = ClockSetting(wall_now(), OPENS, 60.0)
    write_clock_file(file, setting)
    clock = DeskClock(str(file))
    async with pair.relay(clock=clock), pair.consumer(), running(pair.watermarks.run()):
        await until(lambda: _known(pair))
        up_to, reached = pair.watermarks.caught_up_to("turnout"), pair.watermarks.reached("turnout")
    assert up_to is not None
    assert reached is not None
    assert abs(reached - setting.at(up_to)) < timedelta(seconds=60)  # they are read one after the other
    assert OPENS <= reached <= clock.now()


async def test_an_owner_without_a_desk_clock_tells_the_machines_time_alone(pair: Pair) -> None:
    async with pair.relay(), pair.consumer(), running(pair.watermarks.run()):
        await until(lambda: _known(pair))
    assert pair.watermarks.reached("turnout") is None


async def test_a_mark_of_a_relay_that_does_not_tell_the_desks_time_is_read(pair: Pair) -> None:
    mark = {"service": "turnout", "up_to": "2026-01-01T00:00:00+00:00", "epoch": 1, "ends": {"0": 3}}
    pair.watermarks._remember(json.dumps(mark).encode())
    newest = pair.watermarks.newest("turnout")
    assert newest is not None
    assert (newest.ends, newest.reached_at) == ({0: 3}, None)


async def test_a_producer_whose_watermarks_are_refused_makes_room_for_another(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that was put back to an older state refuses what an idempotent producer sends next, for ever."""
    made: list[AIOKafkaProducer] = []

    class Remembered(AIOKafkaProducer):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            made.append(self)

    monkeypatch.setattr("chassis.relay.AIOKafkaProducer", Remembered)
    async with pair.relay(), pair.consumer(), running(pair.watermarks.run()):
        await until(lambda: _known(pair))
        made[0]._txn_manager.increment_sequence_number(  # pyright: ignore[reportAttributeAccessIssue] - none of its API
            TopicPartition(pair.broker.watermarks, 0), 1_000
        )
        refused_at = wall_now()

        async def told_again() -> bool:
            up_to = pair.watermarks.caught_up_to("turnout")
            return up_to is not None and up_to > refused_at + timedelta(seconds=2)

        await until(told_again, patience_s=30)
        assert len(made) == 2


async def _known(pair: Pair) -> bool:
    return pair.watermarks.caught_up_to("turnout") is not None
