"""Anybody does anything with an incident, over the API, beside a model that knows nothing of the code's own rules.

The model is what people are told: an open incident is noticed, acted on, closed or given away; a closed one is opened again and
begins anew; who speaks of an older version is refused.
"""

import random
from dataclasses import dataclass

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer
from tests.services.incidents.test_incidents import Body, events, flood, report, step

pytestmark = pytest.mark.anyio
STEPS = 40
PATHS: dict[str, tuple[str, Body]] = {
    "acknowledge": ("acknowledgements", {}),
    "act": ("actions", {"action": "tim di lokasi"}),
    "close": ("closures", {"outcome": "resolved", "reason": "surut"}),
    "reopen": ("reopenings", {"reason": "air naik lagi"}),
}
OPEN = ("reported", "acknowledged", "acting")
PUBLIC = {"reported": "received", "acknowledged": "in_handling", "acting": "in_handling", "closed": "closed"}


@dataclass
class Model:
    """An incident that everybody may know of: each step is told of, and so is each change of what everybody knows."""

    version: int
    state: str = "reported"
    agency: str = "bpbd"
    noticed: bool = False
    acted: bool = False

    def do(self, what: str) -> bool:
        """Take a step; return whether it can be taken."""
        before = PUBLIC[self.state]
        match what:
            case "acknowledge" if self.state == "reported":
                self.state, self.noticed = "acknowledged", True
            case "act" if self.state in OPEN:
                self.state, self.noticed, self.acted = "acting", True, True
            case "close" if self.state in OPEN:
                self.state = "closed"
            case "reopen" if self.state == "closed":
                self.state, self.noticed, self.acted = "reported", False, False
            case "police" | "bpbd" if self.state in OPEN and what != self.agency:
                self.state, self.agency, self.noticed = "reported", what, False
            case _:
                return False
        self.version += 1 + (PUBLIC[self.state] != before)
        return True

    @property
    def running(self) -> set[str]:
        """The clocks that run."""
        if self.state == "closed":
            return set()
        return {name for name, met in (("acknowledge", self.noticed), ("act", self.acted)) if not met}


async def send(incidents: RunningService, made: Body, what: str, *, version: int) -> httpx.Response:
    path, body = PATHS.get(what) or ("reroutings", {"agency": what, "reason": "wewenang"})
    return await step(incidents, made, path, body, role=Role.DESK, version=version)


async def look(incidents: RunningService, made: Body) -> Body:
    path = f"/v1/elections/{ELECTION}/incidents/{made['incident_id']}"
    return (await incidents.client.get(path, headers=bearer(Role.DESK))).json()


async def test_an_incident_goes_the_way_of_its_model(incidents: RunningService) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    made = await report(incidents, flood(), Role.DESK)
    model = Model((await look(incidents, made))["version"])
    for _ in range(STEPS):
        what = rng.choice((*PATHS, "police", "bpbd"))
        stale, before = rng.random() < 0.15, model.version
        possible = not stale and model.do(what)
        answer = await send(incidents, made, what, version=before - 1 if stale else before)
        assert (answer.status_code == 200) == possible, (what, stale, answer.text, model)
        assert answer.status_code in (200, 409, 412)
        found = await look(incidents, made)
        assert (found["state"], found["agency"], found["version"]) == (
            model.state,
            model.agency,
            model.version,
        )
        assert {
            clock["name"] for clock in found["clocks"] if clock["seconds_left"] is not None
        } == model.running
    told = await events(incidents, made["incident_id"])
    assert [event["version"] for event in told] == list(range(1, model.version + 1))
