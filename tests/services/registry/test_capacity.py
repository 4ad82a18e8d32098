"""How full TPS are, proposals to split and merge them, and that accepting one cuts no family and loses nobody."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer, running_service
from tests.infrastructure import drop_database, make_database
from tests.services.registry.conftest import EVE, define
from tests.services.registry.electorate import COLUMNS, as_csv, ask, enrol, keys_file, person
from tests.services.registry.files import BASE, send, table, tps_rows
from tests.services.registry.keeping import last_counts

KELURAHAN = "32.71.02.1001"
MORE = (*COLUMNS, "family_number", "canary")
REGISTERED = [(7, 9), (10, 3), (1, 2), (0, 0), (0, 0), (4, 4)]
"""Men and women of the kelurahan's TPS: the second's list has fewer, the sixth's none."""
EVIDENCE = "Berita acara contoh 3/2024"


def tps(number: int, kelurahan: str = KELURAHAN) -> str:
    return f"{kelurahan}.{number:03}"


def household(first: int, size: int, at: str) -> list[dict[str, str]]:
    """Return a family of some voters at a TPS."""
    number = f"99710645{first:08}"
    return [dict(person(first + n, tps_code=at, family_number=number)) for n in range(size)]


@pytest.fixture
async def crowded(tmp_path: Path) -> AsyncIterator[RunningService]:
    """A registry whose TPS may have twelve voters: one has sixteen, two have few, one of another kelurahan has few."""
    url = await asyncio.to_thread(make_database, "registry")
    async with running_service(
        "registry",
        database_url=url,
        kafka=None,
        desk_time=EVE,
        voter_keys_file=keys_file(tmp_path),
        voter_lookup_floor_s=0.001,
    ) as service:
        await define(service)
        version = (await service.client.get(BASE, headers=bearer(Role.ADMIN))).headers["etag"]
        body = {
            "name": "Pilkada",
            "region_code": "32.71",
            "voting_date": "2024-11-27",
            "settings": {"max_voters_per_tps": {"value": 12, "source": "contoh"}},
        }
        changed = await service.client.put(
            BASE, json=body, headers=bearer(Role.ADMIN) | {"If-Match": version}
        )
        assert changed.is_success, changed.text
        rows = [*tps_rows(KELURAHAN, 6), *tps_rows("32.71.02.1002", 1)]
        for row, dpt in zip(rows, REGISTERED, strict=False):
            row[5:7] = dpt
        await send(service, table(rows))
        full = [*household(0, 5, tps(1)), *household(10, 4, tps(1)), *household(20, 4, tps(1))]
        full += [dict(person(n, tps_code=tps(1))) for n in (30, 31, 32)]
        few = [
            *household(40, 2, tps(2)),
            *household(50, 3, tps(3)),
            *household(60, 2, tps(1, "32.71.02.1002")),
        ]
        canary = dict(person(70, tps_code=tps(1), canary="ya"))
        done = await enrol(service, as_csv([*full, *few, canary], MORE))
        assert done["created"] == 24
        yield service
    await asyncio.to_thread(drop_database, url)


async def asked(registry: RunningService, path: str, *, region: str = "32.71") -> httpx.Response:
    return await registry.client.get(f"{BASE}{path}", headers=bearer(Role.OPERATOR, regions=[region]))


async def told_to(registry: RunningService, code: str, what: str, body: dict[str, object]) -> httpx.Response:
    headers = bearer(Role.OPERATOR, regions=["32.71"])
    return await registry.client.post(f"{BASE}/tps/{code}/voters:{what}", json=body, headers=headers)


async def proposals(registry: RunningService, merge_below: int = 4) -> dict[str, object]:
    path = f"/kelurahan/{KELURAHAN}/capacity-proposals?merge_below={merge_below}"
    return (await asked(registry, path)).json()


