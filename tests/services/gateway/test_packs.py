"""Reference packs: all that a phone needs offline, the same bytes for the same facts, and nothing beyond its token."""

import gzip
from typing import Any

import httpx
import pytest

from contracts.access import Role
from contracts.legal_rules import FINDING_CODES
from tests.harness import ELECTION, RunningService, bearer
from tests.services.gateway.conftest import play
from tests.story import GOVERNOR, KELURAHAN, MAYOR, Place, Story, registered

BASE = f"/v1/elections/{ELECTION}/sync/packs"
FIRST = f"{KELURAHAN[0]}.001"


async def get(
    gateway: RunningService,
    code: str = FIRST,
    role: Role = Role.KPPS,
    *,
    region: str = KELURAHAN[0],
    etag: str = '"none"',
    encoding: str = "identity",
) -> httpx.Response:
    headers = bearer(role, regions=[region]) | {"If-None-Match": etag, "Accept-Encoding": encoding}
    return await gateway.client.get(f"{BASE}/{code}", headers=headers)


async def test_it_has_what_a_phone_needs_offline(gateway: RunningService) -> None:
    pack: dict[str, Any] = (await get(gateway)).json()
    assert (pack["format"], pack["election"], pack["code"]) == ("desk.field-pack.v1", ELECTION, FIRST)
    assert [tps["tps_code"] for tps in pack["tps"]] == [FIRST]
    assert {contest["contest"] for contest in pack["contests"]} == {GOVERNOR, MAYOR}
    assert all(contest["choices"] for contest in pack["contests"])
    assert "final" in pack["slots"]
    assert {code["code"] for code in pack["findings"]} == set(FINDING_CODES)
    assert all(code["indonesian"] for code in pack["findings"])
    assert pack["settings"]["max_voters_per_tps"]["source"]
    assert [unit["agency"] for unit in pack["units"] if unit["category"] == "disaster"] == ["bpbd"]
    assert {seal["tps_code"] for seal in pack["seals"]} == {FIRST}
    assert all(seal["seal_number"] for seal in pack["seals"])
    paths = {command["operation"]: command["path"] for command in pack["commands"]}
    assert paths["record_milestone"] == "/tps/{code}/milestones"
    assert {
        "record_turnout_report",
        "record_custody_scan",
        "receive_at_tps",
        "report_incident",
        "enter_form",
    } <= set(paths)
    assert "adjudicate_form" not in paths


async def test_a_kelurahan_has_all_of_its_own(gateway: RunningService) -> None:
    pack = (await get(gateway, KELURAHAN[0])).json()
    assert len(pack["tps"]) > 1
    assert all(tps["tps_code"].startswith(KELURAHAN[0]) for tps in pack["tps"])
    assert {seal["tps_code"][:13] for seal in pack["seals"]} == {KELURAHAN[0]}


async def test_who_may_not_see_boxes_gets_no_seals(gateway: RunningService) -> None:
    assert (await get(gateway, role=Role.OBSERVER)).json()["seals"] is None


async def test_it_is_kept_until_something_in_it_changes(gateway: RunningService) -> None:
    first = await get(gateway, f"{KELURAHAN[0]}.002")
    assert first.headers["Cache-Control"] == "private, no-cache"
    same = await get(gateway, f"{KELURAHAN[0]}.002", etag=first.headers["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    other = await get(gateway, FIRST, etag=first.headers["ETag"])
    assert other.status_code == 200
    story = Story()
    story.tell(registered(Place(FIRST)), Place(FIRST).id, tps=Place(FIRST))
    moved = registered(Place(f"{KELURAHAN[0]}.002")).model_copy(update={"place": "Balai RW 9 (contoh)"})
    story.tell(moved, moved.tps_id, tps=Place(f"{KELURAHAN[0]}.002"))
    await play(gateway, story.events)
    changed = await get(gateway, f"{KELURAHAN[0]}.002", etag=first.headers["ETag"])
    assert (changed.status_code, changed.json()["tps"][0]["place"]) == (200, "Balai RW 9 (contoh)")


async def test_it_comes_packed_and_small(gateway: RunningService) -> None:
    headers = bearer(Role.KPPS, regions=[KELURAHAN[0]]) | {"Accept-Encoding": "gzip"}
    async with gateway.client.stream("GET", f"{BASE}/{KELURAHAN[0]}", headers=headers) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    plain = await get(gateway, KELURAHAN[0])
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < 20_000
    assert answer.headers["ETag"] != plain.headers["ETag"]  # other bytes, so another strong tag
    again = await get(gateway, KELURAHAN[0], etag=answer.headers["ETag"], encoding="gzip")
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [
        ("32.71.01.1003.001", 403, "region-not-covered"),
        (f"{KELURAHAN[0]}.999", 503, "not-caught-up"),  # no registry runs here to say that there is none
        ("32.71.06", 403, "region-not-covered"),
        ("nowhere", 404, "not-found"),
    ],
)
async def test_what_it_is_not_for(gateway: RunningService, code: str, status: int, problem: str) -> None:
    answer = await get(gateway, code)
    assert (answer.status_code, answer.json()["code"]) == (status, problem)
    assert (await gateway.client.get(f"{BASE}/{code}")).status_code == 401


async def test_a_kecamatan_is_too_much(gateway: RunningService) -> None:
    answer = await get(gateway, "32.71.06", region="32.71")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
