"""Rebuilding: the projections hold nothing that the topics do not, so they can be emptied and made again at any time."""

import hashlib
from collections.abc import Mapping

from fastapi import FastAPI

from chassis.broker import Broker
from chassis.database import Database
from chassis.row_security import NOWHERE
from chassis.watermark import Mark, Watermarks
from gateway.projections.engine import SUBSCRIPTION
from gateway.schemas.desk import ProjectionProgress, ProjectionState, Rebuilt

_HASH_TIMEOUT_MS = 300_000
"""A walk over a nation's rows takes longer than any other statement may."""
_EMPTY = "truncate projected, region_total, event_feed, consumer_aggregate, consumer_waiting"


async def rebuild(app: FastAPI) -> Rebuilt:
    """Empty the read tables and set every position to the beginning; the projector finds itself fenced and starts over."""
    database: Database = app.state.database
    async with database.transaction(NOWHERE) as uow:
        await uow.execute(
            "select 1 from consumer_position where consumer = $1 order by topic, partition for update",
            SUBSCRIPTION.name,
        )
        await uow.execute(_EMPTY)
        await uow.execute(
            "delete from consumer_dead_letter where consumer = $1 and settled_at is null", SUBSCRIPTION.name
        )
        await uow.execute(
            "update consumer_position set next_offset = 0 where consumer = $1", SUBSCRIPTION.name
        )
        row = await uow.fetch_row("update feed_epoch set epoch = uuidv7() returning epoch")
    assert row is not None
    return Rebuilt(epoch=str(row["epoch"]))


async def progress(app: FastAPI) -> ProjectionProgress:
    """Return how far the projections are: stored positions against the ends that the services' watermarks tell."""
    database: Database = app.state.database
    watermarks: Watermarks = app.state.watermarks
    broker: Broker = app.state.broker
    async with database.reading(NOWHERE) as connection:
        epoch = await connection.fetchval("select epoch from feed_epoch")
        rows = await connection.fetch(
            "select topic, partition, next_offset, epoch from consumer_position where consumer = $1",
            SUBSCRIPTION.name,
        )
    positions = {(row["topic"], row["partition"]): (row["next_offset"], row["epoch"]) for row in rows}
    marks = {broker.topic(service): watermarks.newest(service) for service in SUBSCRIPTION.services}
    left = _left(marks, positions)
    silent = [service for service in SUBSCRIPTION.services if not watermarks.is_heard(service)]
    return ProjectionProgress(
        epoch=str(epoch),
        taken=sum(next_offset for next_offset, _ in positions.values()),
        left=left,
        silent=silent,
        caught_up=left == 0 and not silent,
    )


def _left(
    marks: Mapping[str, Mark | None], positions: Mapping[tuple[str, int], tuple[int, int]]
) -> int | None:
    """Return how many records lie between positions (offset, epoch) and the ends of topics; None where one is not known."""
    left = 0
    for topic, mark in marks.items():
        if mark is None:
            return None
        for partition, end in mark.ends.items():
            taken, epoch = positions.get((topic, partition), (0, 0))
            left += max(0, end - (taken if epoch >= mark.epoch else 0))
    return left


async def state(app: FastAPI) -> ProjectionState:
    """Return a hash over every row, and over the totals summed over partitions, in one order."""
    database: Database = app.state.database
    digest = hashlib.sha256()
    async with database.transaction(NOWHERE) as uow:
        await uow.execute(f"set local statement_timeout = {_HASH_TIMEOUT_MS}")
        about = await uow.fetch_row(
            """select (select epoch from feed_epoch) as epoch, (select coalesce(sum(version), 0)::bigint
                   from consumer_aggregate where consumer = $1) as events""",
            SUBSCRIPTION.name,
        )
        assert about is not None
        rows = await uow.fetch(
            """select count(*) as rows,
                   md5(string_agg(md5(kind || election || id || region || state || version || figures || body), ''
                       order by kind, election, id)) as hash from projected"""
        )
        totals = await uow.fetch(
            "select * from region_total where figures <> '{}' order by election, region, topic, partition"
        )
        for row in totals:
            digest.update(f"{row['election']}|{row['region']}|{row['topic']}|{row['partition']}".encode())
            digest.update(row["figures"].encode())
        digest.update(str(rows[0]["hash"]).encode())
    return ProjectionState(
        epoch=str(about["epoch"]),
        rows=rows[0]["rows"],
        events=about["events"],
        hash=digest.hexdigest(),
        caught_up=(await progress(app)).caught_up,
    )
