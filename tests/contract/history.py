"""The steps that files took in the repository: what each commit made of them, and what the working tree makes of them now."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class NoHistoryError(Exception):
    """This is no clone of the repository: an archive, or a copy without git."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step made of one file.

    Attributes:
        at: short hash of the commit, or `working tree`.
        after: None where the file went.
    """

    at: str
    path: str
    before: str
    after: str | None


def steps(paths: Sequence[str], *, most: int = 50) -> Iterator[Step]:
    """Give the steps of files that were there before, newest first: the working tree's, and those of the last commits.

    Each commit is held against its parents, so that one that changes a document together with its code is seen as well.

    Raises:
        NoHistoryError: there is nothing to hold against.
    """
    for line in _git(
        "diff", "--name-only", "--no-renames", "--diff-filter=MD", "HEAD", "--", *paths
    ).splitlines():
        file = ROOT / line
        after = file.read_text() if file.exists() else None
        yield Step("working tree", line, _git("show", f"HEAD:{line}"), after)
    for line in _git("log", "-n", str(most), "--format=%h %p", "--", *paths).splitlines():
        commit, *parents = line.split()
        for parent in parents:
            yield from _steps_between(parent, commit, paths)


def is_shallow() -> bool:
    """Say whether this clone holds a part of the history alone.

    Raises:
        NoHistoryError: it is no clone at all.
    """
    return _git("rev-parse", "--is-shallow-repository").strip() == "true"


def _steps_between(before: str, after: str, paths: Sequence[str]) -> Iterator[Step]:
    changed = _git(
        "diff", "--raw", "--abbrev=40", "--no-renames", "--diff-filter=MD", before, after, "--", *paths
    )
    for line in changed.splitlines():
        described, path = line.split("\t")
        _, _, old, new, status = described.split()
        yield Step(
            after,
            path,
            _git("cat-file", "blob", old),
            None if status == "D" else _git("cat-file", "blob", new),
        )


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoHistoryError(done.stderr.strip())
    return done.stdout
