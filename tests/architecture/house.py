"""What the tests of this folder read: the repository's own files, found anew each time and never from a list kept by hand."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "chassis", "services", "gateway", "simulator", "cli", "deploy")
NOT_OURS = {
    ".git",
    ".venv",
    ".desk",
    ".tools",
    "node_modules",
    "__pycache__",
    ".hypothesis",
    "faults",
    "dist",
    "build",
}


@cache
def files(*, suffix: str, under: tuple[str, ...] = (".",)) -> tuple[Path, ...]:
    """Return every file of ours with a suffix, sorted, hidden folders of tools left out."""
    found = (path for top in under for path in _walk(ROOT / top) if path.suffix == suffix)
    return tuple(sorted(found))


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.exists():
        return
    for entry in folder.iterdir():
        if entry.name in NOT_OURS or entry.name.endswith("_cache") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def relative(path: Path) -> str:
    """Return a path as the repository names it."""
    return path.relative_to(ROOT).as_posix()


def python_files(*under: str) -> tuple[Path, ...]:
    """Return every Python file under the named folders; of the whole repository without any."""
    return files(suffix=".py", under=under or (".",))


def markdown_files() -> tuple[Path, ...]:
    """Return every Markdown file of ours."""
    return files(suffix=".md")


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def text(path: Path) -> str:
    """Return a file's text."""
    return path.read_text(encoding="utf-8")


def services() -> list[str]:
    """Return the services that exist as processes: the folders of `services/` with a `__main__`."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string of a file that is not a docstring, with its line."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public_functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the module-level functions of a file whose names are public."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def names(node: ast.AST) -> set[str]:
    """Return every name and attribute that a piece of code mentions."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {
        part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)
    }
