"""Lists, the map and one TPS over the API: pages, filters, forms, and who may see what."""

import csv
import io
import re
from typing import Any

import pytest

from contracts.access import Role
from contracts.turnout_events import FormFinding
from gateway.csv_form import cell
from tests.harness import ELECTION, RunningService, bearer
from tests.services.gateway.conftest import play
from tests.story import GOVERNOR, KELURAHAN, MAYOR, Story, places, registered, tally_id, verified

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"
LISTS = (
    *("tps", "boxes", "shipments", "warehouses", "incidents", "problems", "advice", "tasks", "facilities"),
    *("facility-requests", "trainings", "personnel", "area-rosters", "rosters"),
)


async def get(
    gateway: RunningService, path: str, role: Role = Role.DESK, *, regions: tuple[str, ...] = ("*",)
) -> Any:
    answer = await gateway.client.get(f"{BASE}/{path}", headers=bearer(role, regions=list(regions)))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(
    gateway: RunningService, path: str, role: Role = Role.DESK, *, regions: tuple[str, ...] = ("*",)
) -> Any:
    answer = await gateway.client.get(f"{BASE}/{path}", headers=bearer(role, regions=list(regions)))
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_has_its_items_with_all_their_members(gateway: RunningService, name: str) -> None:
    schema = gateway.app.openapi()["paths"][f"/v1/elections/{{election}}/{name}"]["get"]
    page = schema["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    item = gateway.app.openapi()["components"]["schemas"][page]["properties"]["items"]["items"][
        "$ref"
    ].rsplit("/", 1)[1]
    members = set(gateway.app.openapi()["components"]["schemas"][item]["properties"])
    found = await get(gateway, name)
    assert found["items"]
    assert set(found) == {"items", "next_cursor", "as_of"}
    assert all(set(one) == members for one in found["items"])


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_moment_at_an_end_of_the_calendar_is_refused(gateway: RunningService, moment: str) -> None:
    assert await refused(gateway, f"tps?updated_since={moment}") == (422, "invalid-payload")


