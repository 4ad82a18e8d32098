"""Files and functions stay small, and nothing is named after nothing."""

import ast

from tests.architecture.house import PACKAGES, ROOT, functions, python_files, relative, services

LONGEST_FILE = 420
LONGEST_FUNCTION = 60  # without signature, docstring and the functions inside it; about 40 is the aim
EMPTY_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "platform",
    "misc",
    "stuff",
    "base",
}
FLOOR_PLAN = (
    "README.md",
    "__main__.py",
    "app.py",
    "routes",
    "commands",
    "tables",
    "rules",
    "schemas",
    "settings",
    "migrations",
)
SERVICE_PAGE = ("Owns", "Commands", "Events out", "Events in", "Invariants")


def test_no_file_is_too_long():
    long = {
        relative(path): lines
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long, f"split into a package of the same name, one file per aggregate: {long}"


def test_no_function_is_too_long():
    long = {
        f"{relative(path)}:{function.lineno} {function.name}": length
        for path in python_files(*PACKAGES, "scripts", "bench", "faults")
        if "versions" not in path.parts
        for function in functions(path)
        if (length := _body_lines(function)) > LONGEST_FUNCTION
    }
    assert not long, f"functions of more than {LONGEST_FUNCTION} lines: {long}"


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    inner = (
        (node.end_lineno or 0) - node.lineno + 1
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 - sum(inner) if body else 0


def test_nothing_is_named_after_nothing():
    nameless = [
        relative(path)
        for path in python_files()
        if EMPTY_NAMES & {path.stem, *(part.lower() for part in path.relative_to(ROOT).parts[:-1])}
    ]
    assert not nameless, f"say what the module is for: {nameless}"


def test_every_service_has_the_floor_plan():
    missing = [
        f"services/{service}/{name}"
        for service in services()
        for name in FLOOR_PLAN
        if not _there(service, name)
    ]
    assert not missing, f"see services/README.md: {missing}"


def _there(service: str, name: str) -> bool:
    place = ROOT / "services" / service / name
    return place.exists() or place.with_suffix(".py").exists()


def test_every_service_page_says_the_same_five_things():
    missing = [
        f"services/{service}/README.md: no section '{section}'"
        for service in services()
        for section in SERVICE_PAGE
        if f"## {section}".lower()
        not in (ROOT / "services" / service / "README.md").read_text(encoding="utf-8").lower()
    ]
    assert not missing, missing


def test_tests_live_in_the_folders_that_the_readme_describes():
    described = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    kinds = {
        path.relative_to(ROOT / "tests").parts[0]
        for path in python_files("tests")
        if path.name.startswith("test_")
    }
    strangers = sorted(kind for kind in kinds if f"`{kind}/`" not in described)
    assert not strangers, f"tests/README.md does not say what these may do: {strangers}"
