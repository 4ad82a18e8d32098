"""What turnout takes in: elections, contests and TPS from the registry, ballots received from logistics."""

from collections.abc import Sequence

from chassis.consumer import IGNORE, Received, Subscription, handles
from chassis.database import UnitOfWork
from chassis.from_registry import FROM_REGISTRY
from chassis.outbox import Origin
from contracts.logistics_events import BoxFacts, BoxState
from contracts.registry_events import ContestDefined, ElectionDefined, TpsRegistered
from services.turnout.commands.known_tps import TpsFacts, lock_known, tell_what_counts


async def know_election(uow: UnitOfWork, events: Sequence[Received[ElectionDefined]]) -> None:
    """Know the settings of an election that forms are judged by, and when its results may be public."""
    facts = [event.data for event in events]
    await uow.execute(
        """insert into election_ref (election, results_public_at, reserve_ratio, walk_ins_from)
           select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[])
           on conflict (election) do update set results_public_at = excluded.results_public_at,
               reserve_ratio = excluded.reserve_ratio, walk_ins_from = excluded.walk_ins_from""",
        [f.election for f in facts],
        [f.results_public_at for f in facts],
        [str(f.settings.ballot_reserve_ratio.value) for f in facts],
        [f.settings.walk_in_opens.value for f in facts],
    )


async def know_contest(uow: UnitOfWork, events: Sequence[Received[ContestDefined]]) -> None:
    """Know the choices of a contest."""
    await uow.execute(
        """insert into contest_ref (election, contest, choices)
           select election, contest, string_to_array(choices, ' ')::int[]
           from unnest($1::text[], $2::text[], $3::text[]) u(election, contest, choices)
           on conflict (election, contest) do update set choices = excluded.choices""",
        [event.envelope.election for event in events],
        [event.data.contest for event in events],
        [" ".join(str(n) for n in sorted(c.number for c in event.data.choices)) for event in events],
    )


async def know_tps(uow: UnitOfWork, events: Sequence[Received[TpsRegistered]]) -> None:
    """Know a TPS as the registry tells of it, open its voting day, and a tally for each of its contests.

    Emits:
        voting_day.tps_changed, tally.tps_changed, where it was dissolved or is back.
    """
    facts = [event.data for event in events]
    before = await lock_known(uow, [f.tps_id for f in facts])
    await uow.execute(
        """insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests,
                                voting_opens, voting_closes, active, told_at, code_since, former_codes)
           select tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, string_to_array(contests, ' '),
                  voting_opens, voting_closes, active, told_at, told_at, string_to_array(former_codes, ' ')
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::int[], $7::int[], $8::text[],
                       $9::text[], $10::text[], $11::boolean[], $12::timestamptz[],
                       $13::text[])
                u(tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests, voting_opens,
                  voting_closes, active, told_at, former_codes)
           on conflict (tps_id) do update set
               code_since = case when tps_ref.tps_code = excluded.tps_code then tps_ref.code_since
                                 else excluded.told_at end,
               tps_code = excluded.tps_code, zone = excluded.zone,
               voting_date = excluded.voting_date, dpt_men = excluded.dpt_men, dpt_women = excluded.dpt_women,
               contests = excluded.contests, voting_opens = excluded.voting_opens,
               voting_closes = excluded.voting_closes, active = excluded.active,
               told_at = excluded.told_at, former_codes = excluded.former_codes""",
        [f.tps_id for f in facts],
        [event.envelope.election for event in events],
        [f.tps_code for f in facts],
        [f.zone for f in facts],
        [f.voting_date for f in facts],
        [f.dpt_men for f in facts],
        [f.dpt_women for f in facts],
        [" ".join(f.contests) for f in facts],
        [f.voting_opens for f in facts],
        [f.voting_closes for f in facts],
        [f.active for f in facts],
        [event.envelope.recorded_at for event in events],
        [" ".join(f.former_codes) for f in facts],
    )
    await uow.execute(
        "insert into voting_day (tps_id, version) select u, 0 from unnest($1::uuid[]) u on conflict do nothing",
        [f.tps_id for f in facts],
    )
    await uow.execute(
        """insert into tally (tally_id, tps_id, contest)
           select uuidv7(), tps_id, contest from unnest($1::uuid[], $2::text[]) u(tps_id, contest)
           on conflict (tps_id, contest) do nothing""",
        [f.tps_id for f in facts for _ in f.contests],
        [contest for f in facts for contest in f.contests],
    )
    await tell_what_counts(uow, [_facts_of(event) for event in events], before=before)


def _facts_of(event: Received[TpsRegistered]) -> TpsFacts:
    tps, envelope = event.data, event.envelope
    origin = Origin(envelope.election, "service:turnout", "api", envelope.recorded_at, envelope.rehearsal)
    return TpsFacts(tps.tps_id, tps.tps_code, tps.active, frozenset(tps.contests), origin)


async def know_box(uow: UnitOfWork, events: Sequence[Received[BoxFacts]]) -> None:
    """Know the ballots that were counted in a box, for the form of its contest says how many were received."""
    facts = [event.data for event in events]
    await uow.execute(
        """insert into box_ref (box_id, election, tps_id, contest, ballots_received, void)
           select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int[], $6::boolean[])
           on conflict (box_id) do update set ballots_received = excluded.ballots_received, void = excluded.void""",
        [f.box_id for f in facts],
        [event.envelope.election for event in events],
        [f.tps_id for f in facts],
        [f.contest for f in facts],
        [f.ballots_received for f in facts],
        [f.state is BoxState.VOID for f in facts],
    )


SUBSCRIPTION = Subscription(
    name="turnout",
    services=("registry", "logistics"),
    handlers={
        **FROM_REGISTRY,
        "desk.registry.election.defined.v1": handles(know_election),
        "desk.registry.contest.defined.v1": handles(know_contest),
        "desk.registry.tps.registered.v1": handles(know_tps),
        "desk.logistics.box.received.v1": handles(know_box),
        "desk.logistics.box.discrepancy_resolved.v1": handles(know_box),
        "desk.logistics.box.voided.v1": handles(know_box),
        "desk.logistics.box.packed.v1": IGNORE,
        "desk.logistics.box.scanned.v1": IGNORE,
        "desk.logistics.box.discrepancy_opened.v1": IGNORE,
        "desk.logistics.tps_supply.need_computed.v1": IGNORE,
        "desk.logistics.tps_supply.items_received.v1": IGNORE,
        "desk.logistics.kecamatan_need.computed.v1": IGNORE,
        "desk.logistics.shipment.planned.v1": IGNORE,
        "desk.logistics.shipment.dispatched.v1": IGNORE,
        "desk.logistics.shipment.arrived.v1": IGNORE,
        "desk.logistics.shipment.cancelled.v1": IGNORE,
        "desk.logistics.warehouse.registered.v1": IGNORE,
        "desk.logistics.warehouse.stock_counted.v1": IGNORE,
        "desk.logistics.stray_scan.recorded.v1": IGNORE,
        "desk.logistics.stray_scan.settled.v1": IGNORE,
    },
)
