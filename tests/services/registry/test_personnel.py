"""Personnel of police and army, by operation, agency and place."""

from contracts.access import Role
from contracts.registry_people_events import PersonnelChanged
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, send, table, told, tps_rows

FORCE = {"planned": 12, "present": 10, "trained": 12, "source": "Polresta Contoh", "as_of": "2024-11-20"}
OPERATION = f"{BASE}/personnel/mantap-praja-2024"


def police(tag: str | None = None, *, regions: tuple[str, ...] = ("32.71",)) -> dict[str, str]:
    return bearer(Role.POLICE, regions=regions) | ({"If-Match": tag} if tag else {})


async def test_an_operation_tells_of_its_personnel(registry: RunningService) -> None:
    path = f"{OPERATION}/polri/32.71.04"
    made = await registry.client.put(path, json=FORCE, headers=police())
    assert made.status_code == 201, made.text
    same = await registry.client.put(path, json=FORCE, headers=police())
    assert (same.status_code, same.json()["outcome"]) == (200, "unchanged")
    more = FORCE | {"present": 15}
    assert (await registry.client.put(path, json=more, headers=police())).status_code == 428
    done = await registry.client.put(path, json=more, headers=police(made.headers["ETag"]))
    assert (done.status_code, done.json()["version"]) == (200, 2)
    rows = await registry.sql(
        "select body, data_class from outbox where type like '%personnel%' order by seq"
    )
    last = PersonnelChanged.model_validate_json(str(rows[-1]["body"]))
    assert (last.region_code, last.tps_code, last.present) == ("32.71.04", None, 15)
    assert rows[-1]["data_class"] == "operational"
    seen = await registry.client.get(path, headers=bearer(Role.CAMAT))
    assert (seen.json()["present"], seen.headers["ETag"]) == (15, '"2"')


async def test_what_is_refused(registry: RunningService) -> None:
    path = f"{OPERATION}/tni/32.71.04"
    many = await registry.client.put(path, json=FORCE | {"trained": 13}, headers=police())
    assert (many.status_code, many.json()["errors"][0]["code"]) == (422, "more-than-there-are")
    away = await registry.client.put(path, json=FORCE, headers=police(regions=("35.78",)))
    assert away.status_code == 403
    assert (await registry.client.put(path, json=FORCE, headers=bearer(Role.CAMAT))).status_code == 403
    other = await registry.client.put(f"{OPERATION}/satpam/32.71.04", json=FORCE, headers=police())
    assert other.status_code == 422
    nowhere = await registry.client.put(f"{OPERATION}/tni/32.71.99", json=FORCE, headers=police())
    assert nowhere.json()["code"] == "region-unknown"
    unknown = await registry.client.get(path, headers=police())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "personnel-unknown")


async def test_personnel_comes_in_files(registry: RunningService) -> None:
    kelurahan = "32.71.04.1002"
    await send(registry, table(tps_rows(kelurahan, 1)))
    columns = ("operation", "agency", "place_code", "planned", "present", "trained", "as_of")
    rows = [
        ["aman-2024", "polri", f"{kelurahan}.001", 2, "", "", "2024-11-20"],
        ["aman-2024", "tni", "32.71.04", 4, 4, 4, "2024-11-20"],
        ["aman-2024", "tni", "32.71.05", 4, 4, 5, "2024-11-20"],
        ["aman-2024", "tni", "35.78", 4, 4, 4, "2024-11-20"],
        ["aman-2024", "tni", "32.71.99", 4, 4, 4, "2024-11-20"],
    ]
    done = await send(registry, table(rows, columns), kind="personnel", role=Role.POLICE)
    assert counts(done) == ("done", 5, 2, 0, 0, 3)
    assert await told(registry, done, role=Role.POLICE) == {
        4: ["more-than-there-are"],
        5: ["region-not-covered"],
        6: ["place-unknown"],
    }
    again = await send(registry, table(rows[:2], columns), kind="personnel", role=Role.POLICE)
    assert counts(again) == ("done", 2, 0, 0, 2, 0)
