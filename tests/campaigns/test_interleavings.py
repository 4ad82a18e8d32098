"""The smoke of the interleavings: a seed of each consumer, another one in every run; `make interleavings` runs a thousand."""

import random

import pytest

from tests.campaigns import interleavings

pytestmark = [pytest.mark.anyio, pytest.mark.campaign]
SEEDS = 1


@pytest.mark.parametrize("name", interleavings.CONSUMERS)
async def test_any_order_leaves_the_state_of_the_ordered_feed(name: str) -> None:
    async with interleavings.course(name) as course:
        for _ in range(SEEDS):
            seed = random.randrange(10**9)
            print(f"{name}: seed {seed}")
            found = await course.run(seed)
            assert found.differences == [], "\n".join(await course.explain(found))
