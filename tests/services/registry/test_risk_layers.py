"""A layer is laid over the points of TPS: what it does not say is not known, and never low."""

import json

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, ended, send, table, told
from tests.services.registry.shapes import box, feature

COLUMNS = ("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women")
PATH = f"{BASE}/risk-layers/imports"
LAYER = {"kind": "hazard", "source": "BPBD Kota Bogor (contoh)", "as_of": "2024-10-15"}


def polygons(*features: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "layer": LAYER | more, "features": list(features)}


async def register(registry: RunningService, kelurahan: str, points: list[tuple[object, object]]) -> None:
    rows = [
        [f"{kelurahan}.{n:03}", "Balai", f"Jalan {n}", lat, lon, 250, 250]
        for n, (lat, lon) in enumerate(points, start=1)
    ]
    assert counts(await send(registry, table(rows, COLUMNS)))[0] == "done"


async def lay(
    registry: RunningService, body: dict[str, object], region: str, *, dry_run: bool = False
) -> dict[str, object]:
    headers = bearer(Role.BPBD, regions=[region]) | {"Content-Type": "application/geo+json"}
    answer = await registry.client.post(
        f"{PATH}?dry_run={str(dry_run).lower()}", content=json.dumps(body), headers=headers
    )
    assert answer.status_code == 202, answer.text
    return await ended(registry, answer.json()["id"])


async def hazards(registry: RunningService, kelurahan: str, count: int) -> list[object]:
    found: list[object] = []
    for n in range(1, count + 1):
        answer = await registry.client.get(f"{BASE}/tps/{kelurahan}.{n:03}/risks", headers=bearer(Role.BPBD))
        items = {item["kind"]: item["risk_class"] for item in answer.json()["items"]}
        found.append(items.get("hazard"))
    return found


RIVER = box(106.60, -6.60, 106.62, -6.58)
DELTA = box(106.61, -6.60, 106.63, -6.58)
POINTS: list[tuple[object, object]] = [
    (-6.59, 106.605),
    (-6.59, 106.615),
    (-6.59, 106.625),
    (-6.59, 106.66),
    ("", ""),
    (-6.59, 106.60),
]


async def test_what_a_layer_does_not_say_is_not_known(registry: RunningService) -> None:
    kelurahan = "32.71.01.1003"
    await register(registry, kelurahan, POINTS)
    low, high = (
        feature(RIVER, **{"class": "rendah"}),
        feature(DELTA, **{"class": "high", "indicators": ["Sungai"]}),
    )
    trial = await lay(registry, polygons(low, high), kelurahan, dry_run=True)
    assert counts(trial) == ("done", 6, 4, 0, 0, 2)
    assert await hazards(registry, kelurahan, 6) == [None] * 6
    done = await lay(registry, polygons(low, high), kelurahan)
    assert (counts(done), done["source"], done["kind"]) == (
        ("done", 6, 4, 0, 0, 2),
        "BPBD Kota Bogor (contoh)",
        "risk_layer",
    )
    assert await hazards(registry, kelurahan, 6) == ["low", "high", "high", None, None, "low"], (
        "the worst counts"
    )
    assert await told(registry, done) == {4: ["outside-layer"], 5: ["tps-no-point"]}
    rows = await registry.client.get(f"{BASE}/imports/{done['id']}/rows", headers=bearer(Role.DESK))
    assert f"TPS {kelurahan}.005 has no point" in rows.text
    assert counts(await lay(registry, polygons(low, high), kelurahan)) == ("done", 6, 0, 0, 4, 2)
    older = await lay(registry, polygons(high, as_of="2024-09-01"), kelurahan)
    assert await told(registry, older) == {
        1: ["outside-layer"],
        2: ["assessment-older"],
        3: ["assessment-older"],
        4: ["outside-layer"],
        5: ["tps-no-point"],
        6: ["outside-layer"],
    }
    assert await hazards(registry, kelurahan, 6) == ["low", "high", "high", None, None, "low"]


async def test_the_rest_has_a_class_only_within_the_extent_that_the_layer_names(
    registry: RunningService,
) -> None:
    kelurahan = "32.71.01.1004"
    await register(registry, kelurahan, POINTS)
    body = polygons(
        feature(DELTA, **{"class": "tinggi"}), rest_class="low", extent=box(106.60, -6.60, 106.64, -6.58)
    )
    done = await lay(registry, body, kelurahan)
    assert await hazards(registry, kelurahan, 6) == ["low", "high", "high", None, None, "low"]
    assert await told(registry, done) == {4: ["outside-layer"], 5: ["tps-no-point"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (polygons(), "/features"),
        (polygons(feature(RIVER, kelas="tinggi")), "/features/0/properties"),
        (polygons(feature(RIVER, **{"class": "parah"})), "/features/0/properties"),
        (polygons(feature(RIVER, **{"class": "low"}), rest_class="low"), "/layer"),
        (polygons(feature(box(-6.6, 106.6, -6.5, 106.7), **{"class": "low"})), "/features/0/geometry"),
        ({"type": "FeatureCollection", "features": [feature(RIVER, **{"class": "low"})]}, "/layer"),
    ],
)
async def test_a_layer_that_is_none_is_refused_with_the_place(
    registry: RunningService, body: dict[str, object], pointer: str
) -> None:
    await register(registry, "32.71.01.1005", POINTS[:1])
    answer = await registry.client.post(PATH, json=body, headers=bearer(Role.BPBD, regions=["32.71.01.1005"]))
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"] if error["pointer"].startswith(pointer)]
    assert "parah" not in answer.text


async def test_who_may_lay_a_layer(registry: RunningService) -> None:
    body = polygons(feature(RIVER, **{"class": "low"}))
    assert (await registry.client.post(PATH, json=body, headers=bearer(Role.KPPS))).status_code == 403
    nowhere = await registry.client.post(PATH, json=body, headers=bearer(Role.BPBD, regions=["35"]))
    assert (nowhere.status_code, nowhere.json()["errors"][0]["code"]) == (422, "no-tps")
    kelurahan = "32.71.01.1006"
    await register(registry, kelurahan, POINTS[:2])
    headers = bearer(Role.BPBD, regions=[kelurahan]) | {"Idempotency-Key": "layer-1"}
    first = await registry.client.post(PATH, json=body, headers=headers)
    again = await registry.client.post(PATH, json=body, headers=headers)
    assert again.content == first.content
    done = await ended(registry, first.json()["id"])
    assert done["rows_read"] == 2, "the TPS of the token's region alone"
