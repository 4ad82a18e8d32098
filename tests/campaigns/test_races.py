"""The smoke of the races: one round of each service; `make races` runs a hundred thousand."""

import pytest

from tests.campaigns import races

pytestmark = [pytest.mark.anyio, pytest.mark.campaign]


@pytest.mark.parametrize("name", races.SERVICES)
async def test_of_two_at_once_one_has_it(name: str) -> None:
    async with races.replicas_of(name) as replicas:
        await races.run(replicas, name, rounds=1)
        await races.look(replicas, name)
        assert replicas.wrong == []
        assert replicas.races >= 2 * races.PLACES
