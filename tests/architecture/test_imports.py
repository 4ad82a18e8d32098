"""Who may import whom. The layers stand in pyproject.toml, [tool.importlinter]; here is what a list of layers cannot say."""

import subprocess
import sys

import grimp
import pytest

from tests.architecture.house import PACKAGES, ROOT, services

STANDARD_LIBRARY = sys.stdlib_module_names


PURE_LIBRARIES = {"lokal", "shapely", "geojson_pydantic"}
"""Data and arithmetic: regions of the nation, polygons. They ask nothing of anybody."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_the_layers_hold():
    run = subprocess.run(
        [ROOT / ".venv/bin/lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def test_every_service_is_under_the_layers():
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    missing = [service for service in services() if config.count(f'"services.{service}"') < 2]
    assert not missing, f"name them in the layers and in the independence contract: {missing}"


def test_rules_import_words_and_nothing_that_acts(graph: grimp.ImportGraph):
    """A rule answers yes or no from what it is given: contracts, schemas, errors, settings and pure standard modules."""
    acting = {
        "os",
        "socket",
        "asyncio",
        "subprocess",
        "random",
        "secrets",
        "time",
        "urllib",
        "http",
        "threading",
    }
    wrong: list[str] = []
    for module in graph.modules:
        if not _is_part(module, "rules"):
            continue
        service = module.split(".")[1]
        for target in graph.find_modules_directly_imported_by(module):
            top = target.split(".")[0]
            pure = top in STANDARD_LIBRARY - acting or top in {"contracts", "pydantic", *PURE_LIBRARIES}
            pure = pure or target == "chassis.problems"  # plain exceptions: a rule may be what refuses
            own = any(
                target.startswith(f"services.{service}.{part}")
                for part in ("rules", "schemas", "errors", "settings")
            )
            if not (pure or own):
                wrong.append(f"{module} imports {target}")
    assert not wrong, wrong


def test_errors_build_on_the_problems_alone(graph: grimp.ImportGraph):
    wrong = [
        f"{module} imports {target}"
        for module in graph.modules
        if _is_part(module, "errors")
        for target in graph.find_modules_directly_imported_by(module)
        if target.split(".")[0] not in STANDARD_LIBRARY | {"contracts"}
        and not target.startswith(("chassis.problems", ".".join(module.split(".")[:3])))
    ]
    assert not wrong, wrong


def test_the_chassis_knows_nothing_of_elections(graph: grimp.ImportGraph):
    """It may use the words that are not about elections: envelope, catalog, vocabulary of codes and access."""
    # A named group of regions stands in a grant wherever a region does, so every process has to know the groups.
    # Whose tokens no longer count is told by an event too, and every process has to hear of it.
    known = {
        ("chassis.region_groups", "contracts.registry_events"),
        ("chassis.access_changes", "contracts.registry_events"),
    }
    field = [
        module
        for module in graph.modules
        if module.endswith("_events") or module.startswith("contracts.legal_rules")
    ]
    wrong = [
        f"{module} imports {target}"
        for module in graph.modules
        if module.split(".")[0] == "chassis"
        for target in graph.find_modules_directly_imported_by(module)
        if target in field and (module, target) not in known
    ]
    assert not wrong, wrong


def test_commands_and_queries_leave_each_other_alone(graph: grimp.ImportGraph):
    wrong = [
        f"{module} imports {target}"
        for module in graph.modules
        if _is_part(module, "commands")
        for target in graph.find_modules_directly_imported_by(module)
        if _is_part(target, "queries")
    ]
    assert not wrong, f"a command reads what it locks: {wrong}"


def _is_part(module: str, part: str) -> bool:
    pieces = module.split(".")
    return (pieces[0] == "services" and len(pieces) > 2 and pieces[2] == part) or (
        pieces[0] == "gateway" and len(pieces) > 1 and pieces[1] == part
    )
