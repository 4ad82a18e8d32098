"""Reads deploy/Dockerfile, and lays out by hand what it would copy for one process: there is no Docker where the tests run."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.architecture.house import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Return every instruction and its text, continued lines joined, comments left out."""
    lines = [
        line
        for line in DOCKERFILE.read_text(encoding="utf-8").splitlines()
        if not line.lstrip().startswith("#")
    ]
    joined = re.sub(r"\\\n", "\n", "\n".join(lines))
    found: list[tuple[str, str]] = []
    for line in joined.splitlines():
        match = re.match(r"([A-Z]+)\s+(.*)$", line)
        if match:
            found.append((match[1], match[2].strip()))
        elif line.strip() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line.strip()}")
    return found


def stage(name: str) -> list[tuple[str, str]]:
    """Return the instructions of the stage that is called so."""
    inside = False
    kept: list[tuple[str, str]] = []
    for word, rest in instructions():
        if word == "FROM":
            inside = rest.endswith(f" AS {name}")
        elif inside:
            kept.append((word, rest))
    return kept


def lay_out(process: str, folder: Path) -> None:
    """Do in a folder what the stage `source` does in the image: the same copies, the same shell.

    Args:
        process: `registry`, `logistics`, `incidents`, `turnout` or `gateway`.
        folder: An empty folder.
    """
    for word, rest in stage("source"):
        if word == "COPY":
            source, target = rest.split()
            if (ROOT / source).is_dir():
                shutil.copytree(
                    ROOT / source,
                    folder / target,
                    ignore=shutil.ignore_patterns("__pycache__", "node_modules"),
                )
            else:
                shutil.copy(ROOT / source, folder / target)
        elif word == "RUN":
            subprocess.run(
                ["sh", "-c", rest], cwd=folder, env={"SERVICE": process, "PATH": "/usr/bin:/bin"}, check=True
            )
