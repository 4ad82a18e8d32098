"""The description of an application (OpenAPI), completed: scopes of each operation, and problems in their true form.

FastAPI describes its own form of a 422, which no application of ours answers with, and knows no scopes of a permission
that is a plain dependency. Routes name the problems of their own in `responses=problem_responses(...)`; those that
follow from a route's shape (a token, a body, a path) are added here.
"""

from collections.abc import Iterator
from typing import Final, cast

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from chassis.conditional import WHERE_GIVEN
from chassis.identity import Permission, permissions_of
from chassis.problem_responses import FieldErrorDocument, ProblemDocument, problem_responses
from chassis.problems import Problem, problem_types

Json = dict[str, object]

_OF_FASTAPI: Final = ("HTTPValidationError", "ValidationError")
_REF: Final = "#/components/schemas/{model}"


def install_openapi(app: FastAPI) -> None:
    """Let an application describe itself completely; call it when its routes are in."""
    plain = app.openapi

    def described() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(app, cast(Json, plain()))
        return app.openapi_schema

    app.openapi = described


def _completed(app: FastAPI, document: Json) -> Json:
    paths = cast(dict[str, dict[str, Json]], document.get("paths", {}))
    for path, method, needed in _operations(app):
        operation = paths.get(path, {}).get(method)
        if operation is not None:
            _complete(operation, needed, path=path, method=method)
    components = cast(dict[str, Json], document.setdefault("components", {}))
    schemas = components.setdefault("schemas", {})
    for name in _OF_FASTAPI:
        schemas.pop(name, None)
    components["responses"] = {**components.get("responses", {}), **_shared_responses()}
    for model in (FieldErrorDocument, ProblemDocument):
        schema = model.model_json_schema(ref_template=_REF)
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    return document


def _operations(app: FastAPI) -> Iterator[tuple[str, str, list[Permission]]]:
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is not None and route.path_format is not None:
            needed = list(permissions_of(dependant))
            for method in route.methods or ():
                yield route.path_format, method.lower(), needed


def _complete(operation: Json, needed: list[Permission], *, path: str, method: str) -> None:
    responses = cast(dict[str, Json], operation.setdefault("responses", {}))
    told = responses.get("422")
    if told is not None and _OF_FASTAPI[0] in str(told):
        del responses["422"]
    if method == "put" and "201" in responses:
        # It makes the thing, or finds it there.
        responses.setdefault(
            "200", {**responses["201"], "description": "It was there: changed, or as it was"}
        )
    if needed:
        operation["security"] = [{"bearer": sorted(permission.scope.value for permission in needed)}]
        if any(permission.person for permission in needed):
            operation["x-person-required"] = True
    for status in _shape_statuses(operation, needed, path=path, method=method):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})


def _shape_statuses(operation: Json, needed: list[Permission], *, path: str, method: str) -> Iterator[int]:
    """Give the statuses of the problems that any route of this shape may answer with."""
    # 400: a NIK in the address, unknown parameters of a list, and the idempotency key of a command.
    yield from (400, 500, 503)
    if needed:
        yield from (401, 403)
    if needed and method != "get":
        yield from (409, 422)
    if "{" in path:
        yield 404
    headers = _headers_of(operation)
    if "if-match" in headers:
        yield 412
        if headers["if-match"] != WHERE_GIVEN:
            yield 428
    if "idempotency-key" in headers:
        yield from (409, 422)
    if "requestBody" in operation:
        yield from (408, 413, 415, 422)
    elif "parameters" in operation:
        yield 422


def _headers_of(operation: Json) -> dict[str, str]:
    """Return what is said of each header, by its name in small letters."""
    parameters = cast(list[dict[str, str]], operation.get("parameters", []))
    return {
        each["name"].lower(): each.get("description", "") for each in parameters if each["in"] == "header"
    }


def _shared_responses() -> Json:
    """Return one response for each status, with every problem of the chassis that has it."""
    ours = [kind for kind in problem_types() if kind.__module__ == Problem.__module__]
    return {f"Problem{status}": described for status, described in problem_responses(*ours).items()}
