"""What turnout takes in from the registry: the TPS, and nothing else."""

from collections.abc import Sequence

from chassis.consumer import IGNORE, Received, Subscription, handles
from chassis.database import UnitOfWork
from contracts.registry_events import TpsRegistered


async def know_tps(uow: UnitOfWork, events: Sequence[Received[TpsRegistered]]) -> None:
    """Know a TPS as the registry tells of it, and open its voting day."""
    facts = [event.data for event in events]
    await uow.execute(
        """insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
           select tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, string_to_array(contests, ' ')
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::int[], $7::int[], $8::text[])
                u(tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
           on conflict (tps_id) do update set tps_code = excluded.tps_code, zone = excluded.zone,
               voting_date = excluded.voting_date, dpt_men = excluded.dpt_men, dpt_women = excluded.dpt_women,
               contests = excluded.contests""",
        [f.tps_id for f in facts],
        [event.envelope.election for event in events],
        [f.tps_code for f in facts],
        [f.zone for f in facts],
        [f.voting_date for f in facts],
        [f.dpt_men for f in facts],
        [f.dpt_women for f in facts],
        [" ".join(f.contests) for f in facts],
    )
    await uow.execute(
        "insert into voting_day (tps_id, version) select u, 0 from unnest($1::uuid[]) u on conflict do nothing",
        [f.tps_id for f in facts],
    )


SUBSCRIPTION = Subscription(
    name="turnout",
    services=("registry",),
    handlers={
        "desk.registry.tps.registered.v1": handles(know_tps),
        "desk.registry.election.defined.v1": IGNORE,
        "desk.registry.contest.defined.v1": IGNORE,
        "desk.registry.tps_risk.assessed.v1": IGNORE,
        "desk.registry.tps_roster.changed.v1": IGNORE,
        "desk.registry.facility.changed.v1": IGNORE,
        "desk.registry.region_group.defined.v1": IGNORE,
    },
)
