"""A logistics service with an election of its own per module, told as the registry would tell it."""

from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.infrastructure import KafkaServer

BASE = f"/v1/elections/{ELECTION}"
MAYOR, GOVERNOR = "walikota-32.71", "gubernur-32"
ITEMS = (
    ("ballot_box", "contest", 1, None, True),
    ("ballot", "contest", 1, "0.025", True),
    ("voting_booth", "tps", 4, None, False),
    ("spare_ballot_box", "kecamatan_contest", 1, None, False),
)


@pytest.fixture(scope="module")
async def logistics(database_url: Callable[[str], str], kafka: KafkaServer) -> AsyncIterator[RunningService]:
    """A service that knows 60 TPS of Kebon Pedes, 533 voters each, and what each needs."""
    async with running_service(
        "logistics", database_url=database_url("logistics"), kafka=kafka, topic_prefix=f"{uuid4().hex}."
    ) as service:
        async with service.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute("insert into election_ref values ($1, 1, '')", ELECTION)
            for n, (item, per, quantity, reserve, sealed) in enumerate(ITEMS):
                await uow.execute(
                    """insert into catalogue_item values ($1, $2, $2, $2, 'piece', $3, $4, $5::text::numeric, $6,
                       'test', true, true, $7, 1)""",
                    *(ELECTION, item, per, quantity, reserve, sealed, n),
                )
            await uow.execute(
                """insert into tps_ref select uuidv7(), $1, '32.71.06.1002.' || to_char(n, 'FM000'), '32.71.06',
                   'Asia/Jakarta', current_date + 30, 533, '{gubernur-32,walikota-32.71}', true
                   from generate_series(1, 60) n""",
                ELECTION,
            )
            await uow.execute(
                "insert into tps_supply select tps_id, election, 0, true, null, 0, '[]' from tps_ref"
            )
        await service.wait_until_known("select 1 where not exists (select from tps_supply where stale)")
        yield service


class Field:
    """What the people of a city do with boxes, over the API."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.post = service.client.post

    async def pack(self, tps: int, contest: str = MAYOR, **change: object) -> UUID:
        """Pack a box for a TPS and return its id."""
        body = packing(tps, contest) | change
        answer = await self.post(
            f"{BASE}/boxes", json=body, headers=bearer(Role.WAREHOUSE, regions=["32.71"])
        )
        assert answer.status_code == 201, answer.text
        return UUID(str(body["box_id"]))

    async def scan(self, box_id: UUID, **change: object) -> dict[str, object]:
        """Scan a box and return the answer, with its status."""
        body = scanning(box_id) | change
        answer = await self.post(
            f"{BASE}/custody-scans", json=body, headers=bearer(Role.COURIER, regions=["32.71"])
        )
        return {**answer.json(), "status": answer.status_code}

    async def receive(self, tps: int, *boxes: dict[str, object], **change: object) -> dict[str, object]:
        """Receive boxes at a TPS and return the answer, with its status."""
        body = {"boxes": list(boxes), "occurred_at": soon()} | change
        answer = await self.post(
            f"{BASE}/tps/{code(tps)}/receipts", json=body, headers=bearer(Role.KPPS, regions=[code(tps)])
        )
        return {**answer.json(), "status": answer.status_code}

    async def box(self, box_id: UUID) -> dict[str, object]:
        """Return a box as the API shows it."""
        answer = await self.service.client.get(
            f"{BASE}/boxes/{box_id}", headers=bearer(Role.WAREHOUSE, regions=["32.71"])
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def told(self, box_id: UUID) -> list[str]:
        """Return the types of a box's events, in the order of its versions."""
        rows = await self.service.sql(
            "select type, version from outbox where aggregate = $1 order by version", f"box/{box_id}"
        )
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        return [str(row["type"]).removeprefix("desk.logistics.box.").removesuffix(".v1") for row in rows]


@pytest.fixture
def field(logistics: RunningService) -> Field:
    return Field(logistics)


def keeper(*, regions: Sequence[str] = ("32.71",), person: str | None = "person-1") -> dict[str, str]:
    return bearer(Role.WAREHOUSE, regions=regions, person=person)


def code(tps: int) -> str:
    return f"32.71.06.1002.{tps:03}"


def packing(tps: int, contest: str = MAYOR) -> dict[str, object]:
    box_id = uuid7()
    return {
        "box_id": str(box_id),
        "tps_code": code(tps),
        "contest": contest,
        "seal_number": f"S-{box_id.hex[-10:]}",
        "ballots": 547,
        "occurred_at": soon(-600),
    }


def scanning(box_id: UUID, minutes: float = -60) -> dict[str, object]:
    return {
        "box_id": str(box_id),
        "scan_point": "warehouse",
        "place": "32.71",
        "from_party": "warehouse",
        "to_party": "courier",
        "occurred_at": soon(minutes),
    }
