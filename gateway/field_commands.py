"""The commands of the field, as the services' own documents tell of them: what may come in a batch, and whose it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from re import Pattern
from typing import cast

from starlette.routing import compile_path

from chassis.sync_shapes import PREFIX
from contracts.access import FIELD_SCOPES, Scope
from gateway.door import service_documents
from gateway.schemas.packs import PackedCommand


@dataclass(frozen=True, slots=True)
class FieldCommand:
    """A command that may come in a batch: its path below the election, whose it is, and the scope that it asks for."""

    operation: str
    template: str
    path: Pattern[str]
    service: str
    scopes: frozenset[Scope]


@cache
def field_commands() -> Sequence[FieldCommand]:
    """Return the commands of the field, as the services' documents tell of them."""
    return list(_field_commands())


def _field_commands() -> Iterator[FieldCommand]:
    for service, document in service_documents().items():
        for path, operations in cast(dict[str, dict[str, dict[str, object]]], document["paths"]).items():
            command = operations.get("post")
            if command is None or path.endswith(":batch") or not path.startswith(PREFIX):
                continue
            security = cast(list[dict[str, list[str]]], command.get("security", []))
            scopes = frozenset(Scope(name) for each in security for name in each.get("bearer", []))
            if scopes & FIELD_SCOPES:
                below = path.removeprefix(PREFIX)
                yield FieldCommand(
                    str(command["operationId"]), below, compile_path(below)[0], service, scopes
                )


def packed_commands() -> list[PackedCommand]:
    """Return the commands of the field as a phone is told of them."""
    return [
        PackedCommand(
            operation=each.operation, path=each.template, scopes=sorted(scope.value for scope in each.scopes)
        )
        for each in sorted(field_commands(), key=lambda each: each.operation)
    ]
