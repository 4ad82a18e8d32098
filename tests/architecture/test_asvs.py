"""docs/asvs.md names what is there and counts its own rows; what it calls not applicable is not there indeed."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, python_files, relative, text, tree

PAGE = ROOT / "docs" / "asvs.md"
VERDICTS = ("met", "partly", "not met", "not applicable")
SERVED = ("contracts", "chassis", "services", "gateway")
REQUIREMENTS = 253
"""Of levels 1 and 2 in version 5.0.0."""

Row = tuple[str, str, str, str, str]


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of the chapters: id, level, what is asked, verdict, where."""
    found: list[Row] = []
    for line in text(PAGE).splitlines():
        if line.startswith("| V") and re.match(r"\| V\d+\.", line):
            first, level, asked, verdict, where = (cell.strip() for cell in line.strip("|").split(" | "))
            found.append((first, level, asked, verdict, where))
    return tuple(found)


def test_every_requirement_has_one_row():
    ids = [row[0] for row in rows()]
    assert len(ids) == len(set(ids)) == REQUIREMENTS
    assert all(re.fullmatch(r"V\d{1,2}\.\d{1,2}\.\d{1,2}", each) for each in ids)
    assert {row[1] for row in rows()} == {"1", "2"}


def test_every_verdict_is_one_of_four_and_says_where_or_why():
    wrong = [row[0] for row in rows() if row[3] not in VERDICTS or not row[4]]
    assert not wrong, wrong
    bare = [row[0] for row in rows() if row[3] == "met" and "`" not in row[4]]
    assert not bare, f"met, and nothing of ours is named: {bare}"


def test_the_counts_are_those_of_the_rows():
    told = {
        cells[0].strip("*"): [int(cell.strip("*")) for cell in cells[1:]]
        for line in text(PAGE).splitlines()
        if re.match(r"\| (V\d+ |\*\*all)", line)
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    }
    chapters = {name.partition(" ")[0]: counts for name, counts in told.items()}
    for chapter, counts in chapters.items():
        own = [row for row in rows() if chapter == "all" or row[0].startswith(f"{chapter}.")]
        by_verdict = Counter(row[3] for row in own)
        assert counts == [*(by_verdict[verdict] for verdict in VERDICTS), len(own)], chapter
    assert {row[0].partition(".")[0] for row in rows()} | {"all"} == set(chapters)


def test_what_the_page_names_exists():
    missing: list[str] = []
    for name, _, _, _, where in rows():
        for path, _, test in (each.partition("::") for each in re.findall(r"`([\w./-]+/[\w./:-]+)`", where)):
            file = ROOT / path
            if not file.exists() or (test and test not in _functions(path)):
                missing.append(f"{name}: {path}::{test}")
    assert not missing, missing


@cache
def _functions(path: str) -> frozenset[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree(ROOT / path)) if isinstance(node, kinds))


NOT_USED = frozenset(
    {
        *("subprocess", "multiprocessing", "pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml"),
        *("ldap", "ldap3", "smtplib", "imaplib", "jinja2", "mako", "pymemcache", "graphql", "strawberry"),
        *("websockets", "wsproto", "aiortc", "onelogin", "saml2", "passlib", "bcrypt"),
    }
)
BUILTINS_NOT_USED = frozenset({"eval", "exec", "compile", "__import__"})
METHODS_NOT_USED = frozenset({"system", "popen", "websocket", "add_websocket_route", "TemplateResponse"})


def test_what_is_called_not_applicable_is_not_used():
    """Whoever needs one of these looks at the rows of docs/asvs.md that say that it is not there."""
    used = [
        f"{relative(path)}: {name}"
        for path in python_files(*SERVED)
        for name in _imported_and_called(tree(path))
        # The one thing taken from an XML library is the name of its error.
        if not (path.name == "import_files.py" and name == "xml")
    ]
    assert not used, used


def _imported_and_called(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from (each.name.partition(".")[0] for each in names if _top(each.name) in NOT_USED)
            case ast.ImportFrom(module=str(name)) if _top(name) in NOT_USED:
                yield _top(name)
            case ast.Call(func=ast.Name(id=name)) if name in BUILTINS_NOT_USED:
                yield name
            case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS_NOT_USED:
                yield name
            case _:
                pass


def _top(module: str) -> str:
    return module.partition(".")[0]


def test_there_are_no_cookies():
    words = ("set_cookie", "SessionMiddleware", "document.cookie", "Set-Cookie", "request.cookies")
    sources = [*python_files(*SERVED), *_page_sources()]
    used = [f"{relative(path)}: {word}" for path in sources for word in words if word in text(path)]
    assert not used, used


@pytest.mark.parametrize(
    "way",
    [
        *(
            "{@html",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "srcdoc",
            "javascript:",
        ),
        *("eval(", "new Function", "postMessage", "window.open"),
    ],
)
def test_the_page_makes_no_html_of_data(way: str):
    used = [relative(path) for path in _page_sources() if way in text(path)]
    assert not used, used


@cache
def _page_sources() -> tuple[Path, ...]:
    found = tuple(
        path
        for path in sorted((ROOT / "gateway" / "web" / "src").rglob("*"))
        if path.suffix in {".ts", ".svelte"}
    )
    assert len(found) > 20
    return found
