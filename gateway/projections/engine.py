"""The projector: folds a batch of events into rows, totals and the feed, with one statement per table.

Within a partition one projector works at a time (the position row is the fence), so rows are read, folded in memory and
written without a lock of their own. Totals are kept per partition for the same reason, and summed when they are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from pydantic_core import from_json, to_json

from chassis.access_changes import know_access_changes
from chassis.consumer import IGNORE, Received, Subscription, handles
from chassis.database import UnitOfWork
from chassis.region_groups import know_region_groups
from contracts.access import NATION, covers
from contracts.catalog import CATALOG
from contracts.envelope import EventData
from contracts.vocabulary import Service
from gateway.projections import (
    Body,
    Combined,
    Figures,
    Fold,
    Projection,
    incidents,
    logistics,
    people,
    places,
    registry,
    turnout,
)
from gateway.totals import is_kept, reach_of

NOTIFY = "desk_feed"
FOLDS: dict[str, Fold | None] = {
    **registry.FOLDS,
    **people.FOLDS,
    **places.FOLDS,
    **logistics.FOLDS,
    **incidents.FOLDS,
    **turnout.FOLDS,
}
"""How each type of event changes its aggregate's row; None: the event is in the feed and changes no row."""

COMBINED: dict[str, Combined] = {**registry.COMBINED, **logistics.COMBINED}
"""Which row of its TPS an event changes beside that of its aggregate; only types that are partitioned by TPS."""

ACCESS_CHANGED = "desk.registry.access.changed.v1"
"""Ends tokens, here as in every process. No news of an election: the feed would tell who holds them by their pseudonyms."""

Key = tuple[str, str]
TotalKey = tuple[str, str, str, int]


@dataclass(slots=True)
class _Row:
    """An aggregate's row while a batch is folded into it."""

    body: Body
    before: Figures
    region_before: str
    now: Projection | None = None
    figures: Figures = field(default_factory=dict[str, int])
    event: Received[EventData] | None = None
    recorded_at: datetime | None = None


async def project(uow: UnitOfWork, events: Sequence[Received[EventData]]) -> None:
    """Fold events into the read tables and append them to the feed."""
    steps = [(key, fold, event) for event in events for key, fold in _folds_of(event)]
    rows = await _read(uow, {key for key, _, _ in steps})
    for key, fold, event in steps:
        row, recorded_at = rows[key], event.envelope.recorded_at
        row.now, row.event = fold(row.body, event.envelope, event.data), event
        row.body = row.now.body
        row.recorded_at = max(row.recorded_at or recorded_at, recorded_at)
    for row in rows.values():
        assert row.now is not None
        row.figures = row.now.figures
    await _write_rows(uow, rows)
    await _write_totals(uow, rows)
    await _write_feed(uow, events)


def _folds_of(event: Received[EventData]) -> Iterator[tuple[Key, Fold]]:
    """Give the rows that an event changes, each with its fold."""
    envelope = event.envelope
    if fold := FOLDS[envelope.type]:
        yield (envelope.election, envelope.aggregate), fold
    if combined := COMBINED.get(envelope.type):
        kind, fold = combined
        yield (envelope.election, f"{kind}/{envelope.partition_key}"), fold


def _region(data: EventData) -> str:
    """Return where an event belongs: as finely as it says itself, and no finer."""
    found = getattr(data, "tps_code", None) or getattr(data, "region_code", None)
    return str(found) if found else NATION


async def _read(uow: UnitOfWork, wanted: AbstractSet[Key]) -> dict[Key, _Row]:
    keys = sorted(wanted)
    found = await uow.fetch(
        """select p.election, p.id, p.region, p.figures, p.body
           from unnest($1::text[], $2::text[], $3::text[]) k(kind, election, id)
           join projected p using (kind, election, id)""",
        [aggregate.partition("/")[0] for _, aggregate in keys],
        [election for election, _ in keys],
        [aggregate for _, aggregate in keys],
    )
    rows = {key: _Row({}, {}, "") for key in keys}
    for row in found:
        rows[row["election"], row["id"]] = _Row(
            from_json(row["body"]), from_json(row["figures"]), row["region"]
        )
    return rows


async def _write_rows(uow: UnitOfWork, rows: dict[Key, _Row]) -> None:
    written: list[tuple[object, ...]] = []
    for (election, aggregate), row in rows.items():
        now, event = row.now, row.event
        assert now is not None
        assert event is not None
        envelope = event.envelope
        key = (aggregate.partition("/")[0], election, aggregate)
        version = envelope.version if now.version is None else now.version
        figures = to_json(dict(sorted(row.figures.items()))).decode()
        place = (now.region, now.tps_code, now.state)
        written.append((*key, *place, version, row.recorded_at, figures, to_json(now.body).decode()))
    if written:
        await uow.execute(
            """insert into projected (kind, election, id, region, tps_code, state, version, recorded_at, figures, body)
               select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                    $8::timestamptz[], $9::text[], $10::text[])
               on conflict (kind, election, id) do update set region = excluded.region, tps_code = excluded.tps_code,
                   state = excluded.state, version = excluded.version, figures = excluded.figures, body = excluded.body,
                   recorded_at = greatest(projected.recorded_at, excluded.recorded_at)""",
            *(list(column) for column in zip(*written, strict=True)),
        )


