"""Row-level security, as the service's side of it: for which regions a transaction works.

The regions stand in a setting of the transaction (`app.regions`), which the policies of the tables read
(`chassis.policies`). It ends with the transaction, so nothing of it goes back to the pool. Without it no row of a
protected table is seen or written.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from contracts.access import NATION, place_code

Regions = tuple[str, ...]
"""The regions and TPS that a transaction may see and write."""

EVERYWHERE: Final[Regions] = (NATION,)
"""The service itself: what it takes in, relays, counts and computes, without a caller."""

NOWHERE: Final[Regions] = ()
"""No region: what lies in no protected table, such as keys, positions and the ledger."""

_REFUSED: Final = "42501"
_POLICY: Final = "violates row-level security"
"""What PostgreSQL's own message says of a policy's refusal, and not of a privilege that is missing; so do ours."""


def opening(regions: Regions, *, grouped: bool = False) -> str:
    """Return the statement that begins a transaction for these regions, in one round trip.

    Args:
        regions: what the transaction may see and write; what is no code is left out.
        grouped: whether it serves several callers, so that each row has to carry its own caller's grant.

    Raises:
        ValueError: a region is no code.
    """
    if not regions:
        return "begin"
    told = f"begin; select set_config('app.regions', '{_told(regions)}', true)"
    return f"{told}, set_config('app.grouped', 'yes', true)" if grouped else told


def _told(regions: Iterable[str]) -> str:
    """Return the regions as the setting holds them; they go into SQL as text, so nothing but codes goes in."""
    codes = sorted({held if held == NATION else place_code(held) or "" for held in regions})
    if "" in codes:
        raise ValueError("a region of a transaction is no code")
    return NATION if NATION in codes else ",".join(codes)


def refused_by_policy(error: BaseException) -> bool:
    """Say whether a policy refused what was written; a missing privilege is a fault of ours and no refusal."""
    if isinstance(error, StaleDataError):  # the policy hid the row from the very update
        return True
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return getattr(cause, "sqlstate", None) == _REFUSED and _POLICY in str(cause)


class Reads(Protocol):
    """A connection or a unit of work, as far as reading goes."""

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        """Run SQL and return its rows."""
        ...


_WIDEN = "select current_setting('app.regions', true) as held, set_config('app.regions', '*', true)"
_NARROW = "select set_config('app.regions', $1, true)"


@asynccontextmanager
async def beyond_regions(reads: Reads) -> AsyncGenerator[None]:
    """See every region for the length of a look-up that decides and is told to nobody, or to mark work for the service itself.

    Whether somebody holds a slot elsewhere is such a question. `tests/architecture` has the list of who asks, and why.

    Args:
        reads: in a transaction, after what is pending was flushed: it would be written with every region otherwise.
    """
    rows = await reads.fetch(_WIDEN)
    try:
        yield
    finally:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):  # of a transaction that is lost anyway
            await reads.fetch(_NARROW, rows[0]["held"] or "")