async def test_who_is_above_the_limit_is_told_and_what_could_be_done(crowded: RunningService) -> None:
    out = (await asked(crowded, "/regions/32.71/capacity")).json()
    assert (out["tps"], out["tps_without_list"], out["over_total"]) == (7, 3, 1)
    assert out["over"] == [{"tps_code": tps(1), "voters": 16, "over_by": 4}]
    assert out["differing_total"] == 2, "who has no list yet differs from nothing"
    assert out["differing"] == [
        {"tps_code": tps(1, "32.71.02.1002"), "voters": 2, "dpt_total": 501},
        {"tps_code": tps(2), "voters": 2, "dpt_total": 13},
    ]
    assert out["short_total"] == 0
    assert out["limit"] == {"value": 12, "source": "contoh"}
    found = await proposals(crowded)
    assert found["splits"] == [
        {
            "tps_code": tps(1),
            "voters": 16,
            "parts": [{"voters": 8, "families": 4}, {"voters": 8, "families": 2}],
        }
    ]
    assert found["merges"] == [{"tps_code": tps(2), "into": tps(3), "voters": 5}], "of one kelurahan alone"
    assert (found["families_in_several_tps"], found["voters_without_family"]) == (0, 3)
    assert "9971" not in str(found)


async def test_it_is_the_keepers_of_the_region(crowded: RunningService) -> None:
    for path in ("/regions/32.71/capacity", f"/kelurahan/{KELURAHAN}/capacity-proposals"):
        assert (await asked(crowded, path, region="32.73")).json()["code"] == "region-not-covered"
        answer = await crowded.client.get(f"{BASE}{path}", headers=bearer(Role.DESK))
        assert answer.json()["code"] == "scope-missing"
    assert (await asked(crowded, "/kelurahan/32.71/capacity-proposals")).status_code == 422


async def test_what_does_not_fit_the_proposal_is_refused(crowded: RunningService) -> None:
    before = await crowded.sql("select id, tps_id from voter order by id")
    for into, expected, code in (
        ([tps(4)], 15, "precondition-failed"),
        ([tps(4), tps(5)], 16, "invalid-payload"),
        ([tps(1, "32.71.02.1002")], 16, "invalid-payload"),
        ([tps(2)], 16, "nothing-to-reassign"),
        ([tps(1)], 16, "invalid-payload"),
        ([tps(9)], 16, "tps-unknown"),
    ):
        body: dict[str, object] = {"into": into, "expected_voters": expected, "evidence": EVIDENCE}
        assert (await told_to(crowded, tps(1), "split", body)).json()["code"] == code, into
    assert await crowded.sql("select id, tps_id from voter order by id") == before


async def test_a_split_and_a_merge_keep_families_whole_and_are_written_down(crowded: RunningService) -> None:
    body: dict[str, object] = {"into": [tps(4)], "expected_voters": 16, "evidence": EVIDENCE}
    done = await told_to(crowded, tps(1), "split", body)
    assert [(each["tps_code"], each["voters"]) for each in done.json()["items"]] == [(tps(1), 8), (tps(4), 8)]
    cut = await crowded.sql(
        "select family_index from voter where family_index is not null group by 1 having count(distinct tps_id) > 1"
    )
    assert not cut
    (kept,) = await crowded.sql("select count(*) as n from voter where not canary")
    assert kept["n"] == 23
    history = await crowded.sql("select from_tps, to_tps from voter_change where kind = 'reassigned'")
    assert len(history) == 8
    merging: dict[str, object] = {"into": tps(3), "expected_voters": 5, "evidence": EVIDENCE}
    merged = await told_to(crowded, tps(2), "merge", merging)
    assert [(e["tps_code"], e["voters"]) for e in merged.json()["items"]] == [(tps(2), 0), (tps(3), 5)]
    found = await ask(crowded, person(40)["nik"], person(40)["name"])
    assert found.json()["tps"]["tps_code"] == tps(3)
    too_many: dict[str, object] = {"into": tps(1), "expected_voters": 13, "evidence": EVIDENCE}
    assert (await told_to(crowded, tps(3), "merge", too_many)).json()["code"] == "nothing-to-reassign"
    again: dict[str, object] = {"into": [tps(5)], "expected_voters": 8, "evidence": EVIDENCE}
    assert (await told_to(crowded, tps(1), "split", again)).json()["code"] == "nothing-to-reassign"
    assert (await proposals(crowded))["splits"] == []
    assert (await asked(crowded, "/regions/32.71/capacity")).json()["over"] == []


