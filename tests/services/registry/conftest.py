"""A registry with one election and two contests, for the tests of imports."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer, running_service
from tests.services.registry.electorate import as_csv, enrol, keys_file, lay_out, person
from tests.services.registry.files import BASE, send, table
from tests.services.registry.keeping import OTHER_CITY

EVE = datetime.fromisoformat("2024-11-26T06:00:00+07:00")
CONTEST = {
    "name": "Kontes",
    "choices": [{"number": 1, "name": "Satu"}, {"number": 2, "name": "Dua"}],
    "winning_rule_source": "UU 10/2016",
}


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    url = database_url("registry")
    async with running_service(
        "registry", database_url=url, kafka=None, desk_time=EVE, import_chunk_rows=7
    ) as service:
        await define(service)
        yield service


@pytest.fixture(scope="module")
async def electorate(
    database_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    """A registry with the keys of a list of voters, and the TPS that they vote at."""
    async with running_service(
        "registry",
        database_url=database_url("registry"),
        kafka=None,
        desk_time=EVE,
        voter_chunk_rows=7,
        voter_keys_file=keys_file(tmp_path_factory.mktemp("keys")),
        voter_lookups_per_address="100000/minute",
        voter_lookups_in_all="100000/minute",
        voter_lookups_per_nik="8/hour",
        voter_lookup_misses_per_address=100_000,
        voter_lookup_floor_s=0.02,
    ) as service:
        await define(service)
        await lay_out(service)
        yield service


OCTOBER = datetime.fromisoformat("2024-10-20T09:00:00+07:00")


@pytest.fixture(scope="module")
async def october(
    database_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    """A registry in October, with forty voters at three TPS and a TPS in another kabupaten."""
    async with running_service(
        "registry",
        database_url=database_url("registry"),
        kafka=None,
        desk_time=OCTOBER,
        voter_keys_file=keys_file(tmp_path_factory.mktemp("keys")),
        voter_lookup_floor_s=0.01,
    ) as service:
        await define(service)
        await lay_out(service)
        for elsewhere in (OTHER_CITY, "32.71.02.1002.001"):
            row = [elsewhere, "Balai Desa", "Jalan 1", -6.5, 106.8, 250, 251, "ya"]
            assert (await send(service, table([row]), regions=["*"]))["created"] == 1
        await enrol(service, as_csv([person(n) for n in range(40)]))
        yield service


async def define(service: RunningService) -> None:
    body = {"name": "Pilkada", "region_code": "32.71", "voting_date": "2024-11-27"}
    await service.client.put(BASE, json=body, headers=bearer(Role.ADMIN))
    for contest in ("walikota-32.71", "gubernur-32"):
        await service.client.put(f"{BASE}/contests/{contest}", json=CONTEST, headers=bearer(Role.ADMIN))
