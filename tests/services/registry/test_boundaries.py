"""Boundaries come in feature by feature, are judged against neighbours, and go out packed; points are asked about."""

import gzip
import json
from collections.abc import Mapping
from typing import Any, cast

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, send, table, told
from tests.services.registry.shapes import box, collection, feature

GEOJSON = "application/geo+json"
WEST = "32.71.04"
"""The kecamatan whose kelurahan are boxes here; each test has kelurahan of its own."""


async def draw(
    registry: RunningService,
    *features: Mapping[str, object],
) -> dict[str, Any]:
    return await send(registry, collection(features), kind="boundaries", media_type=GEOJSON)


async def test_a_boundary_is_kept_with_its_version_and_given_out_packed(registry: RunningService) -> None:
    code, near = f"{WEST}.1001", f"{WEST}.1002"
    first = feature(box(106.80, -6.60, 106.81, -6.59), kode=code, nama="Satu", luas_km2=1.2)
    second = feature(box(106.81, -6.60, 106.82, -6.59), kode=near, nama="Dua")
    assert counts(await draw(registry, first, second)) == ("done", 2, 2, 0, 0, 0)
    assert counts(await draw(registry, first, second)) == ("done", 2, 0, 0, 2, 0), "the same file again"
    moved = feature(box(106.80, -6.60, 106.81, -6.595), kode=code, nama="Satu", tanggal="2025-01-01")
    assert counts(await draw(registry, moved)) == ("done", 1, 0, 1, 0, 0)
    path, reader = f"/v1/regions/{code}/boundary", bearer(Role.OBSERVER)
    answer = await registry.client.get(path, headers=reader | {"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"], answer.headers["ETag"]) == (
        200,
        "gzip",
        'W/"2"',
    )
    assert answer.headers["content-type"] == GEOJSON
    body = answer.json()
    assert body["properties"] == {
        "code": code,
        "name": "Satu",
        "version": 2,
        "source": "KPU Kota Bogor",
        "as_of": "2025-01-01",
    }
    assert body["geometry"] == box(106.80, -6.60, 106.81, -6.595)
    plain = await registry.client.get(path, headers=reader | {"Accept-Encoding": "identity"})
    assert ("Content-Encoding" in plain.headers, plain.json()) == (False, body)
    held = await registry.client.get(path, headers=reader | {"If-None-Match": 'W/"2"'})
    assert (held.status_code, held.content) == (304, b"")
    unknown = await registry.client.get(f"/v1/regions/{WEST}.1015/boundary", headers=reader)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "boundary-unknown")
    assert (await registry.client.get(path)).status_code == 401
    older = feature(box(106.80, -6.60, 106.81, -6.59), kode=code, nama="Satu", as_of="2024-01-01")
    assert await told(registry, await draw(registry, older)) == {1: ["boundary-older"]}


async def test_a_broken_boundary_is_told_with_its_number_and_the_rest_goes_in(
    registry: RunningService,
) -> None:
    fine = box(106.84, -6.60, 106.85, -6.59)
    cut = {
        "type": "Polygon",
        "coordinates": [[[106.8, -6.6], [106.81, -6.6], [106.81, -6.59], [106.8, -6.59]]],
    }
    crossing = [[106.8, -6.6], [106.81, -6.59], [106.81, -6.6], [106.8, -6.59], [106.8, -6.6]]
    swapped = {
        "type": "Polygon",
        "coordinates": [[[-6.6, 106.8], [-6.6, 106.81], [-6.59, 106.81], [-6.6, 106.8]]],
    }
    rows = [
        feature(fine, kode=f"{WEST}.1003", nama="Tiga"),
        feature(fine, kode=f"{WEST}.9999", nama="Tidak ada"),
        feature(fine, kode="35.78.01.1001", nama="Surabaya"),
        feature(cut, kode=f"{WEST}.1004", nama="Terbuka"),
        feature({"type": "Polygon", "coordinates": [crossing]}, kode=f"{WEST}.1005", nama="Silang"),
        feature(swapped, kode=f"{WEST}.1006", nama="Terbalik"),
        feature(box(2.0, 48.0, 2.1, 48.1), kode=f"{WEST}.1007", nama="Paris"),
        feature({"type": "Point", "coordinates": [106.8, -6.6]}, kode=f"{WEST}.1008", nama="Titik"),
        feature(None, kode=f"{WEST}.1011", nama="Kosong"),
        {"type": "Feature", "properties": None, "geometry": fine},
        feature(fine, kode=f"{WEST}.1003", nama="Lagi"),
        feature(box(106.841, -6.60, 106.852, -6.59), kode=f"{WEST}.1009", nama="Tumpang"),
        feature(box(106.8495, -6.60, 106.86, -6.59), kode=f"{WEST}.1010", nama="Sedikit"),
    ]
    done = await draw(registry, *rows)
    assert counts(done) == ("done", 13, 2, 0, 0, 11)
    assert await told(registry, done) == {
        2: ["region-unknown"],
        3: ["region-not-covered"],
        4: ["ring-open"],
        5: ["polygon-invalid"],
        6: ["lat-lon-swapped"],
        7: ["outside-indonesia"],
        8: ["not-a-polygon"],
        9: ["not-a-polygon"],
        10: ["not-a-feature"],
        11: ["duplicate-row"],
        12: ["boundary-overlap"],
    }
    assert await told(registry, done, "accepted") == {13: ["W-BOUNDARY-OVERLAP"]}


