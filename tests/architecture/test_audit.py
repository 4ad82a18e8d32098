"""The operations whose looks are written down are those that docs/audit.md lists."""

import re
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from chassis.access_trail import write_down
from services.registry.routes.doors import note_change_of_access, note_list, note_number
from tests.architecture.house import ROOT, services
from tests.harness import bare_app


def _calls(dependant: Dependant) -> Iterator[object]:
    """Give what a route itself asks for; what its router notes of every command is not looked into."""
    yield dependant.call
    for inner in dependant.dependencies if dependant.call not in NOTED else ():
        yield from _calls(inner)


NOTED = (note_change_of_access, note_list, note_number)
"""What routers write down of every command of theirs."""


def _written_down() -> set[str]:
    found: set[str] = set()
    for process in (*services(), "gateway"):
        for route in iter_route_contexts(bare_app(process).routes):
            dependant = getattr(route, "dependant", None)
            if isinstance(dependant, Dependant) and write_down in _calls(dependant):
                found.add(str(route.name))
    return found


def test_the_page_lists_every_operation_that_leaves_a_look():
    listed = set(re.findall(r"^\| `(\w+)` \| ", (ROOT / "docs/audit.md").read_text(), re.MULTILINE))
    own = {name for name in _written_down() if not re.fullmatch(r"read_\w+_(changes|accesses)", name)}
    assert own == listed


def test_every_change_of_access_and_every_number_is_noted():
    for route in iter_route_contexts(bare_app("registry").routes):
        dependant = getattr(route, "dependant", None)
        if not isinstance(dependant, Dependant) or route.path_format is None:
            continue
        calls = set(_calls(dependant))
        assert (note_change_of_access in calls) is route.path_format.startswith("/v1/agencies"), route.path
        if re.search(r"/voters:(?!lookup)", route.path_format) and "/tps/" not in route.path_format:
            assert note_number in calls, route.path
        assert (note_list in calls) is ("/voters/imports" in route.path_format), route.path
