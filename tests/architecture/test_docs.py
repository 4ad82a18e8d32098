"""Documents cannot rot: they name all there is, what they name exists, and their links lead somewhere."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from contracts.catalog import CATALOG
from tests.architecture.house import (
    PACKAGES,
    ROOT,
    files,
    functions,
    markdown_files,
    python_files,
    relative,
    text,
    tree,
)

REFERENCE = ROOT / "docs" / "reference"
ADR_SECTIONS = ("Context", "Decision", "Consequences", "Alternatives")
ONE_PAGE = 75  # lines


def test_every_setting_is_documented():
    page = text(REFERENCE / "settings.md")
    missing = [f"{relative(path)} {name}" for path, name in _settings() if f"`{name}`" not in page]
    assert not missing, f"scripts/generate reference_settings: {missing}"


def test_every_setting_says_what_it_is_for():
    bare = [
        line.split("|")[1].strip()
        for line in text(REFERENCE / "settings.md").splitlines()
        if line.startswith("| `DESK_") and not line.split(" | ")[-1].strip(" |")
    ]
    assert not bare, f"Field(description=...): {bare}"


def _settings() -> Iterator[tuple[Path, str]]:
    """Yield the environment variable of every field of every class whose name or base ends in Settings."""
    for path in python_files("chassis", "services", "gateway"):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and any(
                ast.unparse(base).endswith("Settings") for base in node.bases
            ):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        yield path, f"DESK_{field.target.id.upper()}"


def test_every_problem_is_documented():
    page = text(REFERENCE / "problems.md")
    missing = [f"{relative(path)} {code}" for path, code in _problem_codes() if f"`{code}`" not in page]
    assert not missing, f"scripts/generate reference_problems: {missing}"


def _problem_codes() -> Iterator[tuple[Path, str]]:
    """Yield each `code = "..."` (also within `status, code = ...`) of a class body in problems.py and errors."""
    for path in python_files("chassis", "services", "gateway"):
        if not ({path.stem, path.parent.name} & {"problems", "errors"}):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                for statement in node.body:
                    if isinstance(statement, ast.Assign):
                        yield from ((path, code) for code in _code_of(statement))


def _code_of(statement: ast.Assign) -> Iterator[str]:
    for target in statement.targets:
        names, values = [target], [statement.value]
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            names, values = list(target.elts), list(statement.value.elts)
        for name, value in zip(names, values, strict=True):
            if isinstance(name, ast.Name) and name.id == "code" and isinstance(value, ast.Constant):
                yield str(value.value)


def test_every_event_is_documented():
    page = text(REFERENCE / "events.md")
    missing = [type_ for type_ in CATALOG if f"`{type_}`" not in page]
    assert not missing, f"scripts/generate reference_events: {missing}"


def test_every_metric_is_documented():
    page = text(REFERENCE / "metrics.md")
    made = {
        (relative(path), value)
        for path in python_files("chassis", "services", "gateway")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(value := node.value, str)
        if re.fullmatch(
            r"desk_[a-z_]+_(seconds|bytes|events|commands|records|ratio|total|tps|forms|votes|count)", value
        )
    }
    missing = sorted(f"{path} {name}" for path, name in made if name.removesuffix("_total") not in page)
    assert not missing, f"scripts/generate reference_metrics: {missing}"


def test_every_public_route_is_documented():
    """An operation's id is its function's name; what is under /internal, or is no operation of the API, has no place there."""
    page = text(REFERENCE / "api.md")
    missing = [
        f"{relative(path)}:{function.lineno} {function.name}"
        for path in python_files("services", "gateway")
        if "routes" in {path.stem, path.parent.name}
        for function in functions(path)
        if any(_is_route(decorator) for decorator in function.decorator_list)
        if f"`{function.name}`" not in page
    ]
    assert not missing, f"scripts/generate (openapi first): {missing}"


def _is_route(decorator: ast.expr) -> bool:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return False
    hidden = any(keyword.arg == "include_in_schema" for keyword in decorator.keywords)
    return decorator.func.attr in {"get", "post", "put", "patch", "delete"} and not hidden


def test_every_make_target_is_described_and_documented():
    makefile = text(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    described = set(re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, re.MULTILINE))
    assert targets == described, f"'## what it does' behind each: {targets - described}"
    documents = text(ROOT / "README.md") + text(ROOT / "CONTRIBUTING.md")
    missing = sorted(target for target in targets if f"make {target}" not in documents)
    assert not missing, f"README.md or CONTRIBUTING.md names every target: {missing}"


def test_every_command_in_a_document_exists():
    makefile = set(re.findall(r"^([a-z][a-z-]*):", text(ROOT / "Makefile"), re.MULTILINE))
    wrong: list[str] = []
    for path in markdown_files():
        for line in _commands(text(path)):
            wrong += [
                f"{relative(path)}: make {target}" for target in _make_targets(line) if target not in makefile
            ]
            wrong += [
                f"{relative(path)}: {name}"
                for name in re.findall(r"(?<![\w/])scripts/[\w./-]+", line)
                if not (ROOT / name).exists()
            ]
            wrong += [
                f"{relative(path)}: python -m {module}"
                for module in re.findall(
                    r"python3? -m ((?:services|gateway|deploy|simulator|cli)[\w.]*)", line
                )
                if not module.endswith(".") and not _is_module(module)  # `services.<name>` is a pattern
            ]
    assert not wrong, wrong


def test_every_desk_command_in_a_document_exists():
    if not any(path.stem != "__init__" for path in python_files("cli")):
        pytest.fail("cli/ has no command yet")
    known = _desk_commands()
    wrong = sorted(
        {
            f"{relative(path)}: desk {word}"
            for path in markdown_files()
            for line in _commands(text(path))
            for word in re.findall(r"(?:^|[\s(`/])desk ([a-z][a-z-]*)", line)
            if word not in known
        }
    )
    assert not wrong, f"the command line knows {sorted(known)}: {wrong}"


@cache
def _desk_commands() -> frozenset[str]:
    shown = subprocess.run(
        [ROOT / ".venv/bin/desk", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "200", "TERM": "dumb"},
    )
    return frozenset(re.findall(r"^[│\s]+([a-z][a-z-]*)\s{2,}", shown.stdout, re.MULTILINE))


def _commands(document: str) -> Iterator[str]:
    """Yield every line of a console block and every inline code that looks like a command."""
    for block in re.findall(r"```(?:console|sh|bash|shell)\n(.*?)```", document, re.DOTALL):
        yield from (line.split("  #")[0] for line in block.splitlines())
    yield from re.findall(r"`((?:make|desk|\.venv/bin/desk|scripts/|python -m )[^`\n]*)`", document)


def _make_targets(line: str) -> list[str]:
    found = re.search(r"(?:^|[\s$])make ((?:[\w=./-]+\s?)+)", line)
    return [word for word in found[1].split() if re.fullmatch(r"[a-z][a-z-]*", word)] if found else []


def _is_module(module: str) -> bool:
    place = ROOT / module.replace(".", "/")
    return place.with_suffix(".py").exists() or (place / "__main__.py").exists()


def test_links_lead_somewhere():
    broken = [
        f"{relative(path)}: {target}"
        for path in markdown_files()
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", _without_code(text(path)))
        if not target.startswith(("http://", "https://", "#", "mailto:", "/")) and not _resolves(path, target)
    ]
    assert not broken, broken


def test_pictures_exist():
    broken = [
        f"{relative(path)}: {target}"
        for path in markdown_files()
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", _without_code(text(path)))
        if not (path.parent / target).exists()
    ]
    assert not broken, broken


def _without_code(document: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", document, flags=re.DOTALL)


def _resolves(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    place = (page.parent / name).resolve()
    if not place.exists():
        return False
    return not anchor or place.suffix != ".md" or anchor in _anchors(place)


@cache
def _anchors(page: Path) -> frozenset[str]:
    titles = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return frozenset(slugs | set(re.findall(r'<a id="([^"]+)"', text(page))))


def test_files_that_documents_name_exist():
    """A path in backticks that starts with one of our folders is there, unless it is made at run time (.gitignore)."""
    made_at_run_time = tuple(
        line.rstrip("/") for line in text(ROOT / ".gitignore").splitlines() if "/" in line
    )
    tops = (*PACKAGES, "docs", "tests", "scripts", "bench", "faults", ".ast-grep")
    wrong = sorted(
        {
            f"{relative(path)}: {name}"
            for path in markdown_files()
            for name in re.findall(r"`([\w.-]+/[\w./-]+)`", text(path))
            if name.split("/")[0] in tops and not name.startswith(made_at_run_time)
            if not (ROOT / name).exists() and not (path.parent / name).exists()
        }
    )
    assert not wrong, wrong


def test_decisions_have_one_form():
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert decisions
    numbers = [path.name[:4] for path in decisions]
    assert len(numbers) == len(set(numbers)), "two decisions share a number"
    for path in decisions:
        page = text(path)
        lines = page.splitlines()
        assert re.fullmatch(rf"# {path.name[:4]}\. .+", lines[0]), (
            f"{path.name}: the title is '# {path.name[:4]}. ...'"
        )
        assert re.search(r"^Status: (proposed|accepted|superseded by \[\d{4}\].*)$", page, re.MULTILINE), (
            f"{path.name}: no status"
        )
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(ADR_SECTIONS), (
            f"{path.name}: {ADR_SECTIONS}, in this order"
        )
        assert len(lines) <= ONE_PAGE, f"{path.name}: {len(lines)} lines are more than a page"


def test_every_decision_that_the_code_cites_exists():
    known = {int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    wrong = sorted(
        {
            f"{relative(path)}: decision {number}"
            for path in (*python_files(*PACKAGES), *markdown_files(), *files(suffix=".yml"))
            for number in re.findall(r"\b[Dd]ecision (\d{1,2})\b", text(path))
            if int(number) not in known
        }
    )
    assert not wrong, wrong


def test_documents_name_no_machine():
    """A path of somebody's machine, or a registry's host, is noise for everybody else."""
    wrong = sorted(
        {
            f"{relative(path)}: {found}"
            for path in (*markdown_files(), *python_files())
            if path != Path(__file__)
            for found in re.findall(r"/(?:home|root|Users|work|tmp)/[\w.-]+", text(path))
        }
    )
    assert not wrong, wrong


def test_every_page_is_on_the_list():
    """A page that nobody links to is never read."""
    index = text(ROOT / "docs" / "README.md")
    pages = [
        path for path in markdown_files() if relative(path).startswith("docs/") and path.parent.name != "adr"
    ]
    missing = [
        relative(path)
        for path in pages
        if path.name != "README.md" and f"({path.relative_to(ROOT / 'docs').as_posix()})" not in index
        if path.parent.name != "runbooks"
    ]
    assert not missing, f"a line in docs/README.md: {missing}"
