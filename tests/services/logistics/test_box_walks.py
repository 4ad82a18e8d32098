"""One set of reports in several orders, over the API: every box ends in the same place, and its ledger tells every report."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.services.logistics.conftest import Field, code

pytestmark = pytest.mark.anyio
STEPS = (
    ("warehouse", "32.71", "warehouse", "courier"),
    ("kecamatan", "32.71.06", "courier", "ppk"),
    ("kecamatan", "32.71.06", "ppk", "courier"),
    ("kelurahan", "32.71.06.1002", "courier", "pps"),
    ("kelurahan", "32.71.06.1002", "pps", "courier"),
)
SHOWN = ("state", "place", "holder", "arrived_at", "received_at", "received_on_time", "ballots_received")


@pytest.mark.parametrize("astray", [False, True], ids=["to its TPS", "stopped on the way"])
async def test_any_order_ends_in_the_same_place(field: Field, *, astray: bool) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    rng, began = random.Random(seed), datetime.now(UTC) - timedelta(hours=8)
    ends: list[dict[str, object]] = []
    for n, place in enumerate((51, 52, 53) if astray else (54, 55, 56)):
        box = await field.pack(place)
        told = list(enumerate(STEPS[:3] if astray else (*STEPS, None)))
        if n:
            rng.shuffle(told)
        for minute, step in told:
            when = (began + timedelta(minutes=minute)).isoformat()
            if step is None:
                counted: dict[str, object] = {
                    "box_id": str(box),
                    "outcome": "accepted",
                    "ballots_counted": 547,
                }
                answer = await field.receive(place, counted, occurred_at=when)
            else:
                point, at, giver, taker = step
                answer = await field.scan(
                    box, scan_point=point, place=at, from_party=giver, to_party=taker, occurred_at=when
                )
            assert answer["status"] == 201, answer
        assert len(await field.told(box)) == 1 + len(told)
        shown = await field.box(box)
        ends.append(
            {name: shown[name] for name in SHOWN} | {"place": str(shown["place"]).replace(code(place), "TPS")}
        )
    assert ends[0] == ends[1] == ends[2]
    assert ends[0]["state"] == ("in_transit" if astray else "at_tps")