@pytest.mark.parametrize("sort", ["code", "-code", "updated_at", "-updated_at", "id", "-id"])
async def test_pages_show_each_item_once(gateway: RunningService, sort: str) -> None:
    whole = await get(gateway, f"boxes?sort={sort}&limit=500")
    seen: list[str] = []
    cursor = ""
    while True:
        page = await get(gateway, f"boxes?sort={sort}&limit=5{cursor}")
        seen += [item["box_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [item["box_id"] for item in whole["items"]]
    assert len(set(seen)) == 13


async def test_lists_keep_to_the_regions_of_the_token(gateway: RunningService) -> None:
    assert len((await get(gateway, "tps", regions=(KELURAHAN[0],)))["items"]) == 3
    assert len((await get(gateway, "tps", regions=("32.71.06", "32.71.01")))["items"]) == 6
    own = await get(gateway, "tps", Role.KPPS, regions=(f"{KELURAHAN[0]}.002",))
    assert [item["tps_code"] for item in own["items"]] == [f"{KELURAHAN[0]}.002"]
    assert len((await get(gateway, "tps?region=32.71.06"))["items"]) == 3
    assert len((await get(gateway, f"boxes?region={KELURAHAN[0]}.001"))["items"]) == 3
    assert (await get(gateway, "tps", regions=("32.73",)))["items"] == []
    assert await refused(gateway, "tps?region=32.71", regions=("32.71.06",)) == (403, "region-not-covered")
    assert await refused(gateway, "tps?region=32.7") == (400, "invalid-parameter")
    assert (await get(gateway, "tps?region=*"))["items"]
    assert await refused(gateway, "tps?region=*", regions=("32",)) == (403, "region-not-covered")


async def test_lists_want_their_scopes(gateway: RunningService) -> None:
    for name in set(LISTS) - {"tps"}:
        assert await refused(gateway, name, Role.OBSERVER) == (403, "scope-missing")
        assert (await gateway.client.get(f"{BASE}/{name}")).status_code == 401


async def test_parameters_are_checked(gateway: RunningService) -> None:
    assert await refused(gateway, "tps?stat=x") == (400, "unknown-parameter")
    assert await refused(gateway, "tps?state=open") == (400, "invalid-parameter")
    assert await refused(gateway, "tps?sort=name") == (400, "invalid-parameter")
    assert await refused(gateway, "tps?fields=nik") == (400, "invalid-parameter")
    assert await refused(gateway, "tps?limit=501") == (422, "invalid-payload")
    assert await refused(gateway, "tps?cursor=abc") == (400, "cursor-invalid")
    page = await get(gateway, "boxes?limit=1")
    assert await refused(gateway, f"tps?cursor={page['next_cursor']}") == (400, "cursor-invalid")
    assert await refused(gateway, f"boxes?sort=-code&cursor={page['next_cursor']}") == (400, "cursor-invalid")


async def test_filters(gateway: RunningService, story: Story) -> None:
    assert {item["state"] for item in (await get(gateway, "boxes?state=void"))["items"]} == {"void"}
    assert [item["state"] for item in (await get(gateway, "tasks?state=assigned"))["items"]] == ["assigned"]
    assert (await get(gateway, "tasks?state=done"))["items"] == []
    latest = max(e.envelope.recorded_at for e in story.events if e.envelope.aggregate.startswith("box/"))
    when = latest.isoformat().replace("+00:00", "Z")
    assert len((await get(gateway, f"boxes?updated_since={when}"))["items"]) == 1
    assert (await get(gateway, "incidents"))["items"][0]["overdue"] in (True, False)


async def test_fields_and_csv(gateway: RunningService) -> None:
    page = await get(gateway, "tps?fields=tps_code,place&limit=1")
    assert page["items"] == [{"tps_code": f"{KELURAHAN[1]}.001", "place": "SDN Contoh"}]
    answer = await gateway.client.get(
        f"{BASE}/tps?limit=2", headers=bearer(Role.DESK) | {"Accept": "text/csv, application/json;q=0.5"}
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'rel="next"' in answer.headers["Link"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["tps_code"] for row in rows] == [f"{KELURAHAN[1]}.001", f"{KELURAHAN[1]}.002"]
    assert rows[0]["dpt_men"] == "250"


async def test_a_formula_is_text_in_csv(gateway: RunningService, story: Story) -> None:
    place = places(3)[5]
    evil = registered(place).model_copy(update={"place": '=HYPERLINK("http://x")'})
    await play(gateway, [story.tell(evil, place.id, tps=place)])
    answer = await gateway.client.get(
        f"{BASE}/tps?region={place.code}&fields=place", headers=bearer(Role.DESK) | {"Accept": "text/csv"}
    )
    assert list(csv.reader(io.StringIO(answer.text)))[1] == ['\'=HYPERLINK("http://x")']
    assert [cell(value) for value in ("-1+2", "@x", "\t=1", "a=1", -6.5)] == [
        "'-1+2",
        "'@x",
        "'\t=1",
        "a=1",
        -6.5,
    ]


async def test_a_tps_is_listed_with_its_day(gateway: RunningService) -> None:
    (item,) = (await get(gateway, f"tps?region={KELURAHAN[0]}.001"))["items"]
    assert item["kpu_code"] == "3271061002001"
    assert (item["voted_slot"], item["voted_total"]) == ("final", 210)
    assert (item["hazard_class"], item["boxes_state"], item["forms"][MAYOR]) == (
        "high",
        "complete",
        "verified",
    )
    (hidden,) = (await get(gateway, f"tps?region={KELURAHAN[0]}.001", Role.OBSERVER))["items"]
    assert (hidden["hazard_class"], hidden["boxes_state"], hidden["boxes_needed"]) == (None, None, None)
    assert hidden["voted_total"] == 210


async def test_the_map_has_every_tps(gateway: RunningService) -> None:
    found = await get(gateway, "tps.geojson?region=32.71")
    assert found["type"] == "FeatureCollection"
    assert len(found["features"]) == 6
    assert found["features"][0]["geometry"]["coordinates"] == [106.8, -6.56], "longitude first"
    properties = {feature["properties"]["code"]: feature["properties"] for feature in found["features"]}
    assert properties[f"{KELURAHAN[0]}.001"]["hazard_class"] == "high"
    assert properties[f"{KELURAHAN[0]}.001"]["forms_in"] == 2
    seen: list[str] = []
    cursor = ""
    while True:
        part = await get(gateway, f"tps.geojson?limit=4{cursor}")
        seen += [feature["id"] for feature in part["features"]]
        if part["next_cursor"] is None:
            break
        cursor = f"&cursor={part['next_cursor']}"
    assert seen == sorted(properties)
    hidden = await get(gateway, "tps.geojson?region=32.71", Role.OBSERVER)
    assert {feature["properties"]["hazard_class"] for feature in hidden["features"]} == {None}


async def test_one_tps_as_all_services_see_it(gateway: RunningService) -> None:
    found = await get(gateway, f"tps/{KELURAHAN[0]}.001/situation")
    assert found["hidden"] == []
    assert len(found["boxes"]) == 3
    assert {risk["kind"] for risk in found["risks"]} == {"hazard", "security"}
    assert found["crew"]["kpps"]["named"] == 7
    assert found["supply"]["held"]["complete"] is True
    assert {one["category"] for one in found["incidents"]} == {"disaster"}
    assert len(found["problems"]) == len(found["advice"]) == len(found["tasks"]) == 1
    forms = {form["contest"]: form for form in found["forms"]}
    assert forms[MAYOR]["standing"]["figures"]["votes"] == {"1": 30, "2": 50, "3": 20}
    by_kpu = await get(gateway, "tps/3271061002001/situation")
    assert by_kpu["tps"]["tps_code"] == f"{KELURAHAN[0]}.001"
    assert await refused(gateway, f"tps/{KELURAHAN[0]}.999/situation") == (503, "not-caught-up")


async def test_votes_of_a_tps_are_withheld_too(gateway: RunningService) -> None:
    found = await get(gateway, f"tps/{KELURAHAN[0]}.001/situation", Role.POLICE)
    standing = {form["contest"]: form["standing"] for form in found["forms"]}[MAYOR]
    assert "votes" not in standing["figures"]
    assert standing["figures"]["kpps_signatures"] == 7
    hidden = await get(gateway, f"tps/{KELURAHAN[0]}.001/situation", Role.OBSERVER)
    assert hidden["incidents"] is hidden["boxes"] is hidden["crew"] is hidden["risks"] is None
    assert set(hidden["hidden"]) >= {"boxes", "crew", "incidents", "risks", "supply", "tasks"}
    assert all(form["standing"] is None for form in hidden["forms"])


async def test_a_held_form_tells_no_number_of_votes_before_they_are_public(
    gateway: RunningService, story: Story
) -> None:
    place = places(3)[1]
    one = tally_id(place, GOVERNOR)
    held = verified(place, GOVERNOR, [70011, 60023], held=True, number=2, invalid=50321)
    found = FormFinding(code="E-CAND-SUM", where="valid", written=90047, expected=130034)
    held = held.model_copy(update={"findings": [found]})
    await play(gateway, [story.tell(held, one, tps=place, contest=GOVERNOR)])
    secrets = {"70011", "60023", "50321", "90047", "130034"}
    paths = [
        f"tps/{place.code}/situation",
        f"tps?region={place.code}",
        f"tps.geojson?region={KELURAHAN[0]}",
        f"regions/{KELURAHAN[0]}/results?children=true",
        f"regions/{KELURAHAN[0]}/overview",
        "events?limit=1000",
    ]
    for role in (Role.OBSERVER, Role.POLICE, Role.VERIFIER):
        for path in paths:
            for accept in ("application/json", "text/csv"):
                headers = {**bearer(role, regions=["*"]), "Accept": accept}
                answer = await gateway.client.get(f"{BASE}/{path}", headers=headers)
                assert answer.status_code == 200, answer.text
                assert not secrets & set(re.findall(r"\b\d+\b", answer.text)), (role, path)
    forms = {form["contest"]: form for form in (await get(gateway, paths[0], Role.POLICE))["forms"]}
    assert forms[GOVERNOR]["state"] == "held"
    (told,) = forms[GOVERNOR]["standing"]["findings"]
    assert (told["code"], told["written"], told["expected"]) == ("E-CAND-SUM", None, None)
    early = {form["contest"]: form for form in (await get(gateway, paths[0], Role.MINISTRY))["forms"]}
    assert early[GOVERNOR]["standing"]["findings"][0]["written"] == 90047
    seen = [
        f["state"] for f in (await get(gateway, paths[0], Role.OBSERVER))["forms"] if f["contest"] == GOVERNOR
    ]
    assert seen == ["not_verified"]
    back = verified(place, GOVERNOR, [60, 41], number=3)
    await play(gateway, [story.tell(back, one, tps=place, contest=GOVERNOR)])


async def test_a_tps_is_found_by_the_code_that_it_had_before(gateway: RunningService, story: Story) -> None:
    place = places(3)[5]
    moved = registered(place).model_copy(
        update={"tps_code": f"{KELURAHAN[1]}.077", "former_codes": [place.code]}
    )
    await play(gateway, [story.tell(moved, place.id, tps=place)])
    found = await get(gateway, f"tps/{place.code}/situation")
    assert found["tps"]["tps_code"] == f"{KELURAHAN[1]}.077"
    assert len(found["boxes"]) == 2
    await play(gateway, [story.tell(registered(place), place.id, tps=place)])


async def test_of_two_that_had_a_code_the_last_has_it(gateway: RunningService, story: Story) -> None:
    first, second = places(3)[4], places(3)[2]
    code, beside = f"{KELURAHAN[0]}.501", f"{KELURAHAN[0]}.502"
    for place, former in ((first, [code, beside]), (second, [code])):
        moved = registered(place).model_copy(update={"former_codes": former})
        await play(gateway, [story.tell(moved, place.id, tps=place)])
    found = await get(gateway, f"tps/{code}/situation")
    assert found["tps"]["tps_code"] == second.code
    for place in (second, first):
        await play(gateway, [story.tell(registered(place), place.id, tps=place)])
    assert await refused(gateway, f"tps/{code}/situation") == (503, "not-caught-up")
