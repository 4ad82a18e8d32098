"""The projector: folds a batch of events into rows, totals and the feed, with one statement per table.

Within a partition one projector works at a time (the position row is the fence), so rows are read, folded in memory and
written without a lock of their own. Totals are kept per partition for the same reason, and summed when they are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json

from chassis.consumer import IGNORE, Received, Subscription, handles
from chassis.database import UnitOfWork
from chassis.region_groups import know_region_groups
from contracts.catalog import CATALOG
from contracts.envelope import Envelope, EventData
from contracts.vocabulary import Service, ancestors
from gateway.projections import Body, Combined, Fold, Projection, incidents, logistics, registry, turnout

NOTIFY = "desk_feed"
NATION = "*"
FOLDS: dict[str, Fold | None] = {**registry.FOLDS, **logistics.FOLDS, **incidents.FOLDS, **turnout.FOLDS}
"""How each type of event changes its aggregate's row; None: the event is in the feed and changes no row."""

COMBINED: dict[str, Combined] = {**registry.COMBINED, **logistics.COMBINED}
"""Which row of its TPS an event changes beside that of its aggregate; only types that are partitioned by TPS."""

Key = tuple[str, str]
TotalKey = tuple[str, str, str, int]


@dataclass(slots=True)
class _Row:
    """An aggregate's row while a batch is folded into it."""

    body: Body
    figures: dict[str, int]
    before: dict[str, int]
    region_before: str
    now: Projection | None = None
    envelope: Envelope | None = None
    recorded_at: datetime | None = None
    topic: str = ""
    partition: int = -1


async def project(uow: UnitOfWork, events: Sequence[Received[EventData]]) -> None:
    """Fold events into the read tables and append them to the feed."""
    rows = await _read(uow, events)
    regions: list[str] = []
    for event in events:
        for key, fold in _folds_of(event):
            row = rows[key]
            row.now = fold(row.body, event.envelope, event.data)
            row.body, row.envelope = row.now.body, event.envelope
            row.recorded_at = max(row.recorded_at or event.envelope.recorded_at, event.envelope.recorded_at)
            row.topic, row.partition = event.topic, event.partition
        regions.append(_region(event.data))
    changed = {key: row for key, row in rows.items() if row.now is not None}
    await _write_rows(uow, changed)
    await _write_totals(uow, changed)
    await _write_feed(uow, events, regions)


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


async def _read(uow: UnitOfWork, events: Sequence[Received[EventData]]) -> dict[Key, _Row]:
    keys = sorted({key for event in events for key, _ in _folds_of(event)})
    found = await uow.fetch(
        """select p.election, p.id, p.region, p.figures, p.body
           from unnest($1::text[], $2::text[], $3::text[]) k(kind, election, id)
           join projected p using (kind, election, id)""",
        [aggregate.partition("/")[0] for _, aggregate in keys],
        [election for election, _ in keys],
        [aggregate for _, aggregate in keys],
    )
    rows = {key: _Row({}, {}, {}, "") for key in keys}
    for row in found:
        figures = from_json(row["figures"])
        rows[row["election"], row["id"]] = _Row(from_json(row["body"]), figures, figures, row["region"])
    return rows


async def _write_rows(uow: UnitOfWork, rows: dict[Key, _Row]) -> None:
    written: list[tuple[object, ...]] = []
    for (election, aggregate), row in rows.items():
        now, envelope = row.now, row.envelope
        assert now is not None
        assert envelope is not None
        key = (aggregate.partition("/")[0], election, aggregate)
        version = envelope.version if now.version is None else now.version
        figures = to_json(dict(sorted(now.figures.items()))).decode()
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
    changes: dict[TotalKey, dict[str, int]] = {}
    for (election, _), row in rows.items():
        assert row.now is not None
        lane = (row.topic, row.partition)
        _add(changes, election=election, region=row.now.region, lane=lane, figures=row.now.figures, sign=1)
        if row.region_before:
            _add(changes, election=election, region=row.region_before, lane=lane, figures=row.before, sign=-1)
    changes = {key: {n: v for n, v in figures.items() if v} for key, figures in changes.items()}
    keys = sorted(key for key, figures in changes.items() if figures)
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
        for name, value in changes[key].items():
            total[name] = total.get(name, 0) + value
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


def _add(
    changes: dict[TotalKey, dict[str, int]],
    *,
    election: str,
    region: str,
    lane: tuple[str, int],
    figures: Mapping[str, int],
    sign: int,
) -> None:
    for code in (NATION, *ancestors(region)) if region != NATION else (NATION,):
        into = changes.setdefault((election, code, *lane), {})
        for name, value in figures.items():
            into[name] = into.get(name, 0) + sign * value


async def _write_feed(uow: UnitOfWork, events: Sequence[Received[EventData]], regions: Sequence[str]) -> None:
    await uow.execute(
        """insert into event_feed (lane, election, region, data_class, type, event, recorded_at)
           select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])""",
        [f"{e.topic}/{e.partition}" for e in events],
        [e.envelope.election for e in events],
        list(regions),
        [e.envelope.data_class for e in events],
        [e.envelope.type for e in events],
        [to_json(_public_form(e)).decode() for e in events],
        [e.envelope.recorded_at for e in events],
    )
    await uow.execute(f"notify {NOTIFY}")


def _public_form(event: Received[EventData]) -> dict[str, object]:
    """Return an event as CloudEvents JSON, as feed, stream and webhooks show it."""
    envelope = event.envelope
    return {
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
        "data": event.data,
    }


SUBSCRIPTION = Subscription(
    name="gateway",
    services=tuple(service.value for service in Service),
    handlers={
        **dict.fromkeys(CATALOG, IGNORE),
        "desk.registry.region_group.defined.v1": handles(know_region_groups),
    },
    after=project,
    batch=2_000,
)
