"""The book that a timeline is written into: one line per action, each with its key."""

import random
from datetime import datetime
from uuid import UUID

from contracts.vocabulary import Channel
from simulator.plan.model import Plan, TpsPlan
from simulator.timeline.actions import Action, Network, Person, stable_uuid
from simulator.timeline.chance import draw_network
from simulator.timeline.commands import Command


class Book:
    """Actions as they are written, in no order, and the plan that they come from."""

    def __init__(self, plan: Plan, *, chapter: str) -> None:
        self.plan = plan
        self.rng = random.Random(f"{plan.seed}:{plan.region}:{chapter}")
        self.actions: list[Action] = []
        self._chapter = chapter

    def id_at(self, at: datetime, *name: str | int) -> UUID:
        """Return a stable id for a thing that this chapter makes."""
        return stable_uuid(at, self.plan.seed, self.plan.election, self._chapter, "id", *name)

    def write(
        self,
        at: datetime,
        by: Person,
        command: Command,
        *,
        name: tuple[str | int, ...],
        channel: Channel = Channel.APP,
        network: Network | None = None,
        after: tuple[UUID, ...] = (),
    ) -> UUID:
        """Write an action and return its key.

        Args:
            at: when it is sent.
            by: who sends it.
            command: what is sent.
            name: what makes it one of its kind in the chapter; the key comes from it.
            channel: how it reaches the desk.
            network: what happens on the way; drawn where it is None.
            after: keys that must have been answered before.
        """
        kind = type(command).__name__
        key = stable_uuid(at, self.plan.seed, self.plan.election, self._chapter, kind, *name)
        on_the_way = draw_network(self.rng) if network is None else network
        self.actions.append(Action(at, key, by, command, channel, on_the_way, after))
        return key


def by_kelurahan(plan: Plan) -> dict[str, list[TpsPlan]]:
    """Return the TPS of a plan by the code of their kelurahan."""
    groups: dict[str, list[TpsPlan]] = {}
    for tps in plan.tps:
        groups.setdefault(tps.kelurahan, []).append(tps)
    return groups


def by_kecamatan(plan: Plan) -> dict[str, list[TpsPlan]]:
    """Return the TPS of a plan by the code of their kecamatan."""
    groups: dict[str, list[TpsPlan]] = {}
    for tps in plan.tps:
        groups.setdefault(tps.kecamatan, []).append(tps)
    return groups
