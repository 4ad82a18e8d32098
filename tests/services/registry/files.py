"""Files as they are sent to be imported, and what became of them."""

import asyncio
import csv
import io
from collections.abc import Sequence

from contracts.access import Role
from services.registry.schemas.import_reasons import in_indonesian
from tests.harness import ELECTION, RunningService, bearer

BASE = f"/v1/elections/{ELECTION}"
CSV, NDJSON = "text/csv", "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women", "accessible")


def table(rows: Sequence[Sequence[object]], columns: Sequence[str] = COLUMNS, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([columns, *rows])
    return text.getvalue().encode()


def tps_rows(kelurahan: str, count: int, men: int = 250) -> list[list[object]]:
    """Return rows of TPS, each at a point of its own."""
    east = round(106 + int(kelurahan[6:8]) / 10 + int(kelurahan[-3:]) / 500, 3)
    return [
        [f"{kelurahan}.{n:03d}", "Balai RW", f"Jalan {n}", round(-6.5 - n / 1000, 3), east, men, 251, "ya"]
        for n in range(1, count + 1)
    ]


async def send(
    registry: RunningService,
    content: bytes,
    *,
    kind: str = "tps",
    media_type: str = CSV,
    role: Role = Role.DESK,
    regions: Sequence[str] = ("32.71",),
    dry_run: bool = False,
) -> dict[str, object]:
    """Import a file and return how it ended."""
    headers = bearer(role, regions=regions) | {"Content-Type": media_type}
    query = f"kind={kind}&source=KPU%20Kota%20Bogor&dry_run={str(dry_run).lower()}"
    answer = await registry.client.post(f"{BASE}/imports?{query}", content=content, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"{BASE}/imports/{answer.json()['id']}"
    return await ended(registry, answer.json()["id"])


async def ended(
    registry: RunningService, import_id: str, *, at: str = f"{BASE}/imports", role: Role = Role.DESK
) -> dict[str, object]:
    for _ in range(600):
        answer = await registry.client.get(f"{at}/{import_id}", headers=bearer(role))
        if answer.json()["state"] in {"done", "failed"}:
            return answer.json()
        await asyncio.sleep(0.05)
    raise TimeoutError


async def told(
    registry: RunningService,
    done: dict[str, object],
    status: str = "rejected",
    *,
    at: str = f"{BASE}/imports",
    role: Role = Role.DESK,
) -> dict[int, list[str]]:
    path = f"{at}/{done['id']}/rows?status={status}"
    answer = await registry.client.get(path, headers=bearer(role))
    said = [reason["detail_id"] for item in answer.json()["items"] for reason in item["reasons"]]
    assert all(said), said
    assert in_indonesian("no-such-code") not in said, "a code without a sentence of its own"
    return {item["row"]: [reason["code"] for reason in item["reasons"]] for item in answer.json()["items"]}


def counts(done: dict[str, object]) -> tuple[object, ...]:
    return tuple(done[name] for name in ("state", "rows_read", "created", "changed", "unchanged", "rejected"))


async def event_count(registry: RunningService) -> object:
    return (await registry.sql("select count(*) as n from outbox"))[0]["n"]
