"""The phone that the documents print, on a network that loses requests and answers: what it drained was done exactly once.

A state machine adds commands, sends, restarts the phone and takes services away in any order. In the end the network is
whole again: every command is settled, the desk did each once, and phone and desk agree on which numbers there were.
"""

import asyncio
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from chassis.consumer import Received
from contracts.access import Role
from contracts.envelope import EventData
from tests.harness import ELECTION, on_a_socket, token
from tests.services.gateway.conftest import play
from tests.services.gateway.outbox import (
    Command,
    Outside,
    code,
    incident,
    milestone,
    outside,
    printed_client,
    report,
)
from tests.story import Place, Story, registered, tell_frame

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NETWORKS = ("whole", "lost", "cut", "twice", "dies")
"""The request arrives, it does not, its answer does not, it arrives twice at once, or the phone dies before the answer."""
_marks = itertools.count(1)


class PhoneDied(Exception):
    """The phone's process ended; what it had not written down is gone."""


class Desk:
    """The desk as a phone reaches it: the gateway's application, from another thread."""

    def __init__(self, portal: BlockingPortal, field: Outside) -> None:
        self.portal, self.field = portal, field

    def post(self, path: str, document: dict[str, Any], bearer: str, *, times: int = 1) -> dict[str, Any]:
        async def ask() -> list[Any]:
            headers = {"Authorization": f"Bearer {bearer}"}
            client = self.field.gateway.client
            return list(
                await asyncio.gather(
                    *(client.post(path, json=document, headers=headers) for _ in range(times))
                )
            )

        answer = self.portal.call(ask)[-1]
        assert answer.status_code == 200, answer.text
        return answer.json()

    def events_with(self, mark: str) -> int:
        return self.portal.call(self.field.ledger, mark, "turnout", "incidents")


class PhoneMachine(RuleBasedStateMachine):
    """One phone, from the morning until everything is sent."""

    desk: ClassVar[Desk]
    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.name = f"phone-{uuid4().hex}"
        self.marks: dict[str, tuple[str, bool]] = {}
        self.network = "whole"
        self.token = token(Role.KPPS, regions=["32.71"])
        self.outbox = self.switched_on()

    def switched_on(self) -> Any:
        machine = self

        class OnThisNetwork(printed_client()["Outbox"]):
            def post(self, path: str, document: dict[str, Any], token: str) -> dict[str, Any]:
                path = self.base + path
                match machine.network:
                    case "lost":
                        raise OSError("no route")
                    case "cut":
                        machine.desk.post(path, document, token)
                        raise OSError("connection reset")
                    case "dies":
                        machine.desk.post(path, document, token)
                        raise PhoneDied
                    case "twice":
                        return machine.desk.post(path, document, token, times=2)
                    case _:
                        return machine.desk.post(path, document, token)

        return OnThisNetwork(str(self.folder / self.name), desk="", election=ELECTION, device=self.name)

    def add(self, command: Command, mark: str, *, fits: bool = True) -> None:
        self.marks[self.outbox.add(command["path"], command["body"])] = (mark, fits)

    @rule(number=st.integers(1, 60))
    def reports(self, number: int) -> None:
        men = next(_marks)
        self.add(report(number, men=men), f'"men":{men},')

    @rule(number=st.integers(1, 60))
    def reaches_a_milestone(self, number: int) -> None:
        mark = f"mark {next(_marks)}."
        command = milestone(number)
        command["body"]["note"] = mark
        self.add(command, f'"{mark}"')

    @rule(number=st.integers(1, 60))
    def sees_an_incident(self, number: int) -> None:
        mark = f"Genangan ke-{next(_marks)}."
        self.add(incident(number, title=mark), f'"{mark}"')

    @rule(number=st.integers(1, 60))
    def says_what_does_not_fit(self, number: int) -> None:
        command = report(number, men=-1)
        self.add(command, f"nothing {next(_marks)}", fits=False)

    @rule(network=st.sampled_from(NETWORKS), away=st.sampled_from([None, None, "turnout", "incidents"]))
    def sends(self, network: str, away: str | None) -> None:
        lanes = self.desk.field.gateway.app.state.door.batches
        lane = lanes.pop(away) if away else None
        self.network = network
        try:
            self.outbox.send(self.token)
        except PhoneDied:
            self.restarts()
        except OSError:
            pass
        finally:
            if away:
                lanes[away] = lane

    @rule()
    def restarts(self) -> None:
        self.outbox.db.close()
        self.outbox = self.switched_on()

    def teardown(self) -> None:
        self.network = "whole"
        last: dict[str, Any] | None = None
        for _ in range(5):
            answer = self.outbox.send(self.token)
            if answer is None:
                break
            last = answer
        assert self.outbox.waiting() == []
        rows = cast(sqlite3.Connection, self.outbox.db).execute("select id, outcome, result from command")
        settled = {command: (outcome, json.loads(result)) for command, outcome, result in rows}
        assert settled.keys() == self.marks.keys()
        for command, (mark, fits) in self.marks.items():
            outcome, result = settled[command]
            assert outcome in (("created", "duplicate") if fits else ("rejected",)), result
            assert self.desk.events_with(mark) == (1 if fits else 0)
        if last is not None:
            assert (last["next_sequence"], last["missing"]) == (len(self.marks) + 1, [])
        self.outbox.db.close()