async def test_a_file_that_is_no_collection_fails_whole(registry: RunningService) -> None:
    for content, code in (
        (b"kode,nama\n", "not-geojson"),
        (b'{"type": "FeatureCollection", "features": [', "not-geojson"),
        (b'{"type": "FeatureCollection", "features": []}', "no-features"),
        (b'{"type": "Polygon", "coordinates": []}', "no-features"),
    ):
        done: dict[str, Any] = await send(registry, content, kind="boundaries", media_type=GEOJSON)
        assert (done["state"], done["failure"]["code"]) == ("failed", code)


async def test_who_may_bring_boundaries_and_as_what(registry: RunningService) -> None:
    content = collection([feature(box(106.8, -6.6, 106.81, -6.59), kode=WEST, nama="T")])
    path = f"{BASE}/imports?source=KPU&kind="
    for kind, media_type, role, status in (
        ("boundaries", GEOJSON, Role.BPBD, 403),
        ("region_changes", "text/csv", Role.BPBD, 403),
        ("boundaries", "text/csv", Role.DESK, 415),
        ("risks", GEOJSON, Role.DESK, 415),
        ("risk_layer", "text/csv", Role.DESK, 422),
    ):
        headers = bearer(role) | {"Content-Type": media_type}
        answer = await registry.client.post(path + kind, content=content, headers=headers)
        assert answer.status_code == status, (kind, answer.text)


async def test_points_outside_their_kelurahan_and_on_one_another_are_asked_about(
    registry: RunningService,
) -> None:
    kelurahan = "32.71.04.1016"
    await draw(registry, feature(box(106.70, -6.60, 106.71, -6.59), kode=kelurahan, nama="Barat"))
    rows = [
        [f"{kelurahan}.001", "SDN 1", "Jalan 1", -6.5951, 106.7051, 250, 250],
        [f"{kelurahan}.002", "SDN 1", "Jalan 1", -6.59511, 106.70511, 250, 250],
        [f"{kelurahan}.003", "Balai", "Jalan 3", -6.595, 106.72, 250, 250],
        [f"{kelurahan}.004", "Balai", "Jalan 4", 106.705, -6.595, 250, 250],
        [f"{kelurahan}.005", "Balai", "Jalan 5", "", "", 250, 250],
        [f"{kelurahan}.006", "Balai", "Jalan 6", -6.592, 106.702, 250, 250],
    ]
    columns = ("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women")
    done = await send(registry, table(rows, columns))
    assert counts(done) == ("done", 6, 5, 0, 0, 1)
    assert await told(registry, done) == {5: ["lat-lon-swapped"]}
    assert await told(registry, done, "accepted") == {3: ["W-TPS-SAME-POINT"], 4: ["W-TPS-OUTSIDE"]}
    listed = await registry.client.get(
        f"{BASE}/imports/{done['id']}/rows?status=accepted", headers=bearer(Role.DESK)
    )
    details = [reason["detail"] for item in listed.json()["items"] for reason in item["reasons"]]
    assert details == [
        f"TPS {kelurahan}.001 stands within 10 m.",
        "The point lies 1106 m outside the boundary of its kelurahan.",
    ]
    in_indonesian = [reason["detail_id"] for item in listed.json()["items"] for reason in item["reasons"]]
    assert in_indonesian == [
        f"TPS {kelurahan}.001 berada dalam jarak 10 m.",
        "Titik ini 1106 m di luar batas kelurahannya.",
    ]
    points = table([[f"{kelurahan}.005", -6.5951, 106.7051]], ("tps_code", "lat", "lon"))
    done = await send(registry, points)
    assert await told(registry, done, "accepted") == {2: ["W-TPS-SAME-POINT"]}, (
        "beside one that is registered"
    )


async def test_a_point_that_is_put_or_moved_to_is_asked_about_too(registry: RunningService) -> None:
    kelurahan = "32.71.04.1012"
    await draw(registry, feature(box(106.73, -6.60, 106.74, -6.59), kode=kelurahan, nama="Barat"))
    facts = {"place": "SDN 1", "address": "Jalan 1", "dpt_men": 1, "dpt_women": 1, "source": "contoh"}

    async def put(number: int, lat: float, lon: float) -> list[str]:
        body = facts | {"lat": lat, "lon": lon}
        path = f"{BASE}/tps/{kelurahan}.{number:03}"
        answer = await registry.client.put(path, json=body, headers=bearer(Role.DESK))
        assert answer.is_success, answer.text
        return answer.json()["findings"]

    assert await put(1, -6.5951, 106.7351) == []
    assert await put(2, -6.59511, 106.73511) == ["W-TPS-SAME-POINT"]
    assert await put(3, -6.595, 106.75) == ["W-TPS-OUTSIDE"]
    assert await put(3, -6.595, 106.75) == ["W-TPS-OUTSIDE"], "the same again is asked the same"
    moved = facts | {
        "lat": -6.5951,
        "lon": 106.7351,
        "reason": "contoh",
        "occurred_at": "2024-11-20T08:00:00Z",
    }
    moved = {name: value for name, value in moved.items() if not name.startswith("dpt")}
    answer = await registry.client.post(
        f"{BASE}/tps/{kelurahan}.003/relocation", json=moved, headers=bearer(Role.DESK)
    )
    assert answer.json()["findings"] == ["W-TPS-SAME-POINT"], answer.text


async def test_a_boundary_is_readable_without_the_desk(registry: RunningService) -> None:
    """What is kept is what is given out: a GeoJSON feature, packed, the same bytes for the same boundary."""
    await draw(registry, feature(box(106.90, -6.60, 106.91, -6.59), kode="32.71.05.1002", nama="Utara"))
    rows = await registry.sql("select content from region_boundary where code = '32.71.05.1002'")
    kept = json.loads(gzip.decompress(cast(bytes, rows[0]["content"])))
    assert (kept["type"], kept["id"]) == ("Feature", "32.71.05.1002")
