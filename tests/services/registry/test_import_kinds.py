"""Every kind of import, and a worker that dies in the middle."""

import asyncio

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from services.registry.consumers.imports import ImportWorker
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, CSV, counts, ended, send, table, told, tps_rows


async def test_risks_of_many_tps(registry: RunningService) -> None:
    await send(registry, table(tps_rows("32.71.02.1001", 20)))
    columns = ("tps_code", "kind", "risk_class", "indicators", "as_of")
    rows = [
        [f"32.71.02.1001.{n:03d}", "hazard", "tinggi", "banjir; longsor", "2024-10-15"] for n in range(1, 21)
    ]
    rows += [
        ["32.71.02.1001.001", "security", "rawan", "", "2024-10-15"],
        ["32.71.02.1001.099", "hazard", "low", "", "2024-10-15"],
    ]
    done = await send(registry, table(rows, columns), kind="risks", role=Role.BPBD)
    assert counts(done) == ("done", 22, 20, 0, 0, 2)
    assert await told(registry, done) == {22: ["enum"], 23: ["tps-unknown"]}
    standing = (
        await registry.client.get(f"{BASE}/tps/32.71.02.1001.007/risks", headers=bearer(Role.BPBD))
    ).json()["items"]
    assert (standing[0]["risk_class"], standing[0]["indicators"], standing[0]["source"]) == (
        "high",
        ["banjir", "longsor"],
        "KPU Kota Bogor",
    )
    assert counts(await send(registry, table(rows[:20], columns), kind="risks", role=Role.BPBD)) == (
        "done",
        20,
        0,
        0,
        20,
        0,
    )
    older = [[*row[:4], "2024-09-01"] for row in rows[:2]]
    assert await told(registry, await send(registry, table(older, columns), kind="risks")) == {
        2: ["assessment-older"],
        3: ["assessment-older"],
    }


async def test_rosters_of_many_tps(registry: RunningService) -> None:
    await send(registry, table(tps_rows("32.71.02.1002", 3)))
    columns = ("tps_code", "duty", "slot", "person", "display_name", "trained")
    rows = [
        [f"32.71.02.1002.{tps:03d}", duty, slot, f"{duty}-{tps}-{slot}", f"Nama Rekaan {tps} {slot}", trained]
        for tps in (1, 2, 3)
        for duty, slots, trained in (("kpps", 7, "ya"), ("linmas", 2, "belum"), ("ptps", 1, ""))
        for slot in range(1, slots + 1)
    ]
    broken = [["32.71.02.1002.001", "kpps", 8, "p", "N", ""], ["32.71.02.1002.001", "saksi", 1, "p", "N", ""]]
    done = await send(registry, table([*rows, *broken], columns), kind="officers")
    assert counts(done) == ("done", 32, 30, 0, 0, 2)
    assert await told(registry, done) == {32: ["slot-unknown"], 33: ["enum"]}
    assert counts(await send(registry, table(rows, columns), kind="officers")) == ("done", 30, 0, 0, 30, 0)
    roster = (
        await registry.client.get(f"{BASE}/tps/32.71.02.1002.003/officers", headers=bearer(Role.DESK))
    ).json()
    assert (roster["kpps"]["trained"], roster["linmas"]["trained"], roster["ptps"]["training_unknown"]) == (
        7,
        0,
        1,
    )
    swap = [
        ["32.71.02.1002.001", "kpps", 1, "kpps-2-1", "Nama Rekaan 2 1", "ya"],
        ["32.71.02.1002.002", "kpps", 1, "kpps-1-1", "Nama Rekaan 1 1", "ya"],
    ]
    assert counts(await send(registry, table(swap, columns), kind="officers")) == ("done", 2, 0, 2, 0, 0)
    taken = [
        ["32.71.02.1002.001", "kpps", 2, "kpps-3-2", "Nama", ""],
        ["32.71.02.1002.001", "kpps", 3, "", "", ""],
    ]
    done = await send(registry, table(taken, columns), kind="officers")
    assert counts(done) == ("done", 2, 0, 1, 0, 1)
    assert await told(registry, done) == {2: ["officer-elsewhere"]}
    assert not await registry.sql("select person from officer group by election, person having count(*) > 1")


