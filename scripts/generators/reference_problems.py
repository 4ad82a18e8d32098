"""docs/reference/problems.md, contracts/problems.json: every problem that a caller can be told, from each errors.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chassis.problems import Problem, problem_types
from scripts.generators._code import first_sentence, head, modules_called

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNS = ["docs/reference/problems.md", "contracts/problems.json"]

_WORDS = """\
Answers of 4xx and 5xx are `application/problem+json` (RFC 9457) with `type title status detail instance`, and of ours `code`
(stable), `errors[] {pointer, code, detail}`, `trace_id`, `retryable`, and for a 409 `current_state` and `allowed`. `detail`
follows `Accept-Language` (id, en) and repeats of what was sent no more than codes of places, elections and contests. `type` is
`/problems/<code>`, which the gateway answers with the line of this page. The token endpoint answers as RFC 6749 says.

Judged in this order: 401; 403 by region and purpose before anything is looked up; 404, or 503 while the owner's topic is not
caught up; 400; 422; 409; 412 and 428. "Again" says whether the same request with the same key may succeed later.
"""


def generate() -> Iterator[tuple[str, str]]:
    """Yields the page, and the same for the gateway, which answers what a problem's `type` points at."""
    modules_called("errors")
    rows = [_row(kind) for kind in problem_types()]
    table = ["| status | code | judul | title | again | when | of |", "|---|---|---|---|---|---|---|", *rows]
    yield (
        "docs/reference/problems.md",
        head("Problems", "chassis/problems.py and the services' errors.py", _WORDS) + "\n" + "\n".join(table),
    )
    entries = {kind.code: _entry(kind) for kind in reversed(problem_types())}
    told = json.dumps(dict(sorted(entries.items())), ensure_ascii=False, indent=2)
    yield "contracts/problems.json", told + "\n"


def _entry(kind: type[Problem]) -> dict[str, object]:
    return {
        "type": f"/problems/{kind.code}",
        "code": kind.code,
        "status": kind.status,
        "title": kind.title,
        "title_id": kind.title_id,
        "retryable": kind.retryable,
        "when": first_sentence(kind.__doc__),
    }


def _row(kind: type[Problem]) -> str:
    anchor = f'<a id="{kind.code}"></a>`{kind.code}`'
    again = "yes" if kind.retryable else "no"
    home = kind.__module__.split(".errors")[0].removesuffix(".problems")
    return f"| {kind.status} | {anchor} | {kind.title_id} | {kind.title} | {again} | {first_sentence(kind.__doc__)} | {home} |"
