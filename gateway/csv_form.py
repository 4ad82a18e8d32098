"""A list as CSV, for spreadsheets: flat, with a heading, and nothing that a spreadsheet would run as a formula."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from fastapi import Request

MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def wants_csv(request: Request) -> bool:
    """Say whether a caller would rather have CSV than JSON.

    Example: `Accept: text/csv` does; `Accept: application/json, text/csv;q=0.5` does not.
    """
    weights = {"text/csv": 0.0, "application/json": 0.0}
    for part in request.headers.get("accept", "").lower().split(","):
        kind, _, parameters = part.strip().partition(";")
        if kind.strip() in weights:
            weights[kind.strip()] = _weight(parameters)
    return weights["text/csv"] > weights["application/json"]


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def as_csv(items: Iterable[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    """Return items as CSV (RFC 4180).

    What is a list or an object becomes JSON text; null is empty. A text that begins like a formula gets an apostrophe
    before it (OWASP, CSV injection).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for item in items:
        writer.writerow([cell(item.get(column)) for column in columns])
    return out.getvalue().encode()


def cell(value: object) -> str | int | float:
    """Return a value as one cell. Example: `cell("=1+1") == "'=1+1"`."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case str():
            return f"'{value}" if value.startswith(_FORMULA) else value
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)
