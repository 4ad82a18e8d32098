"""The TPS of one transaction: found by code, and locked for whoever packs for it or receives at it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Row, UnitOfWork
from chassis.tps_codes import by_code
from contracts.logistics_events import ItemNeed

NEEDS: TypeAdapter[list[ItemNeed]] = TypeAdapter(list[ItemNeed])
"""How needs are stored."""

_LOCK = by_code("""
select c.election, c.tps_code as asked, t.tps_code, t.tps_id, t.contests, s.due_at, s.needs, s.version
from unnest($1::text[], $2::text[]) c(election, tps_code)
cross join lateral (<tps>) t join tps_supply s using (tps_id)
order by t.tps_id for update of s
""")
_HOLD = "select pg_advisory_xact_lock_shared(hashtext('desk.needs'), hashtext(e)) from unnest($1::text[]) e"
_CHANGE = "select pg_advisory_xact_lock(hashtext('desk.needs'), hashtext($1))"


@dataclass(frozen=True, slots=True)
class KnownTps:
    """A TPS with its supply's row locked.

    Attributes:
        needs: what it needs; empty while that is not computed.
        version: of its supply.
    """

    tps_id: UUID
    tps_code: str
    contests: Sequence[str]
    due_at: datetime | None
    needs: list[ItemNeed]
    version: int

    def needs_of(self, item: str, contest: str | None) -> int | None:
        """Return how much of an item it needs, or None where nothing is known of that."""
        return next((n.quantity for n in self.needs if n.item == item and n.contest == contest), None)


async def lock_tps(uow: UnitOfWork, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], KnownTps]:
    """Lock the supplies of TPS, by election and code, and return those that are known, by what was asked for.

    A code that a TPS had before means the TPS, where nobody has it now.

    Emits:
        nothing.
    """
    wanted = set(places)
    found: dict[tuple[str, str], KnownTps] = {}
    for statement in _LOCK:
        missing = sorted(wanted - found.keys())
        if not missing:
            break
        elections, codes = [election for election, _ in missing], [code for _, code in missing]
        for row in await uow.fetch(statement, elections, codes):
            found[row["election"], row["asked"]] = _known(row)
    return found


def _known(row: Row) -> KnownTps:
    return KnownTps(
        row["tps_id"],
        row["tps_code"],
        row["contests"],
        row["due_at"],
        NEEDS.validate_json(row["needs"]),
        row["version"],
    )


async def hold_elections(uow: UnitOfWork, elections: Collection[str]) -> None:
    """Keep what the needs of elections are computed by as it is, until this transaction ends.

    A TPS that is told of for the first time must wait for a change of its election: its row is not there yet to be marked by
    whoever changes it, and would keep the needs of before.
    """
    await uow.fetch(_HOLD, sorted(elections))


async def change_election(uow: UnitOfWork, election: str) -> None:
    """Wait for the transactions that hold an election, and keep others out until this one ends; before any row is locked."""
    await uow.fetch(_CHANGE, election)