async def _write_totals(uow: UnitOfWork, rows: dict[Key, _Row]) -> None:
    changes = {
        key: changed
        for key, steps in _summed(_steps(rows)).items()
        if is_kept(key[1]) and (changed := {name: step for name, step in steps.items() if step})
    }
    keys = sorted(changes)
    if not keys:
        return
    found = await uow.fetch(
        """select t.* from unnest($1::text[], $2::text[], $3::text[], $4::int[]) k(election, region, topic, partition)
           join region_total t using (election, region, topic, partition)""",
        *(list(column) for column in zip(*keys, strict=True)),
    )
    totals: dict[TotalKey, dict[str, int]] = {
        (row["election"], row["region"], row["topic"], row["partition"]): from_json(row["figures"])
        for row in found
    }
    for key in keys:
        total = totals.setdefault(key, {})
        for name, step in changes[key].items():
            total[name] = total.get(name, 0) + step
    await uow.execute(
        """insert into region_total (election, region, topic, partition, figures)
           select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])
           on conflict (election, region, topic, partition) do update set figures = excluded.figures""",
        *(list(column) for column in zip(*keys, strict=True)),
        [
            to_json({name: value for name, value in sorted(totals[key].items()) if value}).decode()
            for key in keys
        ],
    )


def _steps(rows: Mapping[Key, _Row]) -> dict[TotalKey, dict[str, int]]:
    """Return by how much the figures of each row's own region changed: what the rows say now, minus what they said."""
    found: dict[TotalKey, dict[str, int]] = {}
    for (election, _), row in rows.items():
        assert row.now is not None
        assert row.event is not None
        lane, figures = (row.event.topic, row.event.partition), row.figures
        before: Figures = row.before
        if row.region_before not in ("", row.now.region):
            gone = found.setdefault((election, row.region_before, *lane), {})
            for name, value in before.items():
                gone[name] = gone.get(name, 0) - value
            before = {}
        into = found.setdefault((election, row.now.region, *lane), {})
        for name, value in figures.items():
            if step := value - before.get(name, 0):
                into[name] = into.get(name, 0) + step
        for name in before.keys() - figures.keys():
            into[name] = into.get(name, 0) - before[name]
    return found


def _summed(steps: dict[TotalKey, dict[str, int]]) -> dict[TotalKey, dict[str, int]]:
    """Return the steps with those of each region added to the regions around it that they reach, the narrowest first."""
    for dots in (3, 2, 1, 0):
        for election, region, topic, partition in list(steps):
            if region != NATION and region.count(".") == dots:
                wider = region.rpartition(".")[0] or NATION
                into = steps.setdefault((election, wider, topic, partition), {})
                for name, step in steps[election, region, topic, partition].items():
                    if covers(reach_of(name), wider):
                        into[name] = into.get(name, 0) + step
    return steps


async def _write_feed(uow: UnitOfWork, events: Sequence[Received[EventData]]) -> None:
    await uow.append(
        "event_feed",
        ("lane", "election", "region", "data_class", "type", "event", "recorded_at"),
        [_feed_row(event) for event in events if event.envelope.type != ACCESS_CHANGED],
    )
    await uow.execute(f"notify {NOTIFY}")


def _feed_row(event: Received[EventData]) -> tuple[object, ...]:
    envelope = event.envelope
    return (
        f"{event.topic}/{event.partition}",
        envelope.election,
        _region(event.data),
        envelope.data_class,
        envelope.type,
        _public_form(event).decode(),
        envelope.recorded_at,
    )


def _public_form(event: Received[EventData]) -> bytes:
    """Return an event as CloudEvents JSON, as feed, stream and webhooks show it."""
    envelope = event.envelope
    attributes = {
        "specversion": "1.0",
        "id": envelope.event_id,
        "type": envelope.type,
        "source": envelope.source,
        "subject": envelope.aggregate,
        "time": envelope.recorded_at,
        "aggregateversion": envelope.version,
        "election": envelope.election,
        "contest": envelope.contest,
        "occurredat": envelope.occurred_at,
        "channel": envelope.channel,
        "actor": envelope.actor,
        "dataclass": envelope.data_class,
        "rehearsal": envelope.rehearsal,
    }
    return to_json(attributes)[:-1] + b',"data":' + to_json(event.data) + b"}"


SUBSCRIPTION = Subscription(
    name="gateway",
    services=tuple(service.value for service in Service),
    handlers={
        **dict.fromkeys(CATALOG, IGNORE),
        "desk.registry.region_group.defined.v1": handles(know_region_groups),
        ACCESS_CHANGED: handles(know_access_changes),
    },
    after=project,
    batch=2_000,
    abreast=2,
)
