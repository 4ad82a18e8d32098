"""Row-level security, as the service's side of it: where and what for a transaction works.

Both stand in settings of the transaction (`app.regions`, `app.purposes`), which the policies of the tables read
(`chassis.policies`). They end with the transaction, so nothing of them goes back to the pool. Without them no row of a
protected table is seen or written.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from contracts.access import NATION, Scope, place_code

ANYTHING: Final = "*"
"""Of the service itself, and of no caller whatever the scopes: every purpose."""


@dataclass(frozen=True, slots=True)
class Remit:
    """Where and what for a transaction works.

    Attributes:
        regions: regions and TPS whose rows it may see and write.
        purposes: the caller's scopes; `ANYTHING` is the service's own. Of what is no scope of the desk nothing is told.
    """

    regions: tuple[str, ...]
    purposes: frozenset[str]


EVERYWHERE: Final = Remit((NATION,), frozenset({ANYTHING}))
"""The service itself: what it takes in, relays, counts and computes, without a caller."""

NOWHERE: Final = Remit((), frozenset())
"""No region and no purpose: what lies in no protected table, such as keys, positions and the ledger."""


def everywhere_for(*purposes: Scope) -> Remit:
    """Return the remit of what looks wherever it is, and for these purposes alone: by a secret that the asker has."""
    return Remit((NATION,), frozenset(purposes))


def shared(remits: Iterable[Remit]) -> Remit:
    """Return the remit of a transaction of several callers: the regions of each, and the purposes that all of them have.

    Each row of theirs says by whose grant it is written; what for, no row says, so that nobody's scopes serve another.
    """
    own = list(remits)
    regions = {region for remit in own for region in remit.regions}
    purposes = frozenset[str].intersection(*(remit.purposes for remit in own)) if own else frozenset[str]()
    return Remit(tuple(regions), purposes)


_REFUSED: Final = "42501"
_POLICY: Final = "violates row-level security"
"""What PostgreSQL's own message says of a policy's refusal, and not of a privilege that is missing; so do ours."""
_OF_PURPOSE: Final = '"purpose_'
"""What the message says where it was no matter of regions: the beginning of the policy's name."""


def opening(remit: Remit, *, grouped: bool = False) -> str:
    """Return the statement that begins a transaction for a remit, in one round trip.

    Args:
        remit: what the transaction may see and write.
        grouped: whether it serves several callers, so that each row has to carry its own caller's grant.

    Raises:
        ValueError: a region is no code.
    """
    if not (remit.regions or remit.purposes):
        return "begin"
    told = f"begin; select set_config('app.regions', '{_regions(remit.regions)}', true)"
    told += f", set_config('app.purposes', '{_purposes(remit.purposes)}', true)"
    return f"{told}, set_config('app.grouped', 'yes', true)" if grouped else told


def _regions(regions: Iterable[str]) -> str:
    """Return the regions as the setting holds them; they go into SQL as text, so nothing but codes goes in."""
    codes = sorted({held if held == NATION else place_code(held) or "" for held in regions})
    if "" in codes:
        raise ValueError("a region of a transaction is no code")
    return NATION if NATION in codes else ",".join(codes)


def _purposes(purposes: frozenset[str]) -> str:
    """Return the purposes as the setting holds them: the desk's own scopes, whatever else a token says."""
    return ANYTHING if ANYTHING in purposes else ",".join(scope for scope in Scope if scope in purposes)


def refused_by_policy(error: BaseException) -> bool:
    """Say whether a policy refused what was written; a missing privilege is a fault of ours and no refusal."""
    if isinstance(error, StaleDataError):  # the policy hid the row from the very update
        return True
    return _sqlstate(error) == _REFUSED and _POLICY in _message(error)


def refused_for_purpose(error: BaseException) -> bool:
    """Say whether what a policy refused was the purpose, and not the region."""
    return refused_by_policy(error) and _OF_PURPOSE in _message(error)


def _sqlstate(error: BaseException) -> object:
    return getattr(_cause(error), "sqlstate", None)


def _message(error: BaseException) -> str:
    return str(_cause(error))


def _cause(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig else error


class Reads(Protocol):
    """A connection or a unit of work, as far as reading goes."""

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        """Run SQL and return its rows."""
        ...


async def require_purpose(reads: Reads, purpose: Scope) -> None:
    """Let the database refuse a transaction that is not for a purpose, before it reads what lies behind no policy."""
    await reads.fetch("select desk_require($1::text[])", [purpose.value])


_WIDEN = """
select held.*, set_config('app.regions', '*', true), set_config('app.purposes', concat_ws(',', purposes, $1::text), true)
from (select current_setting('app.regions', true) as regions, current_setting('app.purposes', true) as purposes) held
"""
_NARROW = "select set_config('app.regions', $1, true), set_config('app.purposes', $2, true)"


@asynccontextmanager
async def beyond_regions(reads: Reads, *, purposes: Iterable[Scope] = ()) -> AsyncGenerator[None]:
    """See every region for the length of a look-up that decides and is told to nobody, or to mark work for the service itself.

    Whether somebody holds a slot elsewhere is such a question. `tests/architecture` has the list of who asks, and why.

    Args:
        reads: in a transaction, after what is pending was flushed: it would be written with every region otherwise.
        purposes: what the decision needs to see beside what the caller is there for; nothing, as a rule.
    """
    rows = await reads.fetch(_WIDEN, ",".join(purposes) or None)
    try:
        yield
    finally:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):  # of a transaction that is lost anyway
            await reads.fetch(_NARROW, rows[0]["regions"] or "", rows[0]["purposes"] or "")
