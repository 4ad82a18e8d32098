"""The public API in one document: the gateway's own operations, and those that it passes through, as their owners wrote them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Final, cast

from fastapi import FastAPI

from gateway.door import service_documents

Json = dict[str, object]

TITLE: Final = "Desk Pilkada"
_DESCRIPTION: Final = (
    "The desk of a regional election: lists, aggregates and streams come from the gateway's projections; commands, and "
    "single resources, are passed through to the service that owns them (`x-desk-owner`). No count here is the official "
    "result."
)


class DocumentsClash(Exception):
    """Two documents use one name for different things, so that they cannot be one."""


def install_merged_openapi(app: FastAPI) -> None:
    """Let an application describe what it passes through beside its own routes."""
    own: Callable[[], Json] = app.openapi
    merged: list[Json] = []

    def described() -> Json:
        if not merged:
            merged.append(merge(own(), service_documents()))
        return merged[0]

    app.state.own_openapi = own
    app.openapi = described


def merge(own: Json, passed: dict[str, Json]) -> Json:
    """Return one document of several.

    Args:
        own: the gateway's; where it has an operation that a service has too, its own stands.
        passed: those of the services, by name.

    Raises:
        DocumentsClash: two operations have one id, or two schemas one name and another content.
    """
    document = deepcopy(own)
    document["info"] = {"title": TITLE, "version": "1", "description": _DESCRIPTION}
    paths = cast(dict[str, Json], document["paths"])
    for service, theirs in sorted(passed.items()):
        for path, operations in cast(dict[str, Json], theirs["paths"]).items():
            here = paths.setdefault(path, {})
            for method, operation in operations.items():
                if method not in here:
                    here[method] = {**_passed(cast(Json, operation), method), "x-desk-owner": service}
        _merge_components(document, theirs, service)
    _check_operation_ids(paths)
    for operations in paths.values():
        for operation in operations.values():  # the budgets stand before every operation
            responses = cast(Json, cast(Json, operation)["responses"])
            responses.setdefault("429", {"$ref": "#/components/responses/Problem429"})
    document["paths"] = dict(sorted(paths.items()))
    return document


def _passed(operation: Json, method: str) -> Json:
    """Return an operation with what the door itself may answer: that the outcome of a command is not known."""
    lost: Json = {"504": {"$ref": "#/components/responses/Problem504"}}
    return {
        **operation,
        "responses": {**cast(Json, operation["responses"]), **({} if method == "get" else lost)},
    }


def _merge_components(document: Json, theirs: Json, service: str) -> None:
    into = cast(dict[str, Json], document.setdefault("components", {}))
    for kind, entries in cast(dict[str, Json], theirs.get("components", {})).items():
        known = into.setdefault(kind, {})
        for name, content in entries.items():
            if known.setdefault(name, content) != content and kind == "schemas":
                raise DocumentsClash(f"{service} has another schema {name} than a document before it")


def _check_operation_ids(paths: dict[str, Json]) -> None:
    seen: dict[str, str] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            name, here = str(cast(Json, operation)["operationId"]), f"{method.upper()} {path}"
            if name in seen:
                raise DocumentsClash(f"{here} and {seen[name]} are both called {name}")
            seen[name] = here
