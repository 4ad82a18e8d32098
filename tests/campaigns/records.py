"""What a campaign has found so far: one line a run in `.campaigns/`, taken up again where the same sources stopped."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("contracts", "chassis", "services", "gateway", "tests/campaigns", "tests/story")


def sources_mark() -> str:
    """Return a short hash of the sources that a campaign tries: found lines speak of these alone."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Record:
    """The file of one campaign."""

    path: Path

    @classmethod
    def of(cls, campaign: str) -> "Record":
        """Return the record of a campaign over the sources as they are now."""
        folder = ROOT / ".campaigns"
        folder.mkdir(exist_ok=True)
        return cls(folder / f"{campaign}-{sources_mark()}.jsonl")

    def lines(self) -> Iterator[dict[str, object]]:
        """Give the runs that are done; a line that was cut off by an end is none."""
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue

    def add(self, line: dict[str, object]) -> None:
        """Append a run."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def machine() -> str:
    """Return what the figures were measured on, in a few words."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
