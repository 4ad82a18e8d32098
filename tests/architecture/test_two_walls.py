"""Who works for every region, and who looks beyond its own: short lists, each with its reason."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("chassis", "services", "gateway")
BEYOND: Final = {
    "services/registry/commands/rosters.py": "one person holds one slot, wherever the other one is; and was screened, or not",
    "services/registry/commands/roster_marks.py": "that somebody was screened is marked at their post; how it went is not",
    "services/registry/commands/frame.py": "a code is one thing's in the whole election; the command judges whose",
    "services/registry/commands/keepers.py": "of which agency the caller's application is, and which agencies are gone",
    "services/registry/commands/trainings.py": "somebody who serves elsewhere is not made trained from here",
    "services/registry/commands/voters.py": "one person is once on the list of an election",
    "services/registry/commands/voter_changes.py": "as above: somebody who is on no list walks in",
    "services/registry/commands/voter_niks.py": "as above: a NIK that is corrected is nobody else's",
    "services/registry/commands/risk_layers.py": "keeps the file of an import, whose parts are the worker's alone",
    "services/logistics/commands/boxes.py": "an id and a seal are one in the whole election",
    "services/logistics/commands/shipments.py": "a kecamatan's boxes may leave from the warehouse of its city",
    "services/logistics/commands/supplies.py": "marks what the service computes anew when an item of the election changes",
    "services/turnout/queries/tallies.py": "how many entries a form has and where they differ, and how far it is from the sum "
    "of its kelurahan's others; of those nothing is told",
}
"""Look-ups that see every region, decide by what they find, and tell nobody of it."""
BEYOND_THEIR_PURPOSES: Final = {
    "services/registry/commands/keepers.py",
    "services/registry/commands/roster_marks.py",
    "services/registry/commands/rosters.py",
    "services/turnout/queries/tallies.py",
}
"""Those that see what the caller is not there for, too."""
FOR_ITSELF: Final = {
    "chassis/consumer.py": "what other services tell",
    "services/registry/consumers/imports.py": "the worker of imports; a chunk is taken in for the regions of its import",
    "services/registry/routes/uploads.py": "the parts of a file, which are the worker's alone",
    "chassis/access_changes.py": "from when on tokens count, whosever they are",
    "services/registry/routes/tokens.py": "the first applications are there before anybody who might bring them",
    "services/registry/routes/voter_lookups.py": "questions are counted, whoever asks",
    "services/logistics/app.py": "needs that are computed, and scans that find their boxes",
    "services/incidents/app.py": "figures for the metrics",
}
"""What runs for the service itself, without a caller's regions."""
BY_A_SECRET: Final = {
    "services/incidents/routes/public_reports.py": "the status of a report is found by the code that its reporter got",
    "services/registry/routes/tokens.py": "what somebody may is found by who they are, wherever their post is",
    "services/registry/routes/devices.py": "a device is found by the code that it shows",
    "services/registry/routes/voter_lookups.py": "where somebody votes is what is asked",
}
"""What looks in every region for a purpose that it names, because the asker has a secret and no regions."""


def test_who_looks_beyond_its_regions_is_on_the_list() -> None:
    found = Counter(path for path, node in _nodes() if _calls(node, "beyond_regions"))
    assert set(found) - {"chassis/database.py"} == set(BEYOND), (
        "say why in BEYOND, or stay within the regions"
    )
    assert all(count == 1 for count in found.values()), found


def test_who_works_for_every_region_is_on_the_list() -> None:
    found = {path for path, node in _nodes() if _gives(node, "EVERYWHERE")}
    assert found == set(FOR_ITSELF), "say why in FOR_ITSELF, or work for the caller's regions"


def test_who_looks_by_a_secret_and_who_looks_beyond_their_purposes_is_on_the_lists() -> None:
    assert {path for path, node in _nodes() if _calls(node, "everywhere_for")} == set(BY_A_SECRET)
    beyond = {
        path
        for path, node in _nodes()
        if _calls(node, "beyond_regions") and isinstance(node, ast.Call) and node.keywords
    }
    assert beyond - {"chassis/database.py"} == BEYOND_THEIR_PURPOSES


def test_the_nation_is_never_written_where_regions_are_asked_for() -> None:
    """`("*",)` would be `EVERYWHERE` without its name, and on no list."""
    opened = [node for _, node in _nodes() if _calls(node, "transaction") or _calls(node, "reading")]
    assert opened
    for call in opened:
        assert isinstance(call, ast.Call)
        for argument in call.args:
            assert not isinstance(argument, ast.Tuple | ast.List | ast.Constant), ast.unparse(call)


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                yield str(file.relative_to(ROOT)), node


def _calls(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return (isinstance(called, ast.Attribute) and called.attr == name) or (
        isinstance(called, ast.Name) and called.id == name
    )


def _gives(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and any(
        isinstance(arg, ast.Name) and arg.id == name for arg in node.args
    )
