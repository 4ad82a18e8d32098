"""Commands on one voter, as a keeper of the list sends them."""

import json
from collections.abc import Mapping

import httpx

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.electorate import person
from tests.services.registry.files import BASE

OTHER_CITY = "32.01.01.2001.001"
EVIDENCE = "Surat contoh 12/2024"


async def do(
    registry: RunningService,
    what: str,
    body: Mapping[str, object],
    *,
    role: Role = Role.OPERATOR,
    regions: tuple[str, ...] = ("*",),
    key: str | None = None,
) -> httpx.Response:
    """Send a command on one voter."""
    headers = bearer(role, regions=regions, key=key)
    return await registry.client.post(f"{BASE}/voters:{what}", json=body, headers=headers)


def named(number: int) -> dict[str, str]:
    return {"nik": person(number)["nik"]}


async def voter(registry: RunningService, number: int) -> dict[str, object]:
    return (await do(registry, "find", {"voter": named(number)})).json()


async def move(registry: RunningService, number: int, to: str, **said: object) -> httpx.Response:
    body = {"voter": named(number), "to_tps": to, "reason": "work", "evidence": EVIDENCE, **said}
    return await do(registry, "move", body)


async def last_counts(registry: RunningService, code: str) -> dict[str, dict[str, int]]:
    rows = await registry.sql(
        "select body from outbox where type like '%tps_voters.counted%' and body::jsonb->>'tps_code' = $1"
        " order by version desc limit 1",
        code,
    )
    return json.loads(str(rows[0]["body"]))
