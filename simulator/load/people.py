"""Registers the people of the days with the desk's own agency: who is neither registered nor on a roster gets no token."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from uuid import UUID, uuid5

from contracts.access import Role
from simulator.desk.client import Command, Desk, encoded
from simulator.load.insisting import insist
from simulator.plan.model import Plan
from simulator.timeline.actions import Action, Person
from simulator.timeline.people import agency

AGENCY = "desk"
"""The agency that the first applications of a desk belong to."""

SPACE = UUID("0193645e-6f00-7000-8000-6465736b0002")
ABREAST = 16

ON_ROSTERS = frozenset({Role.KPPS, Role.PTPS})
"""They come with the rosters of their TPS."""


def people_of(plan: Plan, actions: Iterable[Action] = ()) -> list[Person]:
    """Return who has to be registered: an officer of each role for the whole region, and whoever acts in the days."""
    found = [agency(role, plan.region) for role in Role]
    found += [action.by for action in actions]
    wanted = {p.person: p for p in found if p.role is not None and p.role not in ON_ROSTERS}
    return [wanted[name] for name in sorted(wanted)]


async def register(
    desk: Desk, people: Iterable[Person], *, election: str, say: Callable[[str], None]
) -> None:
    """Register people, some at a time; whoever is registered already stays as they are.

    Raises:
        LoadError: the desk refused somebody.
    """
    left = iter(people)
    counts = await asyncio.gather(*(_some(desk, left, election=election) for _ in range(ABREAST)))
    say(f"{sum(counts)} people are registered")


async def _some(desk: Desk, left: Iterator[Person], *, election: str) -> int:
    count = 0
    for person in left:
        await insist(partial(desk.administer, _registration(person, election)))
        count += 1
    return count


def _registration(person: Person, election: str) -> Command:
    assert person.role is not None
    path = f"/v1/agencies/{AGENCY}/people/{person.person}"
    body = {
        "roles": [person.role.value],
        "regions": [person.region],
        "election": election,
        "channel": "simulator",
    }
    content = encoded(body)
    return Command("PUT", path, content, key=uuid5(SPACE, f"{path}|{content.decode()}"))
