"""docs/reference/api.md: every public operation, from the committed OpenAPI documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from scripts.generators._code import ROOT, first_sentence, head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNS = ["docs/reference/api.md"]

_WORDS = """\
Everything here is asked of the gateway; commands and single resources it passes through to their owner, which judges the
caller by itself. The full description with schemas and examples is `GET /openapi.json`; refusals are those of
[problems.md](problems.md).
Commands need `Idempotency-Key`. "Person" means that an application alone is not enough, and
`…` stands for `/v1/elections/{election}`.
"""


@dataclass(frozen=True, order=True)
class Operation:
    """One public operation."""

    path: str
    method: str
    operation_id: str
    what: str
    scopes: tuple[str, ...]
    person: bool


def generate() -> Iterator[tuple[str, str]]:
    """Yields the one page."""
    documents = sorted(
        (ROOT / "contracts" / "openapi").glob("*.json"), key=lambda path: (path.stem == "gateway", path.stem)
    )
    lines = [head("Public API", "contracts/openapi", _WORDS)]
    seen: set[str] = set()
    for document in documents:
        operations = [
            operation for operation in sorted(_operations(document)) if operation.operation_id not in seen
        ]
        seen |= {operation.operation_id for operation in operations}
        if operations:
            lines += [f"## {document.stem}\n", "| operation | name | what | scopes |", "|---|---|---|---|"]
            lines += [_row(operation) for operation in operations]
            lines.append("")
    yield "docs/reference/api.md", "\n".join(lines)


def _operations(document: Path) -> Iterator[Operation]:
    paths = cast(
        "dict[str, dict[str, dict[str, object]]]", json.loads(document.read_text(encoding="utf-8"))["paths"]
    )
    for path, methods in paths.items():
        for method, operation in methods.items():
            security = cast("list[dict[str, list[str]]]", operation.get("security", []))
            yield Operation(
                path,
                method.upper(),
                str(operation.get("operationId", "")),
                first_sentence(str(operation.get("description") or operation.get("summary") or "")),
                tuple(sorted({scope for entry in security for scopes in entry.values() for scope in scopes})),
                bool(operation.get("x-person-required")),
            )


def _row(operation: Operation) -> str:
    scopes = ", ".join(f"`{scope}`" for scope in operation.scopes) or "–"
    person = " person" if operation.person else ""
    path = operation.path.replace("/v1/elections/{election}", "…")
    return (
        f"| `{operation.method} {path}` | `{operation.operation_id}` | {operation.what} | {scopes}{person} |"
    )
