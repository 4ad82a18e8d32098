"""What the rows of a batch cost without HTTP, rules and Python's part: the same rows into the same tables, by bare asyncpg.

A report is four rows: the report as it stands, the day's version, the event in the ledger, the answer under its key. The
tables are copies of the service's own with every index, made for the run and dropped after it, so that the relay sends
nothing of it.
"""

import asyncio
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from uuid_utils.compat import uuid7

from bench import requests

TABLES = ("turnout_report", "voting_day", "outbox", "idempotency_key")
SENDERS = 4
ROWS = 500
_REPORTS = """
insert into turnout_report (tps_id, slot, men, women, total, findings, occurred_at, recorded_at, actor, channel)
select tps_id, slot, 1, 2, 3, '{}', $3, $3, 'bench', 'app' from unnest($1::uuid[], $2::text[]) u(tps_id, slot)
on conflict (tps_id, slot) do update set men = excluded.men, women = excluded.women, total = excluded.total,
    findings = excluded.findings, occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at
"""
_DAYS = "update voting_day set version = version + 1 where tps_id = any($1::uuid[])"
_EVENTS = """
insert into outbox (event_id, type, aggregate, version, partition_key, election, occurred_at, recorded_at, channel,
                    actor, data_class, rehearsal, traceparent, body)
select event_id, $3, 'voting_day/' || tps_id, version, tps_id::text, 'bench', $4, $4, 'app', 'bench', 'public', true,
       $5, $6
from unnest($1::uuid[], $2::uuid[], $7::bigint[]) u(event_id, tps_id, version)
"""
_KEYS = """
insert into idempotency_key (principal, route, key, fingerprint, status, headers, body, recorded_at)
select 'bench|bench', $2, key, $3, 201, $4, $5, $6 from unnest($1::text[]) u(key) on conflict do nothing
"""
_TYPE = "desk.turnout.voting_day.turnout_recorded.v1"
_ROUTE = "POST /v1/elections/{election}/turnout-reports:batch"
_TRACE = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
_BODY = "x" * 190
"""About as long as an event of this type, and as the answer that is kept."""
_HEADERS = "x" * 210


async def bare_rows(url: str, *, seconds: float) -> float:
    """Return reports per second, each as its four rows, written by four connections, 500 in a transaction."""
    pool = await asyncpg.create_pool(
        url,
        min_size=SENDERS,
        max_size=SENDERS,
        server_settings={"search_path": "bench", "app.regions": "*", "app.purposes": "*"},
    )
    await pool.execute("drop schema if exists bench cascade; create schema bench")
    for table in TABLES:
        await pool.execute(f"create table bench.{table} (like public.{table} including all)")
    await pool.execute("insert into voting_day select * from public.voting_day")
    tps: list[UUID] = [row["tps_id"] for row in await pool.fetch("select tps_id from voting_day")]
    began = time.monotonic()
    counts = await asyncio.gather(*(_send(pool, tps, n, began + seconds) for n in range(SENDERS)))
    took = time.monotonic() - began
    await pool.execute("drop schema bench cascade")
    await pool.close()
    return sum(counts) / took


async def _send(pool: "asyncpg.Pool[asyncpg.Record]", tps: list[UUID], sender: int, until: float) -> int:
    """Write batches of one sender until the time is up; each sender has TPS of its own, so that none waits for another."""
    own, rows = tps[sender::SENDERS], 0
    version = 0
    while time.monotonic() < until:
        now = datetime.now(UTC)
        version += 1
        async with pool.acquire() as connection, connection.transaction():
            reported = _distinct(own)
            await connection.execute(_DAYS, [tps_id for tps_id, _ in reported])
            await connection.execute(
                _REPORTS, [tps_id for tps_id, _ in reported], [slot for _, slot in reported], now
            )
            await connection.execute(
                _EVENTS,
                [uuid7() for _ in reported],
                [tps_id for tps_id, _ in reported],
                *(_TYPE, now, _TRACE, _BODY),
                [version * ROWS + n for n in range(len(reported))],
            )
            await connection.execute(
                _KEYS,
                [str(uuid4()) for _ in reported],
                *(_ROUTE, secrets.token_bytes(32), _HEADERS, _BODY.encode(), now),
            )
        rows += len(reported)
    return rows


def _distinct(tps: list[UUID]) -> list[tuple[UUID, str]]:
    """Return a batch of TPS and slots, no pair twice, sorted as locks are taken."""
    found: set[tuple[UUID, str]] = set()
    while len(found) < ROWS:
        found.add((requests.CHANCE.choice(tps), f"{requests.CHANCE.randrange(8, 14):02}:00"))
    return sorted(found)
