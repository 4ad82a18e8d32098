"""Versions on the wire: `ETag` says which version was read, `If-Match` which version a change is meant for.

The tag of an aggregate is its version in quotes, the same number that its events carry. A change without
`If-Match` is refused (428), one that is meant for an older version too (412): the caller reads again and
decides again.
"""

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from chassis.problems import PreconditionFailed, PreconditionRequired

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION: Final = re.compile(r'"(\d{1,18})"')


def etag_of(version: int) -> str:
    """Return the entity tag of a version. Example: `etag_of(7) == '"7"'`."""
    return f'"{version}"'


async def _expected_version(
    if_match: Annotated[str | None, Header(description="ETag of the version that is to be changed.")] = None,
) -> int:
    if (
        if_match is None or if_match.strip() == "*"
    ):  # `*` would change whatever is there, which is what this prevents
        raise PreconditionRequired(
            "Send If-Match with the ETag of the version that you read.",
            detail_id="Kirimkan If-Match dengan ETag versi yang Anda baca.",
        )
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:  # a weak tag, a list, or no tag of ours: it matches nothing
        raise _stale()
    return int(found[1])


IfMatch = Annotated[int, Depends(_expected_version)]
"""The version that a change is meant for, from `If-Match`; the route answers 428 without it."""


async def _expected_version_if_any(
    if_match: Annotated[
        str | None,
        Header(description="ETag of the version that is to be changed; left out where the thing is new."),
    ] = None,
) -> int | None:
    return None if if_match is None else await _expected_version(if_match)


OptionalIfMatch = Annotated[int | None, Depends(_expected_version_if_any)]
"""The same for a PUT that may make the thing: None without `If-Match`; the command asks for it where the thing is there."""


WHERE_GIVEN: Final = "ETag of the version that is to be changed; left out, whatever is there is."
"""How a header is described that no command asks for."""


async def _expected_version_where_given(
    if_match: Annotated[str | None, Header(description=WHERE_GIVEN)] = None,
) -> int | None:
    return None if if_match is None or if_match.strip() == "*" else await _expected_version(if_match)


GivenIfMatch = Annotated[int | None, Depends(_expected_version_where_given)]
"""The same for a change that needs no `If-Match`: None without one, and one that is given has to hold."""


def check_version(expected: int | None, actual: int) -> None:
    """Refuse a change that is meant for another version than the one that is there; call it under the row's lock.

    Args:
        expected: what the caller read, from `IfMatch`; None where they named none and need not.
        actual: what is there.

    Raises:
        PreconditionFailed: they differ.
    """
    if expected is not None and expected != actual:
        raise _stale()


def not_modified(request: Request, etag: str) -> bool:
    """Say whether the caller holds this version already, so that 304 without a body is the answer.

    Args:
        request: its `If-None-Match` may name several tags, weak ones, or `*`.
        etag: tag of what would be sent.
    """
    held = request.headers.get("if-none-match")
    if held is None:
        return False
    return held.strip() == "*" or etag.removeprefix("W/").strip('"') in _TAG.findall(held)


def _stale() -> PreconditionFailed:
    return PreconditionFailed(
        "Another version is there by now; read it, and decide again.",
        detail_id="Sudah ada versi lain; baca kembali, lalu putuskan lagi.",
    )