async def test_facilities(registry: RunningService) -> None:
    columns = ("code", "name", "region_code", "contact_status", "contacted_on")
    rows = [
        ["3271104", "RS Umum Daerah Kota Bogor", "32.71", "contacted", "2024-10-28"],
        ["LP-1", "Lapas Paledang", "32.71.03", "", ""],
        ["X", "Jauh", "35.78", "", ""],
    ]
    done = await send(registry, table(rows, columns), kind="facilities", role=Role.HEALTH)
    assert counts(done) == ("done", 3, 1, 1, 0, 1)
    assert await told(registry, done) == {4: ["region-not-covered"]}
    known = (await registry.client.get(f"{BASE}/facilities/3271104", headers=bearer(Role.HEALTH))).json()
    assert (known["contact_status"], known["beds"]) == ("contacted", 158)


async def test_another_worker_goes_on_behind_the_cursor(registry: RunningService) -> None:
    """Workers die after every chunk; each row is taken in once all the same."""
    registry.app.state.import_worker.poke = lambda: None
    database, clock = registry.app.state.database, registry.app.state.clock
    dying = [
        ImportWorker(database, clock=clock, chunk_rows=7, voter_chunk_rows=7, keys=None) for _ in range(3)
    ]
    tasks = [asyncio.ensure_future(worker.run()) for worker in dying]
    content = table(tps_rows("32.71.03.1001", 200))
    headers = bearer(Role.DESK) | {"Content-Type": CSV}
    answer = await registry.client.post(
        f"{BASE}/imports?kind=tps&source=KPU", content=content, headers=headers
    )
    path = f"{BASE}/imports/{answer.json()['id']}"
    killed, mark = 0, 0
    while (state := (await registry.client.get(path, headers=bearer(Role.DESK))).json())["state"] != "done":
        if int(state["rows_read"]) > mark and killed < 3:
            mark = int(state["rows_read"])
            tasks[killed].cancel()
            killed += 1
            await registry.sql("select 1")
            async with database.transaction(EVERYWHERE) as uow:  # its lease runs out at once
                await uow.execute("update import set lease_until = '2020-01-01' where state = 'running'")
        await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    assert counts(state) == ("done", 200, 200, 0, 0, 0)
    rows = await registry.sql(
        "select count(*) as n, count(distinct aggregate) as tps from outbox where body like '%\"32.71.03.1001.%'"
    )
    assert (rows[0]["n"], rows[0]["tps"]) == (200, 200)


async def test_nobody_is_told_what_is_personal_in_a_file(registry: RunningService) -> None:
    """A row and the word of the file alike: what goes into the register goes on to events and lists."""
    columns = ("tps_code", "place", "address", "dpt_men", "dpt_women")
    code = "32.71.03.1002.001"
    rows = [[code, "Rumah 32.71.06.450890.0001", "hubungi 0812-3456-7890", 250, 250]]
    headers = bearer(Role.DESK) | {"Content-Type": CSV}
    answer = await registry.client.post(
        f"{BASE}/imports",
        params={"kind": "tps", "source": "budi@contoh.go.id"},
        content=table(rows, columns),
        headers=headers,
    )
    done = await ended(registry, answer.json()["id"])
    assert (done["state"], done["created"], done["source"]) == ("done", 1, "[email]")
    known = (await registry.client.get(f"{BASE}/tps/{code}", headers=bearer(Role.DESK))).json()
    assert (known["place"], known["address"], known["source"]) == (
        "Rumah [nik]",
        "hubungi [phone]",
        "[email]",
    )
    (event,) = await registry.sql("select body from outbox where body like $1", f'%"{code}"%')
    assert "[phone]" in str(event["body"])
    assert "450890" not in str(event["body"])


@pytest.mark.parametrize("role", [Role.POLICE, Role.BPBD, Role.HEALTH])
async def test_an_agency_names_no_officers_by_a_file(registry: RunningService, role: Role) -> None:
    content = b"tps_code,duty,slot,person,display_name\n32.71.01.1001.001,kpps,1,penyusup,Penyusup\n"
    answer = await registry.client.post(
        f"{BASE}/imports?kind=officers&source=x",
        content=content,
        headers=bearer(role) | {"Content-Type": "text/csv"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
