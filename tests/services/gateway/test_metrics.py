"""The figures for Prometheus say what the overview says, of no smaller region than wanted; a wrong total is found."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.incidents_events import DeskPoint
from gateway.figures import GAUGES, PLACE
from gateway.reconciler import check
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.infrastructure import PostgresServer, drop_database, make_database
from tests.observability.exposition import Exposed, exposed_by, until
from tests.services.gateway.conftest import play
from tests.story import GOVERNOR, MAYOR, OPENS, Story, whole_story

pytestmark = pytest.mark.anyio
BOGOR = {"election": ELECTION, "rehearsal": "true", "region": "32.71"}
SLOTS = ("10:00", "11:00", "final")


@asynccontextmanager
async def desk(url: str, story: Story, *, level: str) -> AsyncGenerator[RunningService]:
    """A gateway that has seen the story, four hours into the day, and looks at its figures all the time."""
    async with running_service(
        "gateway",
        database_url=url,
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
        metrics_every_s=0.2,
        reconcile_every_s=0.2,
        metrics_regions=level,
        turnout_slots=SLOTS,
    ) as service:
        await play(service, story.events)
        yield service


@pytest.fixture(scope="module")
async def city(database_url: Callable[[str], str], story: Story) -> AsyncIterator[RunningService]:
    async with desk(database_url("gateway"), story, level="kab_kota") as service:
        yield service


@pytest.fixture(scope="module")
async def figures(city: RunningService) -> Exposed:
    return await until(
        city,
        lambda found: (
            bool(found.of("desk_forms_count", state="held", contest=GOVERNOR))
            and bool(found.of("desk_reconciler_drift_count", **BOGOR))
            and bool(found.of("desk_forms_waiting_oldest_seconds", state="held", **BOGOR))
            and [value for _, value in found.of("desk_milestone_tps", milestone="opened", **BOGOR)] == [6]
        ),
        patience_s=20,
    )


async def test_figures_are_those_of_the_overview(city: RunningService, figures: Exposed) -> None:
    answer = await city.client.get(
        f"/v1/elections/{ELECTION}/regions/32.71/overview", headers=bearer(Role.DESK)
    )
    overview = answer.json()
    for name, reached in overview["milestones"].items():
        assert figures.value("desk_milestone_tps", milestone=name, **BOGOR) == reached
    assert figures.value("desk_dpt_count", sex="women", **BOGOR) == overview["dpt_women"]
    turnout = overview["turnout"]
    assert figures.value("desk_turnout_voted_count", sex="men", **BOGOR) == turnout["men"]
    assert figures.value("desk_turnout_ratio", **BOGOR) == turnout["ratio"]
    assert figures.value("desk_turnout_target_ratio", **BOGOR) == turnout["target_ratio"]
    boxes = overview["boxes"]
    assert figures.value("desk_boxes_needed_count", **BOGOR) == boxes["needed"]
    assert figures.value("desk_supply_done_tps", **BOGOR) == boxes["tps_done"]
    assert figures.value("desk_supply_overdue_tps", **BOGOR) == boxes["tps_overdue"] == 1
    assert figures.value("desk_boxes_count", state="at_tps", **BOGOR) == boxes["at_tps"]
    held = [figures.value("desk_forms_count", state="held", contest=of, **BOGOR) for of in (GOVERNOR, MAYOR)]
    assert sum(held) == overview["coverage"]["forms_held"]
    for point, shown in zip(DeskPoint, overview["points"], strict=True):
        states = {
            labels["status"]: value
            for labels, value in figures.of("desk_point_state", point=point.value, **BOGOR)
        }
        assert states[shown["status"]] == 1
        assert sum(states.values()) == 1
        ratio = figures.of("desk_point_ratio", point=point.value, **BOGOR)
        assert bool(ratio) == (shown["done"] is not None)


async def test_deadlines_are_desk_seconds_that_are_left(figures: Exposed) -> None:
    assert figures.value("desk_voting_opens_seconds", **BOGOR) == -4 * 3600
    assert figures.value("desk_voting_closes_seconds", **BOGOR) == 2 * 3600
    assert figures.value("desk_supply_deadline_seconds", **BOGOR) == -11 * 3600
    assert figures.value("desk_turnout_slot_seconds", slot="10:00", **BOGOR) == -3600
    assert figures.value("desk_turnout_slot_seconds", slot="11:00", **BOGOR) == 0
    assert figures.value("desk_turnout_slot_seconds", slot="final", **BOGOR) == 2 * 3600
    assert figures.value("desk_turnout_slot_tps", slot="10:00", **BOGOR) == 6
    assert figures.value("desk_turnout_slot_tps", slot="11:00", **BOGOR) == 0


async def test_labels_are_closed_words_and_no_place_is_smaller_than_wanted(figures: Exposed) -> None:
    for name, gauge in GAUGES.items():
        series = figures.of(name)
        assert series, f"{name} has no value in a story in which everything happens"
        for labels, _ in series:
            assert set(labels) == {*PLACE, *gauge.labels}
            assert labels["region"] == "32.71"


async def test_what_passes_through_is_counted_by_its_template(city: RunningService) -> None:
    path = "/v1/elections/{election}/tps/{code}/milestones"
    asked = path.format(election=ELECTION, code="32.71.06.1002.001")
    shut = await city.client.post(asked, json={}, headers=bearer(Role.KPPS))
    assert shut.status_code == 503, shut.text
    exposed = await exposed_by(city)
    assert exposed.value("http_requests_total", route=path, method="POST", status="503") == 1


async def test_votes_are_no_metrics(city: RunningService, figures: Exposed) -> None:
    assert not [name for name in figures.names if "vote" in name.removeprefix("desk_turnout_voted")]
    assert not [labels for family in figures.names for labels, _ in figures.of(family) if "choice" in labels]


async def test_a_held_form_tells_how_long_it_has_waited(figures: Exposed) -> None:
    held = figures.of("desk_forms_waiting_oldest_seconds", state="held", **BOGOR)
    assert len(held) == 1
    assert not figures.of("desk_forms_waiting_oldest_seconds", state="verified")


async def test_figures_are_young_and_the_projection_adds_up(city: RunningService, figures: Exposed) -> None:
    assert figures.of("desk_reconciler_drift_count", **BOGOR)
    exposed = await exposed_by(city)
    assert exposed.value("desk_figures_age_seconds") < 10
    assert exposed.value("desk_reconciler_age_seconds") < 10
    assert exposed.value("desk_reconciler_drift_count", **BOGOR) == 0


async def test_a_total_that_is_not_the_sum_of_its_rows_is_found(
    postgres: PostgresServer, desk_time: datetime
) -> None:
    url = make_database("gateway")
    async with desk(url, whole_story(), level="kecamatan") as there:
        found = await until(
            there, lambda seen: len(seen.of("desk_reconciler_drift_count")) == 2, patience_s=20
        )
        assert {labels["region"] for labels, _ in found.of("desk_tps_count")} == {"32.71.01", "32.71.06"}
        async with there.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute(
                """update region_total set figures = jsonb_set(figures::jsonb, '{tps}', '99')::text
                   where region = '32.71.06' and figures::jsonb ? 'tps'"""
            )
        bad = {**BOGOR, "region": "32.71.06"}
        await until(there, lambda seen: seen.value("desk_reconciler_drift_count", **bad) == 1, patience_s=20)
        async with there.app.state.database.reading(EVERYWHERE) as connection:
            other = await check(connection, election=ELECTION, region="32.71.01", now=desk_time)
            whole = await check(connection, election=ELECTION, region="*", now=desk_time)
        assert (other.drift, whole.drift) == (0, 0)
    drop_database(url)
