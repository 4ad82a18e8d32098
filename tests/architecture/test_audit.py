"""The operations whose looks are written down are those that docs/audit.md lists."""

import re
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from chassis.access_trail import write_down
from tests.architecture.house import ROOT, services
from tests.harness import bare_app


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


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
