"""Rebuilding: the projections hold nothing that the topics do not, so they can be emptied and made again at any time."""

import hashlib

from fastapi import FastAPI

from chassis.database import Database
from gateway.projections.engine import SUBSCRIPTION
from gateway.schemas.desk import ProjectionState, Rebuilt

_EMPTY = "truncate projected, region_total, event_feed, consumer_aggregate, consumer_waiting"


async def rebuild(app: FastAPI) -> Rebuilt:
    """Empty the read tables and set every position to the beginning; the projector finds itself fenced and starts over."""
    database: Database = app.state.database
    async with database.transaction() as uow:
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


async def state(app: FastAPI) -> ProjectionState:
    """Return a hash over every row, and over the totals summed over partitions, in one order."""
    database: Database = app.state.database
    digest = hashlib.sha256()
    async with database.reading() as connection:
        epoch = await connection.fetchval("select epoch from feed_epoch")
        events: int = await connection.fetchval(
            "select coalesce(sum(version), 0)::bigint from consumer_aggregate where consumer = $1",
            SUBSCRIPTION.name,
        )
        rows = await connection.fetch(
            """select count(*) as rows,
                   md5(string_agg(md5(kind || election || id || region || state || version || figures || body), ''
                       order by kind, election, id)) as hash from projected"""
        )
        totals = await connection.fetch(
            "select * from region_total where figures <> '{}' order by election, region, topic, partition"
        )
        for row in totals:
            digest.update(f"{row['election']}|{row['region']}|{row['topic']}|{row['partition']}".encode())
            digest.update(row["figures"].encode())
        digest.update(str(rows[0]["hash"]).encode())
    caught_up = all(app.state.watermarks.is_fresh(service) for service in SUBSCRIPTION.services)
    return ProjectionState(
        epoch=str(epoch), rows=rows[0]["rows"], events=events, hash=digest.hexdigest(), caught_up=caught_up
    )
