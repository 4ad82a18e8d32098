"""TPS whose codes changed: each code means one TPS, whatever the order in which the registry's events come."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.access import Role
from contracts.registry_events import TpsRegistered
from services.turnout.consumers import know_tps
from tests.harness import ELECTION, RunningService, bearer, soon
from tests.services.turnout.paper import enter, form_path, look, received, registered, tps

pytestmark = pytest.mark.anyio
BEGIN = datetime(2024, 11, 2, tzinfo=UTC)


def named(number: int, code: int, *, former: Sequence[int] = ()) -> TpsRegistered:
    """The TPS that began as `number`, with another code."""
    change = {"tps_code": tps(code), "former_codes": [tps(each) for each in former]}
    return registered(number).model_copy(update=change)


async def tell(desk: RunningService, facts: TpsRegistered, *, hour: int = 0) -> None:
    at = BEGIN + timedelta(hours=hour)
    async with desk.app.state.database.transaction() as uow:
        await know_tps(uow, [received(facts, aggregate_id=facts.tps_id, at=at)])


async def reported(desk: RunningService, code: int, slot: str = "10:00") -> dict[str, object]:
    """Report turnout of a code and return the answer, with the id of the TPS that it was kept of."""
    body = {"slot": slot, "men": code, "women": 0, "occurred_at": soon()}
    path = f"/v1/elections/{ELECTION}/tps/{tps(code)}/turnout-reports"
    answer = await desk.client.post(path, json=body, headers=bearer(Role.KPPS, regions=[tps(code)]))
    assert answer.status_code in {200, 201}, answer.text
    rows = await desk.sql("select tps_id from turnout_report where slot = $1 and men = $2", slot, code)
    return {**answer.json(), "tps_ids": [row["tps_id"] for row in rows]}


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1)])
async def test_two_tps_may_change_places(desk: RunningService, order: tuple[int, ...]) -> None:
    first = 200 + order.index(2) * 10
    one, two, aside = first, first + 1, first + 2
    for number in (one, two):
        await tell(desk, registered(number))
    told = [(named(one, aside), 1), (named(one, two), 3), (named(two, one), 2)]
    for n in order:
        await tell(desk, told[n][0], hour=told[n][1])
    assert (await reported(desk, one))["tps_ids"] == [registered(two).tps_id]
    assert (await reported(desk, two))["tps_ids"] == [registered(one).tps_id]


@pytest.mark.parametrize("second_first", [False, True])
async def test_a_code_that_was_left_is_taken(desk: RunningService, second_first: bool) -> None:
    first = 240 + second_first * 10
    one, two, aside = first, first + 1, first + 2
    for number in (one, two):
        await tell(desk, registered(number))
    told = [(named(one, aside), 1), (named(two, one), 2)]
    for facts, hour in reversed(told) if second_first else told:
        await tell(desk, facts, hour=hour)
    assert (await reported(desk, one))["tps_ids"] == [registered(two).tps_id]
    assert (await reported(desk, aside))["tps_ids"] == [registered(one).tps_id]


async def test_while_two_seem_to_have_a_code_the_one_told_of_last_has_it(desk: RunningService) -> None:
    one, two = 260, 261
    for number in (one, two):
        await tell(desk, registered(number))
    await tell(desk, named(two, one), hour=2)
    successor: UUID = registered(two).tps_id
    assert (await reported(desk, one))["tps_ids"] == [successor]
    milestone = {"milestone": "opened", "occurred_at": soon()}
    path = f"/v1/elections/{ELECTION}/tps/{tps(one)}"
    answer = await desk.client.post(f"{path}/milestones", json=milestone, headers=bearer(Role.KPPS))
    assert answer.status_code == 201, answer.text
    assert (await enter(desk, form_path(one), "ani")).status_code == 201
    rows = await desk.sql(
        """select d.tps_id, d.milestone, count(*) filter (where y.state = 'first_entered') as entered
           from voting_day d join tally y using (tps_id) where tps_id = any($1::uuid[]) group by 1, 2""",
        [registered(one).tps_id, successor],
    )
    assert {row["tps_id"]: (row["milestone"], row["entered"]) for row in rows} == {
        registered(one).tps_id: (None, 0),
        successor: ("opened", 1),
    }
    assert (await look(desk, form_path(one)))["state"] == "first_entered"
    assert (await look(desk, f"{path}/voting-day"))["milestone"] == "opened"
