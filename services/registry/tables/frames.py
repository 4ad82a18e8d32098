"""What commands and queries read alike: an election's frame, and TPS by code, former codes included."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from chassis.database import Row
from chassis.row_security import Reads
from contracts.registry_events import ElectionSettings, Stage
from contracts.registry_places_events import MoveReason
from contracts.vocabulary import kpu_code
from contracts.zones import zone_of
from services.registry.errors import ElectionUnknown
from services.registry.rules.tps import tps_findings
from services.registry.schemas.tps import MovedOut, TpsFacts, TpsOut


@dataclass(frozen=True, slots=True)
class Frame:
    """What an election says of all its TPS."""

    election: str
    region_code: str | None
    voting_date: date
    rehearsal: bool
    settings: ElectionSettings
    stages: tuple[Stage, ...]
    contests: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """Since when a TPS stands at another place than before, and why."""

    since_at: datetime
    reason: MoveReason


@dataclass(frozen=True, slots=True)
class TpsState:
    """A TPS as it stands."""

    tps_id: UUID
    code: str
    version: int
    facts: TpsFacts
    former_codes: tuple[str, ...]
    moved: Moved | None = None

    def contests(self) -> list[str]:
        """Return the ids of its contests; once registered, it has them by name."""
        return list(self.facts.contests or ())


Lock = Literal["", "for share", "for update"]


async def load_frame(reads: Reads, election: str, *, lock: Lock = "") -> Frame:
    """Return an election's frame; commands lock it, so that it does not change under them.

    Raises:
        ElectionUnknown: there is no such election.
    """
    rows = await reads.fetch(f"select * from election where id = $1 {lock}", election)  # noqa: S608 - of three words
    if not rows:
        raise ElectionUnknown(
            f"No election has the id {election}.", detail_id=f"Tidak ada pemilihan dengan id {election}."
        )
    row = rows[0]
    contests = await reads.fetch("select id from contest where election = $1", election)
    return Frame(
        election=election,
        region_code=row["region_code"],
        voting_date=row["voting_date"],
        rehearsal=row["rehearsal"],
        settings=ElectionSettings.model_validate(parts_of(row["settings"])),
        stages=tuple(Stage.model_validate(stage) for stage in parts_of(row["stages"])),
        contests=frozenset(contest["id"] for contest in contests),
    )


def parts_of(value: object) -> list[object]:
    """Return a JSON column as Python values; asyncpg gives it as text."""
    return cast(list[object], json.loads(value) if isinstance(value, str) else value)


_BY_CODE = """
select c.code as asked, t.* from unnest($2::text[]) c(code) join tps t on t.election = $1 and t.code = c.code
order by t.id
"""
_BY_FORMER_CODE = """
select t.* from tps t where t.election = $1 and t.former_codes <> '{}' and t.former_codes && $2::text[] order by t.id
"""
_LOCK = " for no key update of t"


async def find_tps(
    reads: Reads, election: str, codes: Sequence[str], *, lock: bool = False
) -> dict[str, TpsState]:
    """Return TPS by the codes that were asked for: whoever has a code now, else whoever had it before.

    Where two TPS had a code before, the one that had it last answers.
    """
    wanted = sorted(set(codes))
    tail = _LOCK if lock else ""
    rows = await reads.fetch(_BY_CODE + tail, election, wanted)
    found = {row["asked"]: tps_state(row) for row in rows}
    missing = [code for code in wanted if code not in found]
    if missing:
        for row in await reads.fetch(_BY_FORMER_CODE + tail, election, missing):
            state = tps_state(row)
            for code in set(missing) & set(state.former_codes):
                known = found.get(code)
                if known is None or _left_later(state, known, code):
                    found[code] = state
    return found


def _left_later(one: TpsState, other: TpsState, code: str) -> bool:
    """Of two that had a code, the one with fewer codes since then is the better guess; ids decide the rest."""
    return (len(one.former_codes) - one.former_codes.index(code), one.tps_id.hex) < (
        len(other.former_codes) - other.former_codes.index(code),
        other.tps_id.hex,
    )


def tps_state(row: Row) -> TpsState:
    """Return a row as the TPS that it is."""
    facts = TpsFacts.model_validate({name: row[name] for name in TpsFacts.model_fields})
    moved = Moved(row["moved_at"], MoveReason(row["moved_reason"])) if row["moved_at"] else None
    return TpsState(row["id"], row["code"], row["version"], facts, tuple(row["former_codes"]), moved)


def tps_out(state: TpsState, frame: Frame) -> TpsOut:
    """Return a TPS as callers see it: what it leaves to the election is filled in."""
    facts = state.facts
    dpt = facts.dpt_men + facts.dpt_women
    return TpsOut(
        election=frame.election,
        tps_id=state.tps_id,
        tps_code=state.code,
        kpu_code=kpu_code(state.code),
        version=state.version,
        kind=facts.kind,
        place=facts.place,
        address=facts.address,
        lat=facts.lat,
        lon=facts.lon,
        zone=zone_of(state.code),
        voting_date=facts.voting_date or frame.voting_date,
        voting_opens=facts.voting_opens or frame.settings.voting_opens.value,
        voting_closes=facts.voting_closes or frame.settings.voting_closes.value,
        dpt_men=facts.dpt_men,
        dpt_women=facts.dpt_women,
        dpt_total=dpt,
        contests=state.contests(),
        accessible=facts.accessible,
        active=facts.active,
        former_codes=list(state.former_codes),
        moved=MovedOut(since_at=state.moved.since_at, reason=state.moved.reason) if state.moved else None,
        findings=tps_findings(state.code, dpt=dpt, max_voters=frame.settings.max_voters_per_tps.value),
        source=facts.source,
        rehearsal=frame.rehearsal,
    )
