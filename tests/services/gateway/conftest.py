"""A gateway with the story in it: events go through the projector into a real database; the broker has its own tests."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

import pytest

from chassis.consumer import Received
from chassis.inbox import Inbox, Plan
from chassis.row_security import EVERYWHERE
from contracts.envelope import EventData
from gateway.projections.engine import SUBSCRIPTION, project
from tests.harness import RunningService, running_service
from tests.story import OPENS, Story, whole_story


async def play(gateway: RunningService, events: Sequence[Received[EventData]], *, batch: int = 40) -> None:
    """Project events as the consumer does, many in one transaction, and remember the versions."""
    for start in range(0, len(events), batch):
        part = events[start : start + batch]
        async with gateway.app.state.database.transaction(EVERYWHERE) as uow:
            await project(uow, part)
            versions = {event.envelope.aggregate: event.envelope.version for event in part}
            await Inbox(uow, SUBSCRIPTION.name).store(Plan(versions=versions))


@pytest.fixture(scope="module")
def story() -> Story:
    return whole_story()


@pytest.fixture(scope="module")
def desk_time() -> datetime:
    """Before the results are public, while people vote."""
    return OPENS + timedelta(hours=4)


@pytest.fixture(scope="module")
async def gateway(
    database_url: Callable[[str], str], story: Story, desk_time: datetime
) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        desk_time=desk_time,
        speed=0,
        overview_age_s=0,
        map_age_s=0,
    ) as service:
        await play(service, story.events)
        yield service