async def registered(registry: RunningService, code: str) -> tuple[int, int]:
    """Return what the last event says that a TPS is registered with: that is what boxes and forms go by."""
    rows = await registry.sql(
        "select body from outbox where type like '%tps.registered%' and body::jsonb->>'tps_code' = $1"
        " order by version desc limit 1",
        code,
    )
    body = json.loads(str(rows[0]["body"]))
    answer = await registry.client.get(f"{BASE}/tps/{code}", headers=bearer(Role.DESK))
    assert (answer.json()["dpt_men"], answer.json()["dpt_women"]) == (body["dpt_men"], body["dpt_women"])
    return body["dpt_men"], body["dpt_women"]


async def on_the_list(registry: RunningService, code: str) -> tuple[int, int]:
    counts = await last_counts(registry, code)
    return counts["dpt"]["men"], counts["dpt"]["women"]


async def test_voters_of_a_split_take_their_figures_along(crowded: RunningService) -> None:
    body: dict[str, object] = {"into": [tps(4)], "expected_voters": 16, "evidence": EVIDENCE}
    done = (await told_to(crowded, tps(1), "split", body)).json()
    here, there = await registered(crowded, tps(1)), await registered(crowded, tps(4))
    assert (sum(here), sum(there)) == (8, 8)
    assert (here[0] + there[0], here[1] + there[1]) == REGISTERED[0], "the sum is the commission's"
    assert (here, there) == (await on_the_list(crowded, tps(1)), await on_the_list(crowded, tps(4)))
    assert [(each["dpt_men"], each["dpt_women"], each["findings"]) for each in done["items"]] == [
        (*here, []),
        (*there, []),
    ]
    history = await crowded.client.get(f"{BASE}/tps/{tps(4)}/history", headers=bearer(Role.DESK))
    assert history.json()["items"][0]["reason"] == "Pemilih dibagi ke beberapa TPS (D1)."


async def test_a_merge_adds_what_both_are_registered_with(crowded: RunningService) -> None:
    merging: dict[str, object] = {"into": tps(3), "expected_voters": 5, "evidence": EVIDENCE}
    done = (await told_to(crowded, tps(2), "merge", merging)).json()
    assert (await registered(crowded, tps(2)), await registered(crowded, tps(3))) == ((0, 0), (11, 5))
    assert [each["findings"] for each in done["items"]] == [[], ["W-TPS-LIST"]], "the list had fewer before"


async def test_what_the_commission_has_told_already_is_left_as_it_is(crowded: RunningService) -> None:
    events = "select count(*) as n from outbox where type like '%tps.registered%'"
    (before,) = await crowded.sql(events)
    body: dict[str, object] = {"into": [tps(6)], "expected_voters": 16, "evidence": EVIDENCE}
    done = (await told_to(crowded, tps(1), "split", body)).json()
    assert [(e["voters"], e["dpt_men"], e["dpt_women"], e["findings"]) for e in done["items"]] == [
        (8, 7, 9, ["W-TPS-LIST"]),
        (8, 4, 4, []),
    ]
    assert (await crowded.sql(events))[0]["n"] == before["n"]
    differing = (await asked(crowded, f"/regions/{KELURAHAN}/capacity")).json()["differing"]
    assert {"tps_code": tps(1), "voters": 8, "dpt_total": 16} in differing


async def test_who_has_fewer_ballots_than_voters_is_told_before_walk_ins_come(
    crowded: RunningService,
) -> None:
    """The third TPS is registered with 3 and gets 4 ballots (D2); its list has 3, and people move in."""
    path = f"/regions/{tps(3)[:13]}/capacity"
    for number in (80, 81):
        assert (await asked(crowded, path)).json()["short"] == []
        await enrol(crowded, as_csv([person(number, tps_code=tps(3), kind="pindahan")]))
    out = (await asked(crowded, path)).json()
    assert (out["short_total"], out["short"]) == (1, [{"tps_code": tps(3), "voters": 5, "ballots": 4}])
