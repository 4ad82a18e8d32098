"""Lists by keyset: a page, the cursor to the next one, and the parameters that every list has.

A cursor is the sort key of the last row of a page. The rows after it are asked for by value (`where (code) >
($1)`), so nothing is skipped or shown twice while rows come and go, and the last page costs what the first
does. No totals.

Why our own few lines: sqlakeyset pages SQLAlchemy selects and its bookmarks neither say which list they
belong to nor notice a change; our lists are SQL on asyncpg, where what is left for a library is the coding of
one tuple.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Final, Generic, TypeVar, cast
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from pydantic import AwareDatetime, BaseModel, Field

from chassis.masking import plain_name
from chassis.problems import CursorInvalid, FieldError, InvalidParameter, UnknownParameter

Item = TypeVar("Item")
CursorValue = str | int | bool | datetime | date | UUID | None

DEFAULT_LIMIT: Final = 100
MOST_ITEMS: Final = 500
_CHECK_BYTES: Final = 8


class Page(BaseModel, Generic[Item]):
    """One page of a list; there is a next one exactly while `next_cursor` is not null."""

    items: list[Item]
    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null on the last one."
    )
    as_of: AwareDatetime = Field(description="What the list knows is as of this moment.")


class ListParameters(BaseModel):
    """The parameters that every list has."""

    limit: int
    cursor: str | None
    sort: str | None
    fields: str | None

    def start(self, listing: str, *, kinds: Sequence[type]) -> tuple[CursorValue, ...] | None:
        """Return the key after which the page starts, None for the first page.

        Args:
            listing: name of the list and its order, the same that the cursor was made with.
            kinds: types of the key's parts.

        Raises:
            CursorInvalid: the cursor was not made by this list.
        """
        return None if self.cursor is None else decode_cursor(self.cursor, listing=listing, kinds=kinds)


async def _list_parameters(
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items on a page.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=1_000, description="`next_cursor` of the page before.")
    ] = None,
    sort: Annotated[
        str | None, Query(max_length=60, description="Sort key; `-` before it for descending.")
    ] = None,
    fields: Annotated[str | None, Query(max_length=1_000, description="Members wanted, with commas.")] = None,
) -> ListParameters:
    return ListParameters(limit=limit, cursor=cursor, sort=sort, fields=fields)


ListQuery = Annotated[ListParameters, Depends(_list_parameters)]
"""What a list's route takes, beside filters of its own."""


