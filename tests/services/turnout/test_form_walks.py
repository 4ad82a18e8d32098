"""Anybody does anything with a form, over the API, beside a model that knows nothing of the code's own rules.

The model is what the promise says: who typed what in this round, whether figures stand, and who asked for their return.
"""

import random
from dataclasses import dataclass, field

import httpx
import pytest

from tests.harness import RunningService
from tests.services.turnout.paper import (
    enter,
    entry,
    events_of,
    figures,
    form_path,
    look,
    send_back,
    settle,
    take_back,
)

pytestmark = pytest.mark.anyio
PEOPLE = ("ani", "budi", "cici", "dodi")
PAPERS = {"one": figures(), "other": figures((1, 1, 1, 1, 1)), "broken": figures() | {"valid": 1}}
STEPS = 40


@dataclass
class Model:
    """A form as the promise describes it."""

    typed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    settled: bool = False
    asked: str | None = None
    told: int = 0

    @property
    def state(self) -> str:
        if len(self.typed) < 2:
            return "first_entered" if self.typed else "empty"
        if self.settled:
            return "verified"
        (_, first), (_, second) = self.typed
        if first != second:
            return "disputed"
        return "held" if first == "broken" else "verified"

    def enter(self, person: str, paper: str) -> int:
        if len(self.typed) == 2:
            return 409
        if self.typed and self.typed[0][0] == person:
            return 403
        self.typed.append((person, paper))
        self.told += len(self.typed)  # the second entry is told of, and what came of it
        return 201

    def settle(self, person: str) -> int:
        if self.state not in ("disputed", "held"):
            return 409
        if person in {who for who, _ in self.typed}:
            return 403
        self.settled = True
        self.told += 1
        return 201

    def take_back(self, person: str) -> int:
        if len(self.typed) != 1:
            return 409
        if self.typed[0][0] != person:
            return 403
        self._begin_anew()
        return 201

    def send_back(self, person: str) -> int:
        if not self.typed:
            return 409
        if self.state == "verified" and self.asked in (None, person):
            self.asked = person
            self.told += 1
        else:
            self._begin_anew()
        return 201

    def _begin_anew(self) -> None:
        self.typed, self.settled, self.asked, self.told = [], False, None, self.told + 1


async def take_step(
    desk: RunningService, model: Model, path: str, rng: random.Random
) -> tuple[int, httpx.Response]:
    person = rng.choice(PEOPLE)
    match rng.choices(("enter", "settle", "take_back", "send_back"), (8, 3, 1, 2))[0]:
        case "settle":
            return model.settle(person), await settle(desk, path, person)
        case "take_back":
            return model.take_back(person), await take_back(desk, path, person)
        case "send_back":
            return model.send_back(person), await send_back(desk, path, person)
        case _:
            paper = rng.choices(tuple(PAPERS), (4, 1, 2))[0]
            return model.enter(person, paper), await enter(desk, path, person, entry(PAPERS[paper]))


@pytest.mark.parametrize("number", [8, 9])
async def test_a_form_goes_the_way_of_its_model(desk: RunningService, number: int) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    rng, model, path = random.Random(seed), Model(), form_path(number)
    for _ in range(STEPS):
        wanted, answer = await take_step(desk, model, path, rng)
        assert answer.status_code == wanted, (answer.text, model)
        form = await look(desk, path)
        assert (form["state"], form["entries"]) == (model.state, len(model.typed))
        assert (form["version"] is not None) == (model.state in ("verified", "held"))
        assert form["return_requested"] == (model.asked is not None)
    versions = [event["version"] for event in await events_of(desk, number)]
    assert versions == list(range(1, model.told + 1))
