"""Crews of TPS with what is missing of them, TPS of which no crew is known among them."""

from enum import StrEnum
from typing import cast

from pydantic_core import from_json

from chassis.database import Connection, Row
from chassis.pagination import chosen_sort, cut_page
from gateway.projections import Body, parts_of
from gateway.projections.people import Gap, gaps_of
from gateway.projections.registry import READINESS
from gateway.queries.lists import Statement, Wanted, meta_of, within

SORT = "code"


class CrewState(StrEnum):
    """Whether anything is missing of a crew; that nobody has checked in is no gap of it."""

    COMPLETE = "complete"
    GAPS = "gaps"


async def crews(
    connection: Connection, wanted: Wanted, gap: Gap | None
) -> tuple[list[dict[str, object]], str | None]:
    """Return the crews of one page, by code, and the cursor to the next one; TPS that were dissolved have none.

    Raises:
        InvalidParameter: it cannot be sorted so.
        CursorInvalid: the cursor is of another list.
    """
    _, descending = chosen_sort(wanted.parameters.sort, allowed={SORT}, default=SORT)
    order = f"rosters|{'-' if descending else ''}{SORT}"
    statement = Statement()
    statement.conditions += [
        f"election = {statement.given(wanted.election)}",
        f"kind = {statement.given(READINESS)}",
        # A TPS that takes part adds to the totals; one that was dissolved, or of which only its crew is known, does not.
        "figures <> '{}'",
        "tps_code is not null",
    ]
    within(statement, wanted.regions)
    if gap is not None:
        statement.conditions.append(f"""figures like {statement.given(f'%"gap/{gap}":%')}""")
    if wanted.state is not None:
        has = "" if wanted.state == CrewState.GAPS else "not "
        statement.conditions.append(f"""figures {has}like '%"gaps/crew":%'""")
    if wanted.updated_since:
        statement.conditions.append(f"recorded_at >= {statement.given(wanted.updated_since)}")
    start = wanted.parameters.start(order, kinds=(str, str))
    if start is not None:
        after = ", ".join(statement.given(value) for value in start)
        statement.conditions.append(
            f"""(tps_code collate "C", id collate "C") {"<" if descending else ">"} ({after})"""
        )
    way = "desc" if descending else "asc"
    limit = statement.given(wanted.parameters.limit + 1)
    sql = f"""select id, region, tps_code, version, recorded_at, body from projected
              where {" and ".join(statement.conditions)}
              order by tps_code collate "C" {way}, id collate "C" {way} limit {limit}"""  # noqa: S608 - our own words
    rows = await connection.fetch(sql, *statement.arguments)
    shown, next_cursor = cut_page(
        rows, limit=wanted.parameters.limit, key=lambda row: (row["tps_code"], row["id"]), listing=order
    )
    return [_item(row) for row in shown], next_cursor


def _item(row: Row) -> dict[str, object]:
    body: Body = from_json(row["body"])
    parts = parts_of(body)
    roster = next((part for name, part in parts.items() if name.startswith("tps_roster/")), None)
    return {
        **meta_of(row),
        "tps_code": cast(str, row["tps_code"]),
        "posts": roster.get("posts") if roster else None,
        "chair_trained": roster.get("chair_trained") if roster else None,
        "gaps": gaps_of(roster),
    }
