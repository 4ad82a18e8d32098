"""Every test that the threat model names is there, so that no row rests on one that was renamed or taken out."""

import ast
import re

from tests.architecture.house import ROOT, tree

PAGE = (ROOT / "docs/security.md").read_text()


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    there = {
        node.name
        for path in sorted((ROOT / "tests").rglob("test_*.py"))  # those of faults too
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(named) > 40
    assert named <= there, sorted(named - there)


def test_every_threat_has_what_shows_that_it_is_stopped():
    model = PAGE[PAGE.index("## Threats") : PAGE.index("## What is not stopped")]
    rows = [line for line in model.splitlines() if line.startswith("| ") and line.count("|") == 4]
    threats = [row.split("|")[1:4] for row in rows if not row.startswith(("| threat ", "| what |"))]
    assert len(threats) > 30
    bare = [threat for threat, _, shown in threats if "`" not in shown]
    assert not bare
