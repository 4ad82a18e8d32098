"""The shapes of actions: one sender, one moment, one command, one key that stays the same however often it is sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.access import Role
from contracts.vocabulary import Channel
from simulator.timeline.commands import Command


class Network(StrEnum):
    """What happens to a request on its way."""

    GOOD = "good"
    SENT_TWICE = "sent_twice"
    """An impatient client sends the request again, with the same key, before the first is answered."""
    ANSWER_CUT = "answer_cut"
    """The connection breaks after the request and before the answer; the client sends again with the same key."""
    QUEUED = "queued"
    """There was no network when it happened; the device kept the request and sends it now."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who sends.

    Attributes:
        role: None for a member of the public without a token.
        person: pseudonym; the token's subject.
        region: what the token covers.
    """

    role: Role | None
    person: str
    device: str
    region: str


@dataclass(frozen=True, slots=True)
class Action:
    """One command on its way to the desk.

    Attributes:
        at: when it is sent, by the desk's clock, UTC.
        key: the idempotency key; the same for every try.
        after: keys of actions that must have been answered before.
    """

    at: datetime
    key: UUID
    by: Person
    command: Command
    channel: Channel = Channel.APP
    network: Network = Network.GOOD
    after: tuple[UUID, ...] = ()


def stable_uuid(at: datetime, *parts: str | int) -> UUID:
    """Return a UUIDv7 that is a pure function of a moment and a name.

    A client on a telephone makes such ids from its clock and chance; here the chance is a hash, so that a rehearsal that is
    started again sends the same keys.

    Args:
        at: the moment in the id, to the millisecond.
        parts: what the id names; the plan's seed first.
    """
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    milliseconds = round(at.timestamp() * 1000)
    random_bits = int.from_bytes(digest[:10], "big")
    high, low = random_bits >> 68, random_bits & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def fingerprint(actions: Iterable[Action]) -> str:
    """Return a hash of everything in a list of actions."""
    digest = hashlib.sha256()
    for action in actions:
        digest.update(repr(action).encode())
    return digest.hexdigest()
