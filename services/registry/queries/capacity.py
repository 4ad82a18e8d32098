"""How full the TPS of a region are, and what could be split and merged in a kelurahan (D1)."""

from collections import Counter
from datetime import datetime

from chassis.database import Connection
from chassis.sealing import SealingKeys
from contracts.vocabulary import TpsKind
from services.registry.rules.capacity import families_of, merges, split
from services.registry.schemas.capacity import (
    Capacity,
    CapacityProposals,
    DifferingTps,
    FullTps,
    MergeOut,
    PartOut,
    SplitOut,
)
from services.registry.tables.frames import load_frame
from services.registry.tables.voter_families import family_counts
from services.registry.tables.voters import require_same_keys

MOST_SHOWN = 200

_VOTERS = """
select t.code, (v.counts->'dpt'->>'men')::int + (v.counts->'dpt'->>'women')::int
              + (v.counts->'moved_out'->>'men')::int + (v.counts->'moved_out'->>'women')::int as voters,
       t.dpt_men + t.dpt_women as dpt
from tps t left join tps_voters v on v.tps_id = t.id and v.version > 0
where t.election = $1 and t.active and (t.code = $2 or t.code like $2 || '.%')
"""


async def capacity(connection: Connection, *, election: str, code: str, now: datetime) -> Capacity:
    """Return the TPS of a region that have more voters than they may.

    Raises:
        ElectionUnknown: there is no such election.
    """
    limit = (await load_frame(connection, election)).settings.max_voters_per_tps
    sums = await connection.fetchrow(
        f"""select count(*) as tps, count(*) filter (where voters is null) as unknown,
                   count(*) filter (where voters > $3) as over, count(*) filter (where voters <> dpt) as differing
            from ({_VOTERS}) c""",  # noqa: S608 - the statement above
        *(election, code, limit.value),
    )
    rows = await connection.fetch(
        f"{_VOTERS} and (v.counts->'dpt') is not null order by voters desc, t.code limit {MOST_SHOWN}",
        *(election, code),
    )
    differing = await connection.fetch(
        f"""select code, voters, dpt from ({_VOTERS}) c where voters <> dpt
            order by abs(voters - dpt) desc, code limit {MOST_SHOWN}""",  # noqa: S608 - the statement above
        *(election, code),
    )
    assert sums is not None
    over = [
        FullTps(tps_code=row["code"], voters=row["voters"], over_by=row["voters"] - limit.value)
        for row in rows
        if row["voters"] > limit.value
    ]
    return Capacity(
        region_code=code,
        limit=limit,
        tps=sums["tps"],
        tps_without_list=sums["unknown"],
        over_total=sums["over"],
        over=over,
        differing_total=sums["differing"],
        differing=[
            DifferingTps(tps_code=row["code"], voters=row["voters"], dpt_total=row["dpt"])
            for row in differing
        ],
        as_of=now,
    )


async def capacity_proposals(
    connection: Connection,
    *,
    election: str,
    code: str,
    merge_below: int,
    keys: SealingKeys | None,
    now: datetime,
) -> CapacityProposals:
    """Return how the TPS of a kelurahan could be split and merged, in figures.

    Raises:
        ElectionUnknown: there is no such election.
        VotersUnavailable: the keys are not here.
        VotersToReseal: rows are sealed with an older key.
    """
    limit = (await load_frame(connection, election)).settings.max_voters_per_tps
    keys = await require_same_keys(connection, keys)
    rows = await connection.fetch(
        "select id, code from tps where election = $1 and code like $2 || '.%' and active and kind = $3",
        *(election, code, TpsKind.REGULAR.value),
    )
    codes = {row["id"]: row["code"] for row in rows}
    counts = await family_counts(connection, list(codes), current_key=keys.current)
    families = families_of((codes[row["tps_id"]], row["family_index"], row["voters"]) for row in counts)
    seen = Counter(row["family_index"] for row in counts if row["family_index"] is not None)
    voters = {tps: sum(sizes.values()) for tps, sizes in families.items()}
    splits = [split(tps, families[tps], limit=limit.value) for tps in sorted(families)]
    return CapacityProposals(
        kelurahan_code=code,
        limit=limit,
        splits=[
            SplitOut(
                tps_code=each.tps,
                voters=voters[each.tps],
                parts=[PartOut(voters=part.voters, families=len(part.families)) for part in each.parts],
            )
            for each in splits
            if each is not None
        ],
        merges=[
            MergeOut(tps_code=each.tps, into=each.into, voters=each.voters)
            for each in merges(voters, limit=limit.value, below=merge_below)
        ],
        families_in_several_tps=sum(tps > 1 for tps in seen.values()),
        voters_without_family=sum(row["voters"] for row in counts if row["family_index"] is None),
        as_of=now,
    )
