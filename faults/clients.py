"""Clients that send commands as phones do: the same again under the same key until it is answered, and note the answer."""

import asyncio
import hashlib
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from faults.desk import ELECTION, REGION, FaultDesk

BASE = f"/v1/elections/{ELECTION}"
CHOICES = {"gubernur-32": 4, "walikota-32.71": 5}
CLIENTS = 12
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Order:
    """A command and its key."""

    service: str
    path: str
    body: Mapping[str, object]
    token: str
    key: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A command that was answered with success.

    Attributes:
        answer: SHA-256 of the answer's body; empty for an item of a batch.
        position: aggregate and version that it left, `tally/…@3`; empty where the answer does not say.
    """

    service: str
    key: str
    answer: str
    position: str


@dataclass
class Clients:
    """Everybody who sends something to one desk."""

    desk: FaultDesk
    chance: random.Random
    tps: Sequence[str]
    tokens: Mapping[str, str]
    acknowledged: list[Acknowledged] = field(default_factory=list[Acknowledged])
    refused: list[str] = field(default_factory=list[str])
    seconds: dict[str, str] = field(default_factory=dict[str, str])
    """Addresses of second instances, by service."""
    repeats: int = 0
    _forms: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    _stopping: bool = False

    def __post_init__(self) -> None:
        """Lay out the forms: each is entered by two persons, alike."""
        self._forms = [
            (code, contest, person) for code in self.tps for contest in CHOICES for person in (1, 2)
        ]
        self.chance.shuffle(self._forms)

    def start(self) -> "asyncio.Task[None]":
        """Let them send until `stop`; the task ends when each has its last answer."""
        self._stopping = False
        return asyncio.ensure_future(self._all())

    def stop(self) -> None:
        """Let each wait for its answer, and send nothing new."""
        self._stopping = True

    async def _all(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
            await asyncio.gather(*(self._one(http) for _ in range(CLIENTS)))

    async def _one(self, http: httpx.AsyncClient) -> None:
        while not self._stopping:
            await self._send(http, self._order())
            await asyncio.sleep(self.chance.uniform(0, 0.1))

    async def _send(self, http: httpx.AsyncClient, order: Order) -> None:
        headers = {"Authorization": f"Bearer {order.token}", "Idempotency-Key": order.key}
        while True:
            try:
                answer = await http.post(
                    self._address(order.service) + order.path, json=order.body, headers=headers
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.is_success:
                self._note(order, answer)
                return
            if answer is not None and 400 <= answer.status_code < 500 and answer.status_code != 429:
                self.refused.append(f"{order.path} {answer.status_code} {answer.text[:200]}")
                return
            self.repeats += 1
            await asyncio.sleep(self.chance.uniform(0.1, 0.6))

    def _note(self, order: Order, answer: httpx.Response) -> None:
        if order.path.endswith(":batch"):
            for item in answer.json()["items"]:
                if item["status"] < 300:
                    self.acknowledged.append(Acknowledged(order.service, item["id"], "", ""))
            return
        position = answer.headers.get("Desk-Position", "")
        body = hashlib.sha256(answer.content).hexdigest()
        self.acknowledged.append(Acknowledged(order.service, order.key, body, position))

    def _address(self, service: str) -> str:
        """Most go through the door; some straight to the service, as an ingress may route them, or to its second."""
        way = self.chance.random()
        if way < 0.2:
            return self.seconds.get(service, self.desk.folder.url(service))
        if way < 0.5 and "gateway" in self.seconds:
            return self.seconds["gateway"]
        return self.desk.folder.url("gateway")

    def _order(self) -> Order:
        kind = self.chance.choices(("report", "batch", "scan", "incident", "entry"), (40, 15, 20, 15, 10))[0]
        if kind == "entry" and self._forms:
            return self._entry(*self._forms.pop())
        if kind == "batch":
            items = [
                {"id": self._uuid(), "tps_code": self.chance.choice(self.tps), **self._report()}
                for _ in range(20)
            ]
            return self._to("turnout", "/turnout-reports:batch", {"items": items}, "kpps")
        if kind == "scan":
            return self._to("logistics", "/custody-scans", self._scan(), "courier")
        if kind == "incident":
            body: dict[str, object] = {
                "category": self.chance.choice(("disaster", "security", "health", "social")),
                "description": "A rehearsed incident.",
                "occurred_at": "2024-11-27T03:00:00Z",
                "tps_code": self.chance.choice(self.tps),
            }
            return self._to("incidents", "/incidents", body, "kpps")
        return self._to(
            "turnout", f"/tps/{self.chance.choice(self.tps)}/turnout-reports", self._report(), "kpps"
        )

    def _to(self, service: str, path: str, body: Mapping[str, object], who: str) -> Order:
        return Order(service, BASE + path, body, self.tokens[who], self._uuid())

    def _report(self) -> dict[str, object]:
        return {
            "slot": f"{self.chance.randrange(8, 13):02}:00",
            "men": self.chance.randrange(250),
            "women": self.chance.randrange(250),
            "occurred_at": "2024-11-27T03:00:00Z",
            "channel": "app",
        }

    def _scan(self) -> dict[str, object]:
        return {
            "box_id": self._uuid(),
            "scan_point": "kecamatan",
            "place": f"{REGION}.0{self.chance.randrange(1, 7)}",
            "from_party": "courier",
            "to_party": "ppk",
            "occurred_at": "2024-11-26T10:00:00Z",
            "channel": "app",
        }

    def _entry(self, code: str, contest: str, person: int) -> Order:
        paper = random.Random(f"{code} {contest}")  # both read the same paper
        votes = {str(n): paper.randrange(20, 90) for n in range(1, CHOICES[contest] + 1)}
        valid, invalid = sum(votes.values()), paper.randrange(20)
        figures = {"votes": votes, "valid": valid, "invalid": invalid, "total": valid + invalid}
        body = {"figures": figures, "occurred_at": "2024-11-27T08:00:00Z", "channel": "app"}
        return self._to("turnout", f"/tps/{code}/forms/{contest}/entries", body, f"operator-{person}")

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))


async def make_clients(desk: FaultDesk, *, seed: str) -> Clients:
    """Return the clients of a desk, with their tokens."""
    tokens = {
        name: await asyncio.to_thread(desk.token, role, person=f"faults-{name}")
        for name, role in (
            ("kpps", "kpps"),
            ("courier", "courier"),
            ("operator-1", "operator"),
            ("operator-2", "operator"),
        )
    }
    async with desk.database("turnout") as connection:
        rows = await connection.fetch("select tps_code from tps_ref order by tps_code")
    return Clients(desk, random.Random(seed), [row["tps_code"] for row in rows], tokens)
