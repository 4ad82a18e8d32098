"""As of when an answer is: by its slowest source, and never ahead of the desk's clock."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from chassis.clock import wall_now
from chassis.watermark import Watermarks
from contracts.vocabulary import Service
from gateway.queries.freshness import reached_by, sources_of
from gateway.schemas.regions import Source

TEN = datetime(2024, 11, 27, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def source(service: Service, minutes: float | None) -> Source:
    return Source(service=service, as_of=None if minutes is None else TEN + minutes * MINUTE, lag_s=1)


@pytest.mark.parametrize(
    ("turnout", "registry", "logistics", "expected"),
    [(0, 2, 4, 0), (2, 0, 4, 0), (3, 4, 0, 3), (None, 2, 0, 2), (None, None, 0, 5)],
)
def test_an_answer_is_as_old_as_the_oldest_of_its_sources(
    turnout: float | None, registry: float | None, logistics: float, expected: float
) -> None:
    sources = [
        source(Service.TURNOUT, turnout),
        source(Service.REGISTRY, registry),
        source(Service.LOGISTICS, logistics),
    ]
    services = (Service.REGISTRY, Service.TURNOUT)
    assert reached_by(sources, now=TEN + 5 * MINUTE, services=services) == TEN + expected * MINUTE


def test_sources_tell_desk_time_and_lag_in_seconds_of_the_machine() -> None:
    watermarks = Watermarks(Mock(), broker=Mock(), consumer="gateway")
    watermarks._passed = {"turnout": wall_now() - timedelta(seconds=3), "registry": wall_now()}
    watermarks._reached = {"turnout": TEN, "registry": TEN + 9 * MINUTE}
    found = {one.service: one for one in sources_of(watermarks, now=TEN + 5 * MINUTE)}
    assert found["turnout"].as_of == TEN
    assert found["turnout"].lag_s == pytest.approx(3, abs=1)
    assert found["registry"].as_of == TEN + 5 * MINUTE, "no source is ahead of the desk"
    assert (found["logistics"].as_of, found["logistics"].lag_s) == (None, None)
