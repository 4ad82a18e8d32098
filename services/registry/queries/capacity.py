"""How full the TPS of a region are, and what could be split and merged in a kelurahan (D1)."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

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
    ShortTps,
    SplitOut,
)
from services.registry.tables.frames import load_frame
from services.registry.tables.voter_families import family_counts
from services.registry.tables.voters import require_same_keys

MOST_SHOWN = 200

_VOTERS = """
select t.code, (v.counts->'dpt'->>'men')::int + (v.counts->'dpt'->>'women')::int
              + (v.counts->'moved_out'->>'men')::int + (v.counts->'moved_out'->>'women')::int as voters,
       (v.counts->'dpt'->>'men')::int + (v.counts->'dpt'->>'women')::int
              + (v.counts->'moved_in'->>'men')::int + (v.counts->'moved_in'->>'women')::int as here,
       t.dpt_men + t.dpt_women as dpt,
       (t.dpt_men + t.dpt_women + ceil((t.dpt_men + t.dpt_women) * $3::numeric))::int as ballots
from tps t left join tps_voters v on v.tps_id = t.id and v.version > 0
where t.election = $1 and t.active and (t.code = $2 or t.code like $2 || '.%')
"""


async def capacity(connection: Connection, *, election: str, code: str, now: datetime) -> Capacity:
    """Return the TPS of a region that have more voters than they may, than they are registered with, or than ballots.

    Raises:
        ElectionUnknown: there is no such election.
    """
    settings = (await load_frame(connection, election)).settings
    limit = settings.max_voters_per_tps
    asked = (election, code, Decimal(str(settings.ballot_reserve_ratio.value)))
    sums = await connection.fetchrow(
        f"""select count(*) as tps, count(*) filter (where voters is null) as unknown,
                   count(*) filter (where voters > $4) as over, count(*) filter (where voters <> dpt) as differing,
                   count(*) filter (where here > ballots) as short
            from ({_VOTERS}) c""",  # noqa: S608 - the statement above
        *(*asked, limit.value),
    )
    over = await connection.fetch(
        f"select * from ({_VOTERS}) c where voters > $4 order by voters desc, code limit {MOST_SHOWN}",  # noqa: S608 - as above
        *(*asked, limit.value),
    )
    differing, short = [
        await connection.fetch(
            f"select * from ({_VOTERS}) c where {which} order by {most} desc, code limit {MOST_SHOWN}",  # noqa: S608 - as above
            *asked,
        )
        for which, most in (("voters <> dpt", "abs(voters - dpt)"), ("here > ballots", "here - ballots"))
    ]
    assert sums is not None
    return Capacity(
        region_code=code,
        limit=limit,
        tps=sums["tps"],
        tps_without_list=sums["unknown"],
        over_total=sums["over"],
        over=[
            FullTps(tps_code=row["code"], voters=row["voters"], over_by=row["voters"] - limit.value)
            for row in over
        ],
        differing_total=sums["differing"],
        differing=[
            DifferingTps(tps_code=row["code"], voters=row["voters"], dpt_total=row["dpt"])
            for row in differing
        ],
        short_total=sums["short"],
        short=[ShortTps(tps_code=row["code"], voters=row["here"], ballots=row["ballots"]) for row in short],
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
