"""The page that is shipped is the page whose source stands beside it, and it asks nothing of anybody else."""

import hashlib
import json
import re

from contracts.catalog import CATALOG
from gateway.projections.engine import ACCESS_CHANGED
from tests.architecture.house import ROOT

WEB = ROOT / "gateway" / "web"
DIST = WEB / "dist"
SOURCES = ("src", "public", "index.html", "docs.html", "package-lock.json", "vite.config.ts")
REBUILD = "build it anew: cd gateway/web && npm ci && npm run build"
FOREIGN = re.compile(r"""(?:src=|href=|url\(|@import\s)["']?(?:https?:)?//""")


def test_the_shipped_page_was_built_from_these_sources():
    files = [
        file for top in SOURCES for file in ([WEB / top] if (WEB / top).is_file() else (WEB / top).rglob("*"))
    ]
    now = {
        file.relative_to(WEB).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file()
    }
    built = json.loads((DIST / "sources.json").read_text(encoding="utf-8"))
    changed = sorted(name for name in now.keys() | built.keys() if now.get(name) != built.get(name))
    assert not changed, f"{REBUILD} (changed since: {changed})"


def test_every_event_has_its_plain_words():
    words = (WEB / "src" / "language" / "events.ts").read_text(encoding="utf-8")
    told = set(re.findall(r'^ {2}"(desk\.[a-z_.]+\.v\d+)"', words, re.MULTILINE))
    assert told == set(CATALOG) - {ACCESS_CHANGED}, f"gateway/web/src/language/events.ts; then {REBUILD}"


def test_the_page_loads_nothing_from_elsewhere():
    foreign = [
        f"{file.name}: {found[0]}"
        for file in DIST.rglob("*")
        if file.suffix in {".html", ".css"}
        if (found := FOREIGN.search(file.read_text(encoding="utf-8")))
    ]
    assert not foreign, foreign


def test_every_file_of_the_page_is_there():
    for page in ("index.html", "docs.html"):
        for path in re.findall(r'(?:src|href)="/([^"]+)"', (DIST / page).read_text(encoding="utf-8")):
            assert (DIST / path).is_file(), f"{page}: {path}"


def test_what_the_page_is_made_of_is_pinned():
    package = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    wanted = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    loose = {name: version for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)}
    assert not loose, loose
