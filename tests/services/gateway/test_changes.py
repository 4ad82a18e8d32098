"""What a phone follows: a snapshot in pages, then changes; whoever follows ends with what a new snapshot says."""

import gzip
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from contracts.access import Role
from contracts.incidents_events import IncidentCorrected, IncidentReported
from contracts.turnout_events import TurnoutRecorded
from gateway.feed import Cursor, end_of_feed
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.conftest import play
from tests.story import KELURAHAN, OPENS, Place, Story, incident, made, registered, whole_story

PATH = f"/v1/elections/{ELECTION}/sync/changes"
FIRST = f"{KELURAHAN[0]}.001"
Known = dict[tuple[str, str], dict[str, Any]]
ROLES = (Role.KPPS, Role.PPS, Role.PTPS, Role.DESK)


@pytest.fixture(scope="module")
async def empty(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
    ) as service:
        yield service


@pytest.fixture
async def gateway(empty: RunningService) -> RunningService:
    async with empty.app.state.database.transaction() as uow:
        await uow.execute("truncate projected, region_total, event_feed, consumer_aggregate")
    return empty


class Phone:
    """Follows the changes of one region, as it is told to."""

    def __init__(self, gateway: RunningService, region: str, role: Role, *, limit: int = 500) -> None:
        self.gateway, self.limit = gateway, limit
        self.headers = bearer(role, regions=[region])
        self.known: Known = {}
        self.cursor: str | None = None
        self.pages = 0

    async def ask(self, **headers: str) -> Any:
        parameters = {"limit": str(self.limit)} | ({"after": self.cursor} if self.cursor else {})
        return await self.gateway.client.get(PATH, params=parameters, headers=self.headers | headers)

    async def follow(self) -> Known:
        while True:
            answer = await self.ask()
            assert answer.status_code == 200, answer.text
            page = answer.json()
            self.pages += 1
            if page["reset"]:
                self.known = {}
            for item in page["items"]:
                key = (item["kind"], item["id"])
                if item["removed"]:
                    assert item["facts"] is None
                    self.known.pop(key, None)
                elif key not in self.known or item["version"] >= self.known[key]["version"]:
                    self.known[key] = item
            self.cursor = page["next_cursor"]
            if not page["has_more"]:
                return self.known


async def snapshot(gateway: RunningService, region: str, role: Role) -> Known:
    return await Phone(gateway, region, role).follow()


@pytest.mark.parametrize("region", [FIRST, KELURAHAN[0], "32.71.06", f"{KELURAHAN[1]}.002"])
async def test_who_follows_ends_with_what_a_snapshot_says(gateway: RunningService, region: str) -> None:
    events = whole_story().events
    luck = random.Random(region)
    phones = {
        (role, limit): Phone(gateway, region, role, limit=limit) for role in ROLES for limit in (3, 500)
    }
    start = 0
    while start < len(events):
        size = luck.randint(1, 60)
        await play(gateway, events[start : start + size], batch=luck.choice([1, 7, 60]))
        start += size
        for phone in phones.values():
            if luck.random() < 0.5:
                await phone.follow()
    for (role, _), phone in phones.items():
        whole = await snapshot(gateway, region, role)
        assert await phone.follow() == whole
        codes = [item["code"] for item in whole.values() if item["code"] != "*"]
        assert all(code.startswith(region) or region.startswith(code) for code in codes)
    assert phones[Role.KPPS, 3].pages > 5


async def test_each_sees_what_its_scopes_are_for(gateway: RunningService) -> None:
    await play(gateway, whole_story().events)
    kinds = {role: {kind for kind, _ in await snapshot(gateway, FIRST, role)} for role in ROLES}
    assert {"election", "contest", "tps", "voting_day", "tally", "box", "tps_supply"} <= kinds[Role.KPPS]
    assert not kinds[Role.KPPS] & {"incident", "task", "problem", "advice", "tps_risk", "tps_roster"}
    assert {"incident", "task", "advice"} <= kinds[Role.PTPS]
    assert not kinds[Role.PTPS] & {"box", "shipment", "tps_risk"}
    assert {"tps_risk", "tps_roster", "incident", "box"} <= kinds[Role.DESK]


async def test_no_figure_of_a_form_is_ever_told(gateway: RunningService) -> None:
    story = whole_story()
    for start in range(0, len(story.events), 25):
        await play(gateway, story.events[start : start + 25])
        for role in ROLES:
            for (kind, _), item in (await snapshot(gateway, "32.71.06", role)).items():
                if kind == "tally":
                    assert set(item["facts"]) <= {
                        "form_state",
                        "contest",
                        "round",
                        "entries",
                        "return_requested",
                    }
    forms = [
        i["facts"] for (k, _), i in (await snapshot(gateway, "32.71.06", Role.KPPS)).items() if k == "tally"
    ]
    assert {form["form_state"] for form in forms} <= {"verified", "not_verified"}


