"""A desk with forms on it: TPS as the registry tells of them, and papers that add up unless a test says otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import httpx

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.logistics_events import BoxReceived, BoxState
from contracts.registry_events import Choice, ChoiceKind, ContestDefined, TpsRegistered, WinningRule
from services.turnout import consumers
from tests.harness import ELECTION, RunningService, bearer
from tests.services.hearing import a_tps, received, told_of

GOVERNOR, MAYOR = "gubernur-32", "walikota-32.71"
KELURAHAN = "32.71.06.1002"
PHOTO = "ab" * 32
REASON = "angka menurut foto C.Hasil"
_NAMES = UUID("0192f5a0-0000-7000-8000-000000000000")


def tps(number: int) -> str:
    return f"{KELURAHAN}.{number:03d}"


def form_path(number: int, contest: str = MAYOR) -> str:
    return f"/v1/elections/{ELECTION}/tps/{tps(number)}/forms/{contest}"


def registered(
    number: int, *, contests: Sequence[str] = (GOVERNOR, MAYOR), active: bool = True
) -> TpsRegistered:
    return a_tps(tps(number), tps_id=uuid5(_NAMES, tps(number)), contests=contests, active=active)


def contest(name: str, choices: int) -> ContestDefined:
    return ContestDefined(
        contest=name,
        name=name,
        region_code=name.partition("-")[2],
        choices=[Choice(number=n, kind=ChoiceKind.PAIR, name=f"pair {n}") for n in range(1, choices + 1)],
        winning_rule=WinningRule.MOST_VOTES,
        winning_rule_source="test",
    )


def box_received(number: int, *, box: UUID, counted: int | None, state: BoxState) -> BoxReceived:
    return BoxReceived.model_construct(
        box_id=box,
        tps_id=uuid5(_NAMES, tps(number)),
        tps_code=tps(number),
        contest=MAYOR,
        state=state,
        ballots_received=counted,
    )


async def lay_out(service: RunningService, *, tps_count: int = 60, opened: bool = True) -> None:
    """Let the service know its TPS and contests, by its own consumer's handlers; all of them opened at seven."""
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        contests = (contest(GOVERNOR, 4), contest(MAYOR, 5))
        await consumers.know_contest(uow, [received(c, aggregate_id=c.contest) for c in contests])
        everywhere = [registered(n) for n in range(1, tps_count + 1)]
        await consumers.know_tps(uow, [told_of(each) for each in everywhere])
    if opened:
        await write(service, "update voting_day set reached = $1", '{"opened": "2024-11-27T00:00:00+00:00"}')


def line(men: int, women: int, total: int | None = None) -> dict[str, int]:
    return {"men": men, "women": women, "total": men + women if total is None else total}


def figures(
    votes: Sequence[int] = (31, 90, 120, 38, 47), invalid: int = 17, **more: object
) -> dict[str, object]:
    """A paper of the mayor's contest that adds up, with what a test changes."""
    valid = sum(votes)
    used = valid + invalid
    own = used - 3
    men = own // 2
    return {
        "administration": {
            "dpt": line(250, 283),
            "users_dpt": line(men, own - men),
            "users_pindahan": line(1, 0),
            "users_tambahan": line(0, 2),
            "users": line(men + 1, own - men + 2),
            "disabled": line(0, 1),
            "ballots_received": 547,
            "ballots_used": used,
            "ballots_spoiled": 1,
            "ballots_unused": max(0, 547 - used - 1),
        },
        "votes": {str(n): count for n, count in enumerate(votes, start=1)},
        "valid": valid,
        "invalid": invalid,
        "total": used,
        "kpps_signatures": 7,
        "opened": "07:00",
        "closed": "13:00",
    } | more


def entry(paper: Mapping[str, object] | None = None, **more: object) -> dict[str, object]:
    return {
        "figures": paper or figures(),
        "occurred_at": "2024-11-27T15:10:00+07:00",
        "channel": "app",
        "photo_sha256": PHOTO,
    } | more


def settlement(paper: Mapping[str, object] | None = None, **more: object) -> dict[str, object]:
    return {"figures": paper or figures(), "reason": REASON, "photo_sha256": PHOTO} | more


async def enter(
    service: RunningService,
    path: str,
    person: str,
    body: Mapping[str, object] | None = None,
    *,
    device: str | None = None,
) -> httpx.Response:
    """Enter a form on a device, the person's own unless one is named."""
    headers = bearer(Role.OPERATOR, person=person, regions=["32.71"], device=device or f"device-of-{person}")
    return await service.client.post(f"{path}/entries", json=body or entry(), headers=headers)


async def settle(
    service: RunningService, path: str, person: str, body: Mapping[str, object] | None = None
) -> httpx.Response:
    headers = bearer(Role.ADJUDICATOR, person=person, regions=["32.71"])
    return await service.client.post(f"{path}/adjudications", json=body or settlement(), headers=headers)


async def send_back(service: RunningService, path: str, person: str) -> httpx.Response:
    headers = bearer(Role.ADJUDICATOR, person=person, regions=["32.71"])
    return await service.client.post(f"{path}/returns", json={"reason": "foto tertukar"}, headers=headers)


async def take_back(service: RunningService, path: str, person: str) -> httpx.Response:
    headers = bearer(Role.OPERATOR, person=person, regions=["32.71"])
    return await service.client.post(f"{path}/discards", json={"reason": "salah TPS"}, headers=headers)


async def look(service: RunningService, path: str, role: Role = Role.ADJUDICATOR) -> dict[str, Any]:
    answer = await service.client.get(path, headers=bearer(role, regions=["32.71"]))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events_of(service: RunningService, number: int, name: str = MAYOR) -> list[dict[str, Any]]:
    """The ledger's events of one form, in order."""
    return await service.sql(
        """select o.* from outbox o join tally y on o.aggregate = 'tally/' || y.tally_id join tps_ref t using (tps_id)
           where t.tps_code = $1 and y.contest = $2 order by o.version""",
        tps(number),
        name,
    )


async def write(service: RunningService, query: str, *args: object) -> None:
    """Run SQL behind the service's back."""
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute(query, *args)
