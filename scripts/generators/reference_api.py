"""docs/reference/api.md: every public operation, from the gateway's OpenAPI document (its own, and what it passes through)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from gateway.door import service_documents
from scripts.generators._code import first_sentence, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    services = service_documents()
    owners = {
        path: name
        for name, document in services.items()
        for path in cast("Mapping[str, object]", document["paths"])
    }
    operations = sorted(_operations(_described_by_the_gateway()))
    lines = [head("Public API", "the gateway's OpenAPI document", _WORDS)]
    for owner in ("gateway", *services):
        rows = [_row(operation) for operation in operations if owners.get(operation.path, "gateway") == owner]
        if rows:
            lines += [f"## {owner}\n", "| operation | name | what | scopes |", "|---|---|---|---|", *rows, ""]
    yield "docs/reference/api.md", "\n".join(lines)


def _described_by_the_gateway() -> Mapping[str, object]:
    settings = import_module("gateway.settings").Settings.model_validate(
        {
            "database_url": "postgresql://nobody@localhost/none",
            "kafka_bootstrap": "none:0",
            "jwks": "none",
            "issuer": "http://desk",
        }
    )
    return cast("Mapping[str, object]", import_module("gateway.app").create_app(settings).openapi())


def _operations(document: Mapping[str, object]) -> Iterator[Operation]:
    for path, methods in cast("dict[str, dict[str, dict[str, object]]]", document["paths"]).items():
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
