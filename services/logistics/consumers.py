"""What logistics takes in from the registry: elections, whose settings count, and TPS."""

import json
from collections.abc import Sequence

from chassis.consumer import IGNORE, Received, Subscription, handles
from chassis.database import UnitOfWork
from chassis.from_registry import FROM_REGISTRY
from contracts.registry_events import ElectionDefined, TpsRegistered
from services.logistics.commands.known_tps import change_election, hold_elections
from services.logistics.rules.quantities import CatalogueItem, catalogue_of

_ELECTION = """
insert into election_ref (election, due_days_before, settings, region_code) values ($1, $2, $3, $4)
on conflict (election) do update set due_days_before = excluded.due_days_before, settings = excluded.settings,
    region_code = excluded.region_code
"""
_ITEMS = """
insert into catalogue_item (election, item, name, name_id, unit, per, quantity, reserve_ratio, sealed, source, verified,
    of_election, position, version)
select $1, u.*, 1 from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::numeric[],
    $9::boolean[], $10::text[], $11::boolean[], $12::boolean[], $13::int[]) u
on conflict (election, item) do update set quantity = excluded.quantity, reserve_ratio = excluded.reserve_ratio,
    source = excluded.source, version = catalogue_item.version + 1
    where catalogue_item.of_election
"""


async def know_election(uow: UnitOfWork, events: Sequence[Received[ElectionDefined]]) -> None:
    """Know an election's settings: they make its catalogue, and what its TPS need is computed again where they changed."""
    for event in events:
        settings, election = event.data.settings, event.data.election
        catalogue = catalogue_of(settings)
        facts = json.dumps([settings.logistics_due_days_before.value, *map(_facts, catalogue)])
        await change_election(uow, election)
        row = await uow.fetch_row(
            "select settings from election_ref where election = $1 for update", election
        )
        due_days_before = settings.logistics_due_days_before.value
        await uow.execute(_ELECTION, election, due_days_before, facts, event.data.region_code)
        if row is not None and row["settings"] == facts:
            continue
        columns = [list(column) for column in zip(*map(_columns, catalogue), strict=True)]
        await uow.execute(_ITEMS, election, *columns, list(range(len(catalogue))))
        await uow.execute("update tps_supply set stale = true where election = $1", election)


def _columns(item: CatalogueItem) -> tuple[object, ...]:
    return (
        *(item.item, item.name, item.name_id, item.unit, item.per, item.quantity, item.reserve_ratio),
        *(item.sealed, item.source, item.verified, item.of_election),
    )


def _facts(item: CatalogueItem) -> list[object]:
    return [item.item, item.quantity, str(item.reserve_ratio), item.source]


async def know_tps(uow: UnitOfWork, events: Sequence[Received[TpsRegistered]]) -> None:
    """Know a TPS as the registry tells of it; what it needs is computed soon after."""
    ordered = sorted(events, key=lambda event: event.data.tps_id)
    facts = [event.data for event in ordered]
    ids = [tps.tps_id for tps in facts]
    elections = [event.envelope.election for event in ordered]
    await hold_elections(uow, set(elections))
    await uow.execute(
        """insert into tps_ref (tps_id, election, tps_code, kecamatan, zone, voting_date, dpt, contests, active,
                                told_at, former_codes)
           select tps_id, election, tps_code, left(tps_code, 8), zone, voting_date, dpt,
                  string_to_array(contests, ' '), active, told_at, string_to_array(former_codes, ' ')
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::int[], $7::text[], $8::boolean[],
                       $9::timestamptz[], $10::text[])
                u(tps_id, election, tps_code, zone, voting_date, dpt, contests, active, told_at, former_codes)
           on conflict (tps_id) do update set tps_code = excluded.tps_code, kecamatan = excluded.kecamatan,
               zone = excluded.zone, voting_date = excluded.voting_date, dpt = excluded.dpt,
               contests = excluded.contests, active = excluded.active, told_at = excluded.told_at,
               former_codes = excluded.former_codes""",
        ids,
        elections,
        [tps.tps_code for tps in facts],
        [tps.zone for tps in facts],
        [tps.voting_date for tps in facts],
        [tps.dpt_men + tps.dpt_women for tps in facts],
        [" ".join(tps.contests) for tps in facts],
        [tps.active for tps in facts],
        [event.envelope.recorded_at for event in ordered],
        [" ".join(tps.former_codes) for tps in facts],
    )
    await uow.execute(
        """insert into tps_supply (tps_id, election, version, stale, boxes, needs)
           select u.tps_id, u.election, 0, true, 0, '[]' from unnest($1::uuid[], $2::text[]) u(tps_id, election)
           on conflict (tps_id) do update set stale = true""",
        ids,
        elections,
    )


SUBSCRIPTION = Subscription(
    name="logistics",
    services=("registry",),
    handlers={
        **FROM_REGISTRY,
        "desk.registry.election.defined.v1": handles(know_election),
        "desk.registry.tps.registered.v1": handles(know_tps),
        "desk.registry.contest.defined.v1": IGNORE,
    },
)