def encode_cursor(key: Sequence[CursorValue], *, listing: str) -> str:
    """Return the cursor of a sort key, opaque to callers.

    It is checked, not secret: what a caller may see is judged anew on every page.

    Args:
        key: sort key of the last row on the page.
        listing: name of the list and its order (`tps|code`); a cursor of another list is refused.
    """
    payload = json.dumps([_tagged(value) for value in key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(payload, listing) + payload).decode().rstrip("=")


def decode_cursor(cursor: str, *, listing: str, kinds: Sequence[type]) -> tuple[CursorValue, ...]:
    """Return the sort key of a cursor, with nothing in it that the list's own rows could not have.

    The check is no signature: whoever reads this can make one, so what it guards is looked at as well.

    Args:
        cursor: as a caller sent it.
        listing: name of the list and its order.
        kinds: types of the key's parts.

    Raises:
        CursorInvalid: it was changed, or was made by another list.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, payload = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if not hmac.compare_digest(check, _check(payload, listing)):
            raise _foreign_cursor()
        key = tuple(_untagged(value) for value in cast(list[object], json.loads(payload)))
        fits = len(key) == len(kinds) and all(map(_fits, key, kinds))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _foreign_cursor() from error
    if not fits:
        raise _foreign_cursor()
    return key


def _fits(value: CursorValue, kind: type) -> bool:
    """Say whether a part of a key is of its type, and within what a database holds of that."""
    if type(value) is not kind:
        return False
    match value:
        case str():
            return "\0" not in value and value.encode().decode() == value
        case datetime():
            return value.tzinfo is not None and value.astimezone(UTC) == value
        case int():
            return -(2**63) <= value < 2**63
        case _:
            return True


def cut_page(
    rows: Sequence[Item], *, limit: int, key: Callable[[Item], Sequence[CursorValue]], listing: str
) -> tuple[Sequence[Item], str | None]:
    """Return the rows of a page and the cursor to the next one, from up to `limit + 1` rows in order.

    Args:
        rows: what the query gave; it asks for one row more than the page holds.
        limit: rows on a page.
        key: the sort key of a row, in the order of the list; its last part is unique.
        listing: name of the list and its order.
    """
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    return page, encode_cursor(key(page[-1]), listing=listing)


def chosen_sort(sort: str | None, *, allowed: Collection[str], default: str) -> tuple[str, bool]:
    """Return the sort key that was asked for, and whether it descends.

    Example: `chosen_sort("-updated_at", allowed={"code", "updated_at"}, default="code") == ("updated_at",
    True)`.

    Raises:
        InvalidParameter: the list cannot be sorted so.
    """
    asked = sort or default
    name = asked.removeprefix("-")
    if name not in allowed:
        raise _invalid_parameter("sort", allowed)
    return name, asked.startswith("-")


def chosen_fields(fields: str | None, *, allowed: Collection[str]) -> frozenset[str] | None:
    """Return the members of an item that were asked for, None for all of them.

    Raises:
        InvalidParameter: an item has no such member.
    """
    if fields is None:
        return None
    asked = frozenset(name.strip() for name in fields.split(","))
    if not asked <= set(allowed):
        raise _invalid_parameter("fields", allowed)
    return asked


def pick(item: Mapping[str, object], fields: frozenset[str] | None) -> dict[str, object]:
    """Return the chosen members of an item, in the item's order."""
    return {name: value for name, value in item.items() if fields is None or name in fields}


def next_link(request: Request, next_cursor: str | None) -> dict[str, str]:
    """Return the `Link` header to the next page (RFC 8288), empty on the last one.

    The link is relative: the service does not know under which name its caller reached it.
    """
    if next_cursor is None:
        return {}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    query = urlencode([*kept, ("cursor", next_cursor)])
    return {"Link": f'<{quote(request.scope["path"])}?{query}>; rel="next"'}


async def known_parameters_only(request: Request) -> None:
    """Refuse a query parameter that the route does not have; stands once on a router, for all of its routes.

    Raises:
        UnknownParameter: a misspelt filter must not widen a list in silence.
    """
    if not request.scope["query_string"]:
        return
    included = request.scope.get("fastapi", {}).get("effective_route_context")
    known = set(_query_names(getattr(included or request.scope.get("route"), "dependant", None)))
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise UnknownParameter(
            f"This route knows the parameters: {', '.join(sorted(known)) or 'none'}.",
            detail_id=f"Parameter yang dikenal di sini: {', '.join(sorted(known)) or 'tidak ada'}.",
            errors=[
                FieldError(
                    f"query:{plain_name(name)}",
                    "unknown",
                    "This route has no such parameter.",
                    "Alamat ini tidak memiliki parameter tersebut.",
                )
                for name in unknown[:20]
            ],
        )


def _query_names(dependant: Dependant | None) -> Iterator[str]:
    if dependant is None:
        return
    for field in dependant.query_params:
        kind: object = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (info.alias or name for name, info in kind.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _tagged(value: CursorValue) -> object:
    match value:
        case datetime():
            return ["t", value.astimezone(UTC).isoformat()]
        case date():
            return ["d", value.isoformat()]
        case UUID():
            return ["u", value.hex]
        case _:
            return value


def _untagged(value: object) -> CursorValue:
    match value:
        case ["t", str(text)]:
            return datetime.fromisoformat(text)
        case ["d", str(text)]:
            return date.fromisoformat(text)
        case ["u", str(text)]:
            return UUID(text)
        case str() | int() | None:
            return value
        case _:
            raise _foreign_cursor()


def _check(payload: bytes, listing: str) -> bytes:
    named = hashlib.blake2s(listing.encode()).digest()
    return hashlib.blake2s(payload, digest_size=_CHECK_BYTES, key=named).digest()


def _foreign_cursor() -> CursorInvalid:
    return CursorInvalid(
        "Start again without a cursor.",
        detail_id="Mulailah kembali tanpa kursor.",
    )


def _invalid_parameter(name: str, allowed: Collection[str]) -> InvalidParameter:
    choices = ", ".join(sorted(allowed))
    return InvalidParameter(
        f"The values of {name} here are: {choices}.",
        detail_id=f"Nilai {name} di sini: {choices}.",
        errors=[
            FieldError(f"query:{name}", "unknown", f"One of: {choices}.", f"Salah satu dari: {choices}.")
        ],
    )
