"""What incidents takes in from the registry: which elections and which TPS there are."""

from collections.abc import Sequence

from chassis.consumer import IGNORE, Received, Subscription, handles
from chassis.database import UnitOfWork
from chassis.from_registry import FROM_REGISTRY
from contracts.registry_events import ElectionDefined, TpsRegistered


async def know_election(uow: UnitOfWork, events: Sequence[Received[ElectionDefined]]) -> None:
    """Know an election and the region whose desk this is."""
    await uow.execute(
        """insert into election_ref (election, region_code)
           select * from unnest($1::text[], $2::text[]) u(election, region_code)
           on conflict (election) do update set region_code = excluded.region_code""",
        [event.data.election for event in events],
        [event.data.region_code for event in events],
    )


async def know_tps(uow: UnitOfWork, events: Sequence[Received[TpsRegistered]]) -> None:
    """Know a TPS by its code and by those that it had before."""
    facts = [event.data for event in events]
    await uow.execute(
        """insert into tps_ref (tps_id, election, tps_code, former_codes, active, told_at, code_since)
           select tps_id, election, tps_code, string_to_array(former_codes, ' '), active, told_at, told_at
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::timestamptz[])
                u(tps_id, election, tps_code, former_codes, active, told_at)
           on conflict (tps_id) do update set
               code_since = case when tps_ref.tps_code = excluded.tps_code then tps_ref.code_since
                                 else excluded.told_at end,
               tps_code = excluded.tps_code, former_codes = excluded.former_codes, active = excluded.active,
               told_at = excluded.told_at""",
        [f.tps_id for f in facts],
        [event.envelope.election for event in events],
        [f.tps_code for f in facts],
        [" ".join(f.former_codes) for f in facts],
        [f.active for f in facts],
        [event.envelope.recorded_at for event in events],
    )


SUBSCRIPTION = Subscription(
    name="incidents",
    services=("registry",),
    handlers={
        **FROM_REGISTRY,
        "desk.registry.election.defined.v1": handles(know_election),
        "desk.registry.tps.registered.v1": handles(know_tps),
        "desk.registry.contest.defined.v1": IGNORE,
    },
)
