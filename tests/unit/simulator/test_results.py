"""The end of the days: the desk's figures beside the plan's."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from simulator import results
from simulator.desk.client import Desk
from simulator.desk.tokens import Tokens
from simulator.desk.wire import Wire
from simulator.plan.city import plan_city
from tests.unit.simulator.badly_behaved import Asked, serving, told

pytestmark = pytest.mark.anyio
PLAN = plan_city(4, tps=6)


def as_the_desk_tells(contest: str, *, off: int = 0) -> dict[str, object]:
    totals = PLAN.totals(contest)
    return {
        "contest": contest,
        "votes": {str(number): count for number, count in totals.votes.items()},
        "valid": totals.valid + off,
        "invalid": totals.invalid,
        "users": totals.users,
        "tps_in": totals.tps,
        "tps_held": 0,
        "tps_disputed": 0,
        "tps_entered_once": 0,
    }


@pytest.mark.parametrize(("off", "equal"), [(0, True), (1, False)])
async def test_the_figures_are_equal_or_both_are_said(
    off: int, equal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "PATIENCE_S", 0.0)
    lines: list[str] = []

    def answer(asked: Asked) -> bytes:
        if asked.path == "/v1/oauth/token":
            return told(200, b'{"access_token":"t","expires_in":600}')
        contest = parse_qs(urlsplit(asked.path).query)["contest"][0]
        return told(200, json.dumps({"contests": [as_the_desk_tells(contest, off=off)]}).encode())

    async with serving(answer) as server:
        wire = Wire(server.url)
        desk = Desk(wire, Tokens(wire, {"desk": "x"}, election=PLAN.election), election=PLAN.election)
        assert await results.compare(desk, PLAN, say=lines.append) is equal
        await wire.close()
    assert len(lines) == 2
    assert all(("NOT as planned" in line) is not equal for line in lines)
