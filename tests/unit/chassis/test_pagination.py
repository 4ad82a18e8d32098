"""Lists: cursors, pages, and parameters that are known."""

import base64
import hashlib
from datetime import UTC, date, datetime
from typing import Annotated, get_args
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, Query, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chassis.identity import public_route
from chassis.pagination import (
    CursorValue,
    ListQuery,
    Page,
    chosen_fields,
    chosen_sort,
    cut_page,
    decode_cursor,
    encode_cursor,
    known_parameters_only,
    next_link,
    pick,
)
from chassis.problems import CursorInvalid, InvalidParameter
from tests.unit.chassis.mint import NOON, Mint, application, calling

VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.none(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.uuids(),
)


@given(st.lists(VALUES, max_size=5))
def test_a_cursor_gives_back_its_key(key: list[CursorValue]) -> None:
    cursor, kinds = encode_cursor(key, listing="tps|code"), [type(value) for value in key]
    found = decode_cursor(cursor, listing="tps|code", kinds=kinds)
    assert found == tuple(key)
    assert [type(value) for value in found] == kinds


def test_every_kind_of_value_is_tried() -> None:
    assert set(get_args(CursorValue)) == {str, int, bool, datetime, date, UUID, type(None)}


@given(st.lists(VALUES, max_size=3), st.data())
def test_a_changed_cursor_is_refused(key: list[CursorValue], data: st.DataObject) -> None:
    cursor = encode_cursor(key, listing="tps|code")
    at = data.draw(st.integers(0, len(cursor) - 2))  # the last character holds bits that mean nothing
    other = data.draw(st.sampled_from("ABCxyz019-_"))
    changed = cursor[:at] + other + cursor[at + 1 :]
    if changed != cursor:
        with pytest.raises(CursorInvalid):
            decode_cursor(changed, listing="tps|code", kinds=[type(value) for value in key])


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(encode_cursor(["32.71"], listing="tps|code"), listing="tps|-code", kinds=[str])


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(text, listing="tps|code", kinds=[str])


def forged(payload: bytes, *, listing: str) -> str:
    """Return a cursor whose check is right: everybody can read how it is made."""
    named = hashlib.blake2s(listing.encode()).digest()
    check = hashlib.blake2s(payload, digest_size=8, key=named).digest()
    return base64.urlsafe_b64encode(check + payload).decode().rstrip("=")


def test_what_the_forger_makes_is_what_we_make() -> None:
    cursor = forged(b'["32.71"]', listing="tps|code")
    assert decode_cursor(cursor, listing="tps|code", kinds=[str]) == ("32.71",)


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        (b"[1]", [str]),
        (b"[true]", [int]),
        (b'["a","b"]', [str]),
        (b"[]", [str]),
        (b"{}", [str]),
        (b"7", [int]),
        (b"not json", [str]),
        (b"[" * 900 + b"]" * 900, [str]),
        (b'["\\u0000"]', [str]),
        (b'["\\ud800"]', [str]),
        (b"[9223372036854775808]", [int]),
        (b'[["t","yesterday"]]', [datetime]),
        (b'[["t","2024-11-27T07:00:00"]]', [datetime]),
        (b'[["t","0001-01-01T00:00:00+14:00"]]', [datetime]),
        (b'[["d","2024-13-01"]]', [date]),
        (b'[["u","zz"]]', [UUID]),
        (b"[null]", [str]),
        (b"[1e999]", [int]),
    ],
)
def test_a_forged_cursor_is_refused_whatever_it_holds(payload: bytes, kinds: list[type]) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(forged(payload, listing="tps|code"), listing="tps|code", kinds=kinds)


class Filters(BaseModel):
    state: str | None = None
    region: str | None = None


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=[Depends(public_route), Depends(known_parameters_only)])
    rows = [{"code": f"32.71.{n:02}", "name": f"name {n}"} for n in range(1, 8)]

    @router.get("/regions")
    async def list_regions(
        request: Request, response: Response, query: ListQuery, filters: Annotated[Filters, Query()]
    ) -> Page[dict[str, object]]:
        start = query.start("regions|code", kinds=[str])
        after = str(start[0]) if start else ""
        found = [row for row in rows if row["code"] > after][: query.limit + 1]
        page, cursor = cut_page(
            found, limit=query.limit, key=lambda row: [row["code"]], listing="regions|code"
        )
        response.headers.update(next_link(request, cursor))
        fields = chosen_fields(query.fields, allowed={"code", "name"})
        return Page(items=[pick(row, fields) for row in page], next_cursor=cursor, as_of=NOON)

    _ = list_regions
    return router


async def test_pages_follow_one_another_to_the_end(mint: Mint) -> None:
    seen: list[str] = []
    body: dict[str, object] = {}
    async with calling(application(mint, routes())) as http:
        url: str | None = "/v1/regions?limit=3&state=open"
        while url is not None:
            answer = await http.get(url)
            body = answer.json()
            seen += [item["code"] for item in answer.json()["items"]]
            link = answer.links.get("next", {}).get("url")
            assert (link is None) == (body["next_cursor"] is None)
            assert link is None or "state=open" in link
            url = link
    assert seen == [f"32.71.{n:02}" for n in range(1, 8)]
    assert body["as_of"] == "2024-11-27T05:00:00Z"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 200, None),
        ("?region=32.71&state=open&limit=500&sort=code&fields=code", 200, None),
        ("?regoin=32.71", 400, "unknown-parameter"),
        ("?limit=3&page=2", 400, "unknown-parameter"),
        ("?3271064508900001=1", 400, "unknown-parameter"),
        ("?cursor=abc", 400, "cursor-invalid"),
        ("?fields=nik", 400, "invalid-parameter"),
        ("?limit=0", 422, "invalid-payload"),
        ("?limit=501", 422, "invalid-payload"),
    ],
)
async def test_parameters_are_known_and_in_range(
    mint: Mint, query: str, status: int, code: str | None
) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.get("/v1/regions" + query)
    assert answer.status_code == status
    assert "3271064508900001" not in answer.text
    if code is not None:
        assert answer.json()["code"] == code


def test_fields_choose_members() -> None:
    assert pick({"a": 1, "b": 2}, chosen_fields("b", allowed={"a", "b"})) == {"b": 2}
    assert pick({"a": 1, "b": 2}, chosen_fields(None, allowed={"a", "b"})) == {"a": 1, "b": 2}


def test_a_sort_key_is_one_of_the_lists_own() -> None:
    assert chosen_sort("-updated_at", allowed={"code", "updated_at"}, default="code") == ("updated_at", True)
    assert chosen_sort(None, allowed={"code"}, default="code") == ("code", False)
    with pytest.raises(InvalidParameter):
        chosen_sort("code; drop table tps", allowed={"code"}, default="code")
