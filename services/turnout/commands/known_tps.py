"""What follows from a TPS that was dissolved or is back: whether its reports and forms are in the totals.

What was reported stays. Whoever sums up is told here, because the registry's event and those of the day and of the forms lie
on different topics, between which nobody promises an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.turnout_events import TallyState, TallyTpsChanged, VotingDayTpsChanged

_BEFORE = (
    "select tps_id, active, contests from tps_ref where tps_id = any($1::uuid[]) order by tps_id for update"
)
_DAYS = """
update voting_day v set version = v.version + 1
from (select tps_id from voting_day where tps_id = any($1::uuid[]) order by tps_id for update) l
where v.tps_id = l.tps_id returning v.tps_id, v.version
"""
# A form that nobody has entered yet is in no total, and one of a TPS that is no more cannot be entered.
_TALLIES = """
update tally y set version = y.version + 1
from (
    select tally_id, w.counts from unnest($1::uuid[], $2::text[], $3::boolean[]) w(tps_id, contest, counts)
    join tally using (tps_id, contest) where version > 0 order by tally_id for update of tally
) l
where y.tally_id = l.tally_id returning y.tally_id, y.tps_id, y.contest, y.version, y.round, y.state, l.counts
"""


@dataclass(frozen=True, slots=True)
class TpsFacts:
    """A TPS as its owner tells of it now, and who told it when."""

    tps_id: UUID
    tps_code: str
    active: bool
    contests: frozenset[str]
    origin: Origin


@dataclass(frozen=True, slots=True)
class TpsBefore:
    """What of a TPS decides whether its day and its forms count."""

    active: bool
    contests: frozenset[str]


async def lock_known(uow: UnitOfWork, tps: Sequence[UUID]) -> dict[UUID, TpsBefore]:
    """Lock TPS that are known already and return what decided whether they counted."""
    rows = await uow.fetch(_BEFORE, sorted(tps))
    return {row["tps_id"]: TpsBefore(row["active"], frozenset(row["contests"])) for row in rows}


async def tell_what_counts(
    uow: UnitOfWork, facts: Sequence[TpsFacts], *, before: dict[UUID, TpsBefore]
) -> None:
    """Tell of the days and forms that are in the totals no more, or again, because their TPS changed.

    Args:
        facts: the TPS as they are from now on.
        before: as `lock_known` gave it; a TPS that was not known counted, as far as anybody could say.

    Emits:
        voting_day.tps_changed, tally.tps_changed
    """
    by_id = {tps.tps_id: tps for tps in facts}
    turned = [tps.tps_id for tps in facts if _was(before, tps).active != tps.active]
    for row in await uow.fetch(_DAYS, turned) if turned else ():
        tps = by_id[row["tps_id"]]
        uow.emit(
            VotingDayTpsChanged(tps_id=tps.tps_id, tps_code=tps.tps_code, counts=tps.active),
            aggregate_id=tps.tps_id,
            version=row["version"],
            origin=tps.origin,
            tps_id=tps.tps_id,
        )
    changes = [change for tps in facts for change in _changes(_was(before, tps), tps)]
    if not changes:
        return
    for row in await uow.fetch(_TALLIES, *(list(column) for column in zip(*changes, strict=True))):
        tps = by_id[row["tps_id"]]
        uow.emit(
            TallyTpsChanged(
                tps_id=tps.tps_id,
                tps_code=tps.tps_code,
                contest=row["contest"],
                round=row["round"],
                state=TallyState(row["state"]),
                counts=row["counts"],
            ),
            aggregate_id=row["tally_id"],
            version=row["version"],
            origin=tps.origin,
            contest=row["contest"],
            tps_id=tps.tps_id,
        )


def _was(before: dict[UUID, TpsBefore], tps: TpsFacts) -> TpsBefore:
    return before.get(tps.tps_id) or TpsBefore(active=True, contests=tps.contests)


def _changes(was: TpsBefore, now: TpsFacts) -> list[tuple[UUID, str, bool]]:
    """Return the contests whose form counts from now on and did not, or the other way round."""
    counted = was.contests if was.active else frozenset[str]()
    counts = now.contests if now.active else frozenset[str]()
    return [(now.tps_id, contest, contest in counts) for contest in sorted(counted ^ counts)]
