"""A list of voters for tests. Every NIK begins with 99, which no region has: none of them is a person's."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import httpx

from contracts.access import Role
from deploy.keys import sealing_keys
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, CSV, ended, send, table, tps_rows

COLUMNS = ("nik", "name", "sex", "birth_date", "tps_code", "kind")
VOTERS = f"{BASE}/voters/imports"
LOOKUP = f"{BASE}/public/voters:lookup"
TPS = [f"32.71.02.1001.{number:03}" for number in range(1, 4)]
Person = Mapping[str, str]


def person(number: int, **said: str) -> Person:
    """Return a synthetic voter; the NIK fits birth date and sex."""
    born = date(1960, 1, 1) + timedelta(days=number % 15_000)
    woman = number % 2 == 0
    digits = f"{born.day + (40 if woman else 0):02}{born:%m%y}"
    made = {
        "nik": f"99{number // 10_000 % 10_000:04}{digits}{number % 10_000:04}",
        "name": f"Pemilih Contoh {number} (gladi)",
        "sex": "P" if woman else "L",
        "birth_date": born.isoformat(),
        "tps_code": TPS[number % len(TPS)],
        "kind": "dpt",
    }
    return made | said


def as_csv(persons: Iterable[Person], columns: Sequence[str] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(persons)
    return text.getvalue().encode()


def as_ndjson(persons: Iterable[Person]) -> bytes:
    return "".join(json.dumps(dict(each)) + "\n" for each in persons).encode()


def keys_file(folder: Path, prefix: str = "demo") -> str:
    file = folder / "voters.json"
    file.write_text(sealing_keys(prefix))
    return str(file)


async def enrol(
    registry: RunningService,
    content: bytes,
    *,
    media_type: str = CSV,
    regions: Sequence[str] = ("32.71",),
    dry_run: bool = False,
) -> dict[str, object]:
    """Import a list, wait until its voters are counted too, and return how it ended."""
    answer = await post_list(registry, content, media_type=media_type, regions=regions, dry_run=dry_run)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"{VOTERS}/{answer.json()['id']}"
    done = await ended(registry, answer.json()["id"], at=VOTERS, role=Role.OPERATOR)
    await registry.wait_until_known(
        "select 1 where not exists (select 1 from tps_voters where counting is not null)"
    )
    return done


async def post_list(
    registry: RunningService,
    content: bytes,
    *,
    media_type: str = CSV,
    role: Role = Role.OPERATOR,
    regions: Sequence[str] = ("32.71",),
    dry_run: bool = False,
) -> httpx.Response:
    headers = bearer(role, regions=regions) | {"Content-Type": media_type}
    query = f"source=KPU%20Kota%20Contoh&dry_run={str(dry_run).lower()}"
    return await registry.client.post(f"{VOTERS}?{query}", content=content, headers=headers)


async def ask(registry: RunningService, nik: str, name: str) -> httpx.Response:
    return await registry.client.post(LOOKUP, json={"nik": nik, "name": name})


async def lay_out(registry: RunningService) -> None:
    """Register the TPS of the list."""
    assert (await send(registry, table(tps_rows("32.71.02.1001", 3))))["created"] == 3