async def test_what_moves_away_is_removed_where_it_was(gateway: RunningService) -> None:
    story = Story()
    tps, incident_id = Place(FIRST), made("incident", "flood")
    story.tell(registered(tps), tps.id, tps=tps)
    facts = incident(story, "flood", "disaster", "reported")
    story.tell(IncidentReported.model_validate(facts), incident_id)
    await play(gateway, story.events)
    phone = Phone(gateway, FIRST, Role.PTPS)
    assert {kind for kind, _ in await phone.follow()} == {"tps", "incident"}
    story.events.clear()
    elsewhere = {"region_code": KELURAHAN[1], "tps_code": None, "tps_id": None}
    story.tell(IncidentCorrected.model_validate(facts | elsewhere), incident_id)
    renumbered = registered(tps).model_copy(
        update={"tps_code": f"{KELURAHAN[1]}.009", "former_codes": [FIRST]}
    )
    story.tell(renumbered, tps.id, tps=tps)
    await play(gateway, story.events)
    assert await phone.follow() == {}
    assert await snapshot(gateway, FIRST, Role.PTPS) == {}
    there = await snapshot(gateway, KELURAHAN[1], Role.PTPS)
    assert {kind for kind, _ in there} == {"tps", "incident"}
    assert not any("moved_from" in item["facts"] for item in there.values())


async def test_a_phone_that_has_it_all_is_told_so_in_no_bytes(gateway: RunningService) -> None:
    await play(gateway, whole_story().events)
    phone = Phone(gateway, FIRST, Role.KPPS)
    await phone.follow()
    nothing = await phone.ask()
    assert (nothing.status_code, nothing.json()["items"]) == (200, [])
    same = await phone.ask(**{"If-None-Match": nothing.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    await play(gateway, [_report(FIRST, 77)])
    changed = await phone.ask(**{"If-None-Match": nothing.headers["ETag"]})
    assert changed.status_code == 200
    assert [item["kind"] for item in changed.json()["items"]] == ["voting_day"]


async def test_what_others_do_is_not_told(gateway: RunningService) -> None:
    await play(gateway, whole_story().events)
    phone = Phone(gateway, FIRST, Role.KPPS)
    await phone.follow()
    etag = (await phone.ask()).headers["ETag"]
    await play(gateway, [_report(f"{KELURAHAN[0]}.002", 78), _report(f"{KELURAHAN[1]}.001", 78)])
    assert (await phone.ask(**{"If-None-Match": etag})).status_code == 304


async def test_a_cursor_of_the_feed_is_one_too_and_an_old_one_begins_anew(gateway: RunningService) -> None:
    await play(gateway, whole_story().events)
    async with gateway.app.state.database.reading() as connection:
        end = (await end_of_feed(connection)).pack()
    phone = Phone(gateway, FIRST, Role.KPPS)
    phone.cursor = end
    assert await phone.follow() == {}
    await phone.follow()
    async with gateway.app.state.database.transaction() as uow:
        await uow.execute("update feed_epoch set epoch = uuidv7()")
    anew = (await phone.ask()).json()
    assert anew["reset"]
    assert anew["items"]
    moved = Phone(gateway, f"{KELURAHAN[0]}.002", Role.KPPS)
    moved.cursor = anew["next_cursor"]
    assert (await moved.ask()).json()["reset"]  # its officer was sent to another TPS


@pytest.mark.parametrize("cursor", ["x", "~", "a~b~c", "%00", "~" * 40, f"{Cursor('x').pack()}~x~bm8"])
async def test_what_is_no_cursor_is_refused(gateway: RunningService, cursor: str) -> None:
    answer = await gateway.client.get(f"{PATH}?after={cursor}", headers=bearer(Role.KPPS, regions=[FIRST]))
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


async def test_it_is_for_one_small_region_of_the_token(gateway: RunningService) -> None:
    async def code(query: str, regions: Sequence[str]) -> tuple[int, str]:
        answer = await gateway.client.get(f"{PATH}{query}", headers=bearer(Role.KPPS, regions=list(regions)))
        return answer.status_code, answer.json().get("code", "")

    assert await code("", ["32.71"]) == (400, "invalid-parameter")
    assert await code("", [FIRST, KELURAHAN[1]]) == (400, "invalid-parameter")
    assert await code("?region=32.71", ["32.71"]) == (400, "invalid-parameter")
    assert await code("?region=32.73.01", ["32.71"]) == (403, "region-not-covered")
    assert await code("?regions=32.71.06", ["32.71"]) == (400, "unknown-parameter")
    assert await code("?region=32.71.06", ["32.71"]) == (200, "")
    assert (await gateway.client.get(PATH)).status_code == 401


async def test_a_long_page_is_packed_where_that_is_asked_for(gateway: RunningService) -> None:
    await play(gateway, whole_story().events)
    phone = Phone(gateway, "32.71.06", Role.DESK)
    async with gateway.client.stream(
        "GET", PATH, headers=phone.headers | {"Accept-Encoding": "gzip"}, params={"region": "32.71.06"}
    ) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b'"has_more":false' in gzip.decompress(raw)
    plain = await phone.ask(**{"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in plain.headers
    assert len(raw) < len(plain.content) / 3


def _report(code: str, total: int) -> Any:
    place = Place(code)
    story = Story(now=OPENS + timedelta(hours=5))
    data = TurnoutRecorded(
        tps_id=place.id, tps_code=code, slot="12:00", men=total, women=0, total=total, findings=[]
    )
    return story.tell(data, place.id, tps=place)
