"""The registry of generators: finds them, runs them, writes their files atomically, reports drift.

A generator is a module of this folder with a docstring and two names:

* ``OWNS``: glob patterns, relative to the repository, of every file that it makes. A file that matches and is not made any
  more is drift, so that a removed thing does not leave its document behind.
* ``generate()``: yields ``(path, content)`` for each file, path relative to the repository. It must be a pure function of the
  code: the same on every machine, no time, no random order.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Generator(Protocol):
    """What a module of this folder offers."""

    OWNS: Sequence[str]
    __doc__: str | None

    def generate(self) -> Iterable[tuple[str, str]]:
        """Yields each file's path, relative to the repository, and its text."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What one generator's files are against what lies in the repository; every list holds relative paths."""

    current: list[str]
    changed: list[str]
    missing: list[str]
    left_over: list[str]

    @property
    def drifted(self) -> list[str]:
        """Every path that `scripts/generate` would touch, each with the reason."""
        return [
            *(f"{path} (differs)" for path in self.changed),
            *(f"{path} (missing)" for path in self.missing),
            *(f"{path} (left over: nothing makes it any more)" for path in self.left_over),
        ]


def main(arguments: Sequence[str], *, root: Path) -> int:
    """Runs the command line of `scripts/generate`.

    Args:
        arguments: The command line without the program's name.
        root: The repository.

    Returns:
        The exit code: 0 done or no drift, 1 drift, 2 no such generator.
    """
    options = _parse(arguments)
    names = generator_names()
    unknown = [name for name in options.names if name not in names]
    if unknown:
        print(
            f"generate: no generator is called {', '.join(unknown)}; there are {', '.join(names)}",
            file=sys.stderr,
        )
        return 2
    if options.list:
        for name in names:
            print(f"{name:12} {_first_line(_load(name))}")
        return 0
    drifted: list[str] = []
    for name in sorted(options.names, key=_turn) or names:
        drifted += _run(name, root=root, write=not options.check)
    if drifted and options.check:
        print("generate: these files are not what the code makes; run scripts/generate and commit them:")
        print("\n".join(f"  {line}" for line in drifted))
        return 1
    return 0


FIRST = ("openapi_services",)
"""What others read from its file: the gateway's document and the reference of the API are made of the services' documents."""


def generator_names() -> list[str]:
    """Returns the names of the modules of this folder in the order in which they run, so that one run is enough."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return sorted(found, key=_turn)


def _turn(name: str) -> tuple[bool, str]:
    return name not in FIRST, name


def compare(generator: Generator, *, root: Path) -> tuple[Outcome, dict[str, str]]:
    """Compares what a generator makes with what lies in the repository.

    Args:
        generator: The module.
        root: The repository.

    Returns:
        The outcome, and every made file's text by its path.

    Raises:
        ValueError: The generator made a file outside its own patterns, or one file twice.
    """
    made: dict[str, str] = {}
    owned = {
        str(path.relative_to(root))
        for pattern in generator.OWNS
        for path in root.glob(pattern)
        if path.is_file()
    }
    for path, text in generator.generate():
        if path in made:
            raise ValueError(f"{path} was made twice")
        if not any(Path(path).match(pattern) for pattern in generator.OWNS):
            raise ValueError(f"{path} is not among the files that its generator owns")
        made[path] = text if text.endswith("\n") else text + "\n"
    outcome = Outcome(
        current=[path for path in made if path in owned and _read(root / path) == made[path]],
        changed=[path for path in made if path in owned and _read(root / path) != made[path]],
        missing=[path for path in made if path not in owned],
        left_over=sorted(owned - made.keys()),
    )
    return outcome, made


def write_atomically(path: Path, text: str) -> None:
    """Writes a text file so that a reader sees the old or the new one, never half.

    Args:
        path: The file; its folder is made when missing.
        text: Its whole content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _run(name: str, *, root: Path, write: bool) -> list[str]:
    outcome, made = compare(_load(name), root=root)
    if write:
        for path in [*outcome.changed, *outcome.missing]:
            write_atomically(root / path, made[path])
            print(f"{name}: wrote {path}")
        for path in outcome.left_over:
            (root / path).unlink()
            print(f"{name}: removed {path}")
    return outcome.drifted


def _load(name: str) -> Generator:
    return cast("Generator", cast("object", import_module(f"scripts.generators.{name}")))


def _first_line(generator: Generator) -> str:
    return (generator.__doc__ or "").strip().splitlines()[0] if generator.__doc__ else ""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class _Options(argparse.Namespace):
    names: list[str]
    check: bool
    list: bool


def _parse(arguments: Sequence[str]) -> _Options:
    parser = argparse.ArgumentParser(
        prog="scripts/generate", description="Writes the generated files of the repository."
    )
    parser.add_argument("names", nargs="*", help="generators to run (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file drifted")
    parser.add_argument("--list", action="store_true", help="name the generators")
    return parser.parse_args(arguments, namespace=_Options())
