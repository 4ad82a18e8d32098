"""What a contract may do from one version to the next: grow. Everything that could break a reader is named."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def breaks_of_schema(old: Json, new: Json, *, where: str = "") -> Iterator[str]:
    """Give what would break a reader of the old schema, who ignores what it does not know and counts on the rest.

    A field may be added; one that was there stays, keeps what it may be, and stays required where it was.
    """
    yield from _breaks(old, new, old, new, where=where or "$", seen=frozenset())


def _breaks(
    old: Json, new: Json, old_root: Json, new_root: Json, *, where: str, seen: frozenset[str]
) -> Iterator[str]:
    if "$ref" in old:
        if old["$ref"] in seen:
            return
        seen |= {old["$ref"]}
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    before, after = _kinds(old, old_root), _kinds(new, new_root)
    if before and after and not after <= before:
        yield f"{where} may be {sorted(after - before)} now"
    for name in sorted(set(old.get("required", [])) - set(new.get("required", []))):
        yield f"{where}.{name} is not required any more"
    properties = new.get("properties", {})
    for name, schema in old.get("properties", {}).items():
        if name not in properties:
            yield f"{where}.{name} is gone"
        else:
            yield from _breaks(
                schema, properties[name], old_root, new_root, where=f"{where}.{name}", seen=seen
            )
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _breaks(old["items"], new["items"], old_root, new_root, where=f"{where}[]", seen=seen)


def _resolved(schema: Json, root: Json) -> Json:
    found = schema
    while "$ref" in found:
        target: Any = root
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        found = target
    return found


def _kinds(schema: Json, root: Json) -> set[str]:
    """Return the JSON types that a value may have; enums may grow, so their words are not looked at."""
    found = _resolved(schema, root)
    if "anyOf" in found:
        return {kind for option in found["anyOf"] for kind in _kinds(option, root)}
    kind = found.get("type")
    if kind is None:
        return {"string"} if "enum" in found or "const" in found else set()
    kinds = {kind} if isinstance(kind, str) else set(kind)
    return kinds | ({"integer"} if "number" in kinds else set())


def breaks_of_api(old: Json, new: Json) -> Iterator[str]:
    """Give what would break a caller of the old API: an operation that went or wants more, an answer that says less."""
    for path, operations in old["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{where} is gone"
                continue
            if now["operationId"] != operation["operationId"]:
                yield f"{where} is called {now['operationId']} now"
            yield from _breaks_of_parameters(operation, now, where)
            yield from _breaks_of_answers(operation, now, roots=(old, new), where=where)


def _breaks_of_parameters(old: Json, new: Json, where: str) -> Iterator[str]:
    known = {(p["name"], p["in"]) for p in old.get("parameters", [])}
    here = {(p["name"], p["in"]): p for p in new.get("parameters", [])}
    for name, place in sorted(known - set(here)):
        yield f"{where} does not know {place}:{name} any more"
    for (name, place), parameter in here.items():
        if (name, place) not in known and parameter.get("required"):
            yield f"{where} wants {place}:{name}"


def _breaks_of_answers(old: Json, new: Json, *, roots: tuple[Json, Json], where: str) -> Iterator[str]:
    for status, answer in old["responses"].items():
        if not status.startswith("2"):
            continue
        if status not in new["responses"]:
            yield f"{where} does not answer {status} any more"
            continue
        before, after = _answer_schema(answer), _answer_schema(new["responses"][status])
        if before and after:
            yield from _breaks(before, after, *roots, where=f"{where} {status}", seen=frozenset())


def _answer_schema(answer: Json) -> Json:
    return answer.get("content", {}).get("application/json", {}).get("schema", {})
