"""The plan of a campaign: fault number n of a seed is always the same fault."""

import random
from dataclasses import dataclass

SERVICES = ("registry", "logistics", "incidents", "turnout")
OWNERS = (*SERVICES, "gateway")
DRIVEN = ("logistics", "incidents", "turnout")
"""Services that the clients send commands to, so that something is under way in them."""

LEDGER_POINTS = ("before_commit", "after_commit", "outbox_read", "produced", "acknowledged", "marked")
INBOX_POINTS = ("inbox_insert", "offset_commit")

WEIGHTS = {
    "crash": 30,
    "kill": 30,
    "pause": 8,
    "cut": 8,
    "stall": 5,
    "slow": 4,
    "wipe": 4,
    "older": 3,
    "delete_topic": 3,
    "jump": 2,
    "two": 6,
    "full": 4,
    "aged": 2,
}
"""How often each kind comes; the first two alone in a plan of kills."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: one of `WEIGHTS`.
        at: the process, or the owner of the database, topic or connection.
        point: crash point of a `crash`; `first` or `second` of a `two`; of a broken connection `database`, `broker`, or
            `door` (from the gateway to a service).
        amount: seconds that it lasts; of a `jump` the hours, of `aged` the days.
        wait_s: seconds of load before it.
    """

    number: int
    kind: str
    at: str
    point: str
    amount: float
    wait_s: float

    def __str__(self) -> str:
        parts = [self.kind, self.at, self.point, f"{self.amount:g}" if self.amount else ""]
        return " ".join(part for part in parts if part)


def fault(seed: int, number: int, *, kills_only: bool = False) -> Fault:
    """Return one fault of a plan; it depends on nothing but the arguments."""
    chance = random.Random(f"{seed}:{number}")
    kinds = list(WEIGHTS)[:2] if kills_only else list(WEIGHTS)
    kind = chance.choices(kinds, [WEIGHTS[k] for k in kinds])[0]
    at, point, amount = "kafka", "", 0.0
    match kind:
        case "crash":
            at = chance.choice((*DRIVEN, "gateway"))
            point = chance.choice(INBOX_POINTS if at == "gateway" else LEDGER_POINTS)
        case "kill":
            at = chance.choice((*OWNERS, "kafka", "postgres"))
        case "pause":
            at, amount = chance.choice((*OWNERS, "kafka", "postgres")), round(chance.uniform(1, 8), 1)
        case "cut" | "stall" | "slow":
            point = chance.choice(("database", "broker", "door"))
            at = {"database": chance.choice(OWNERS), "broker": "kafka", "door": chance.choice(DRIVEN)}[point]
            amount = round(chance.uniform(1, 6), 1)
        case "wipe":
            at = chance.choice(("", *DRIVEN))  # whose refill is cut off by a crash
        case "delete_topic":
            at = chance.choice(SERVICES)
        case "two":
            at, point = chance.choice(OWNERS), chance.choice(("first", "second"))
        case "full":
            at, amount = chance.choice(("postgres", "postgres", "kafka")), round(chance.uniform(2, 6), 1)
        case "aged":
            at, amount = "", 200.0
        case "jump":
            at, amount = "clock", round(chance.uniform(-2, 3), 2)
        case _:
            pass
    return Fault(number, kind, at, point, amount, round(chance.uniform(0.2, 1.5), 2))
