"""A TPS that was dissolved: what it reported stays, what it reports is taken, and whoever sums up is told to leave it out."""

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from services.turnout.consumers import know_tps
from tests.harness import ELECTION, RunningService, bearer
from tests.services.hearing import told_of
from tests.services.turnout.paper import GOVERNOR, MAYOR, enter, form_path, registered, tps

pytestmark = pytest.mark.anyio


async def tell(
    desk: RunningService, number: int, *, active: bool, contests: tuple[str, ...] = (GOVERNOR, MAYOR)
) -> None:
    facts = registered(number, active=active, contests=contests)
    async with desk.app.state.database.transaction(EVERYWHERE) as uow:
        await know_tps(uow, [told_of(facts)])


async def told(desk: RunningService, number: int) -> list[tuple[object, ...]]:
    """Return the events of a TPS that say whether it counts, in order: aggregate, contest, whether, version."""
    rows = await desk.sql(
        """select split_part(aggregate, '/', 1) as of, contest, (body::jsonb ->> 'counts')::boolean as counts, version
           from outbox where type like '%.tps_changed.%' and body like $1 order by seq""",
        f"%{tps(number)}%",
    )
    return [(row["of"], row["contest"], row["counts"], row["version"]) for row in rows]


async def report(desk: RunningService, number: int, slot: str) -> list[str]:
    body = {"slot": slot, "men": 10, "women": 10, "occurred_at": "2024-11-27T10:02:00+07:00"}
    path = f"/v1/elections/{ELECTION}/tps/{tps(number)}/turnout-reports"
    answer = await desk.client.post(path, json=body, headers=bearer(Role.KPPS, regions=["32.71"]))
    assert answer.status_code == 201, answer.text
    return answer.json()["findings"]


async def test_its_day_and_its_forms_leave_the_totals_and_come_back(desk: RunningService) -> None:
    assert await report(desk, 51, "10:00") == []
    for person in ("ani", "budi"):
        assert (await enter(desk, form_path(51), person)).status_code == 201
    await tell(desk, 51, active=True)
    assert await told(desk, 51) == []
    await tell(desk, 51, active=False)
    await tell(desk, 51, active=False)
    assert await told(desk, 51) == [("voting_day", None, False, 2), ("tally", MAYOR, False, 4)]
    assert await report(desk, 51, "11:00") == ["W-TPS-DISSOLVED"]
    opened = {"milestone": "ready", "occurred_at": "2024-11-27T06:00:00+07:00"}
    answer = await desk.client.post(
        f"/v1/elections/{ELECTION}/tps/{tps(51)}/milestones", json=opened, headers=bearer(Role.KPPS)
    )
    assert (answer.status_code, answer.json()["findings"]) == (201, ["W-TPS-DISSOLVED"])
    await tell(desk, 51, active=True)
    assert (await told(desk, 51))[2:] == [("voting_day", None, True, 5), ("tally", MAYOR, True, 5)]
    assert await report(desk, 51, "12:00") == []


async def test_one_that_is_dissolved_before_anybody_heard_of_it(desk: RunningService) -> None:
    await tell(desk, 71, active=False)
    assert await told(desk, 71) == [("voting_day", None, False, 1)]
    assert await report(desk, 71, "10:00") == ["W-TPS-DISSOLVED"]


async def test_a_form_of_a_contest_that_a_tps_lost(desk: RunningService) -> None:
    assert (await enter(desk, form_path(52), "ani")).status_code == 201
    await tell(desk, 52, active=True, contests=(GOVERNOR,))
    assert await told(desk, 52) == [("tally", MAYOR, False, 2)]
    await tell(desk, 52, active=True)
    assert (await told(desk, 52))[1:] == [("tally", MAYOR, True, 3)]
