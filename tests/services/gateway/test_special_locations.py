"""A TPS in a prison or a hospital is one of the region's TPS, and is counted and found as what it is."""

from typing import Any

import pytest

from contracts.access import Role
from contracts.vocabulary import TpsKind
from tests.harness import ELECTION, RunningService, bearer
from tests.services.gateway.conftest import play
from tests.story import KELURAHAN, Story, places, registered

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"


async def get(gateway: RunningService, path: str) -> Any:
    answer = await gateway.client.get(f"{BASE}{path}", headers=bearer(Role.DESK))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counted(gateway: RunningService, region: str) -> tuple[int, int]:
    """Return how many TPS an overview counts, and how many of them at special locations."""
    found = await get(gateway, f"/regions/{region}/overview")
    return found["tps_total"], found["tps_special"]


async def listed(gateway: RunningService, state: str) -> list[str]:
    page = await get(gateway, f"/tps?region=32.71&state={state}")
    return [item["tps_code"] for item in page["items"]]


async def test_it_is_counted_and_found_by_its_kind(gateway: RunningService, story: Story) -> None:
    prison, *others = places(3)
    assert await counted(gateway, "32.71") == (6, 0)
    assert await listed(gateway, "special_location") == []
    told = registered(prison).model_copy(
        update={"kind": TpsKind.SPECIAL_LOCATION, "place": "Lembaga Pemasyarakatan Contoh"}
    )
    await play(gateway, [story.tell(told, prison.id, tps=prison)])
    assert await counted(gateway, "32.71") == (6, 1)
    own, other = KELURAHAN
    assert await counted(gateway, own) == (3, 1)
    assert await counted(gateway, other) == (3, 0)
    assert await listed(gateway, "special_location") == [prison.code]
    assert sorted(await listed(gateway, "regular")) == sorted(place.code for place in others)

    again = told.model_copy(update={"kind": TpsKind.REGULAR})
    await play(gateway, [story.tell(again, prison.id, tps=prison)])
    assert await counted(gateway, "32.71") == (6, 0)