@pytest.fixture(scope="module")
def desk(database_url: Callable[[str], str]) -> Iterator[Desk]:
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(outside(database_url)) as field,
    ):
        yield Desk(portal, field)


def test_what_a_phone_drained_was_done_exactly_once(desk: Desk, tmp_path: Path) -> None:
    PhoneMachine.desk, PhoneMachine.folder = desk, tmp_path
    run_state_machine_as_test(
        PhoneMachine, settings=settings(max_examples=15, stateful_step_count=20, deadline=None)
    )


def test_a_batch_is_no_larger_than_the_desk_takes(tmp_path: Path) -> None:
    outbox = printed_client()["Outbox"](str(tmp_path / "large"), desk="", election=ELECTION, device="phone-1")
    for n in range(120):
        outbox.add("/incidents", {"description": "x" * (10 if n < 20 else 12_000)})
    waiting = outbox.waiting()
    assert 20 < len(waiting) < 120
    assert len(json.dumps(waiting)) < 950_000


def test_the_printed_phone_speaks_http_and_follows_its_tps(desk: Desk, tmp_path: Path) -> None:
    """Over a socket, as it is printed to the last line."""
    gateway, bearer = desk.field.gateway, token(Role.KPPS, regions=[code(31)])
    story = Story()
    story.tell(registered(Place(code(31))), Place(code(31)).id, tps=Place(code(31)))
    client = printed_client()
    with desk.portal.wrap_async_context_manager(on_a_socket(gateway.app)) as url:
        outbox = client["Outbox"](str(tmp_path / "http"), desk=url, election=ELECTION, device="http-1")
        command = milestone(31)
        outbox.add(command["path"], command["body"])
        assert outbox.send(bearer)["next_sequence"] == 2
        assert outbox.send(bearer) is None
        known = client["Known"](outbox)
        known.follow(bearer)
        assert things(outbox.db) == []
        desk.portal.call(play, gateway, [*whole_frame(), *story.events])
        known.follow(bearer)
        assert ("tps", str(Place(code(31)).id)) in things(outbox.db)
        first = known.pack(code(31), bearer)
        assert first == known.pack(code(31), bearer)  # the second time from what is kept: the desk said 304
        with pytest.raises(OSError, match="401"):
            known.follow("no token")
    outbox.db.close()


def whole_frame() -> Sequence[Received[EventData]]:
    story = Story()
    tell_frame(story)
    return story.events


def things(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute("select kind, id from thing order by kind, id").fetchall()
