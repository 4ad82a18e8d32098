"""The field in a test: three services with something in them behind a gateway's door, and the phone that the docs print."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.architecture.house import ROOT
from tests.fuzz.rooms import Room, furnished
from tests.harness import RunningService, on_a_socket, running_service
from tests.story import OPENS

KELURAHAN = "32.71.06.1002"
OWNERS = ("logistics", "incidents", "turnout")
Command = dict[str, Any]


@dataclass(frozen=True)
class Outside:
    """A gateway, the services behind it, and what is in them."""

    gateway: RunningService
    rooms: dict[str, Room]

    async def ledger(self, word: str, *services: str) -> int:
        """Return how many events of services, of all unless they are named, have a word in their body."""
        found = 0
        for room in (self.rooms[name] for name in services or OWNERS):
            rows = await room.service.sql("select count(*) as n from outbox where strpos(body, $1) > 0", word)
            found += int(str(rows[0]["n"]))
        return found


@asynccontextmanager
async def outside(database_url: Callable[[str], str]) -> AsyncGenerator[Outside]:
    """Run the services on sockets and a gateway before them; nothing is relayed."""
    async with AsyncExitStack() as stack:
        rooms = {
            name: await stack.enter_async_context(furnished(name, database_url(name))) for name in OWNERS
        }
        peers = {
            name: await stack.enter_async_context(on_a_socket(room.service.app))
            for name, room in rooms.items()
        }
        peers["registry"] = peers["turnout"]  # no registry runs here; another service answers 404 for it
        gateway = await stack.enter_async_context(
            running_service(
                "gateway",
                database_url=database_url("gateway"),
                kafka=None,
                desk_time=OPENS + timedelta(hours=4),
                peers=peers,
            )
        )
        yield Outside(gateway, rooms)


def code(number: int) -> str:
    return f"{KELURAHAN}.{number:03d}"


def milestone(number: int, name: str = "opened") -> Command:
    body = {"milestone": name, "occurred_at": "2024-11-27T07:00:00+07:00", "channel": "app"}
    return {"path": f"/tps/{code(number)}/milestones", "body": body}


def report(number: int, men: int = 10, slot: str = "10:00") -> Command:
    body = {
        "slot": slot,
        "men": men,
        "women": 12,
        "occurred_at": "2024-11-27T10:02:00+07:00",
        "channel": "app",
    }
    return {"path": f"/tps/{code(number)}/turnout-reports", "body": body}


def scan(box: object, number: int) -> Command:
    body = {
        "box_id": str(box),
        "scan_point": "tps",
        "place": code(number),
        "from_party": "courier",
        "to_party": "kpps",
        "occurred_at": "2024-11-26T16:00:00+07:00",
    }
    return {"path": "/custody-scans", "body": body}


def receipt(box: object, number: int) -> Command:
    body = {
        "boxes": [{"box_id": str(box), "outcome": "accepted"}],
        "occurred_at": "2024-11-26T16:40:00+07:00",
    }
    return {"path": f"/tps/{code(number)}/receipts", "body": body}


def incident(number: int, title: str = "Genangan") -> Command:
    body = {
        "tps_code": code(number),
        "category": "disaster",
        "title": title,
        "description": "Genangan di depan TPS (contoh).",
        "occurred_at": "2024-11-27T06:30:00+07:00",
    }
    return {"path": "/incidents", "body": body}


def numbered(*commands: Command) -> list[Command]:
    """Return commands with the ids and numbers that a device gives them."""
    return [{"id": str(uuid4()), "sequence": n, **command} for n, command in enumerate(commands, start=1)]


def printed_client() -> dict[str, Any]:
    """Return what the client of the documents defines, as it is printed."""
    page = (ROOT / "docs" / "field-sync.md").read_text()
    found = re.search(r"^## A client$.*?```python\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names
