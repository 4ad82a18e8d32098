"""What a process tells of its parts stays true when a part stands: nobody learns of an outage from a gauge that stopped."""

from collections.abc import AsyncIterator, Callable

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.observability.exposition import Exposed, exposed_by, until

pytestmark = pytest.mark.anyio
TPS = "32.71.06.1002.028"


@pytest.fixture(scope="module")
async def cut_off(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    """A service whose broker is away."""
    async with running_service("turnout", database_url=database_url("turnout"), kafka=None) as service:
        async with service.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute(
                """insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
                   values (uuidv7(), $1, $2, 'Asia/Jakarta', '2024-11-27', 250, 250, '{gubernur-32}')""",
                ELECTION,
                TPS,
            )
            await uow.execute("insert into voting_day (tps_id, version) select tps_id, 0 from tps_ref")
        yield service


def state_of(exposed: Exposed, part: str) -> str:
    states = [labels["state"] for labels, value in exposed.of("desk_part_state", part=part) if value == 1]
    assert len(states) == 1, states
    return states[0]


async def test_an_outbox_behind_a_broker_that_is_away_grows_old_in_the_metrics(
    cut_off: RunningService,
) -> None:
    body = {"slot": "10:00", "men": 100, "women": 120, "occurred_at": soon(), "channel": "app"}
    path = f"/v1/elections/{ELECTION}/tps/{TPS}/turnout-reports"
    taken = await cut_off.client.post(path, json=body, headers=bearer(Role.KPPS))
    assert taken.status_code == 201, taken.text

    def waits(exposed: Exposed) -> bool:
        return (
            exposed.value("desk_outbox_pending_events") == 1
            and exposed.value("desk_outbox_unpublished_oldest_seconds") > 0.5
        )

    exposed = await until(cut_off, waits, patience_s=10)
    assert state_of(exposed, "database") == "ok"
    exposed = await until(cut_off, lambda found: state_of(found, "relay") == "broker_away", patience_s=30)
    assert state_of(exposed, "consumer") == "broker_away"


async def test_a_source_that_was_never_heard_of_is_not_known_and_not_fresh(cut_off: RunningService) -> None:
    exposed = await exposed_by(cut_off)
    lags = exposed.of("desk_source_lag_seconds")
    assert (
        {labels["source"] for labels, _ in lags}
        == set(cut_off.app.state.parts.subscription.services)
        != set()
    )
    assert all(value != value for _, value in lags)  # noqa: PLR0124 - that is what NaN is


async def test_the_clock_of_the_desk_is_told_with_its_speed(cut_off: RunningService) -> None:
    exposed = await exposed_by(cut_off)
    assert exposed.value("desk_clock_speed_ratio", rehearsal="false") == 1
    assert exposed.value("desk_clock_seconds", rehearsal="false") > 1_700_000_000


async def test_a_queue_of_commands_tells_what_it_holds_at_most(cut_off: RunningService) -> None:
    exposed = await exposed_by(cut_off)
    most = exposed.of("desk_coalescer_capacity_commands")
    assert most
    for labels, value in most:
        assert value == cut_off.settings.accept_queue
        assert exposed.value("desk_coalescer_waiting_commands", command=labels["command"]) == 0
        assert exposed.value("desk_coalescer_refused_commands_total", command=labels["command"]) == 0
