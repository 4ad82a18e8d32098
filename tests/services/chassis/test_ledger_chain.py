"""The chain over the ledger: whole while nobody touches it, and broken by whatever is done behind the desk's back."""

import random
from collections.abc import Sequence
from uuid import uuid4

import pytest

from chassis.database import Database
from chassis.ledger_chain import ChainCheck, ChainHead, block_after, check_blocks, newest_head
from chassis.row_security import EVERYWHERE
from tests.harness import until
from tests.services.chassis.pair import Pair

pytestmark = pytest.mark.anyio

COLUMNS = (
    "type", "aggregate", "version", "partition_key", "election", "contest", "occurred_at", "recorded_at", "channel", "actor",
    "data_class", "rehearsal", "body",
)  # fmt: skip


async def check(database: Database, *, limit: int = 10_000) -> ChainCheck:
    """Look at the whole chain, in steps."""
    async with database.reading(EVERYWHERE) as connection:
        after = 0
        while True:
            found = await check_blocks(connection, after=after, limit=limit)
            if found.first_wrong is not None or not found.more:
                return found
            after = found.checked_to


async def behind_the_desk(database: Database, statement: str, *args: object) -> None:
    """Change rows as somebody with the database's own key can: with the triggers off."""
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute("alter table outbox disable trigger user")
        await uow.execute("alter table ledger_block disable trigger user")
        await uow.execute(statement, *args)
        await uow.execute("alter table outbox enable trigger user")
        await uow.execute("alter table ledger_block enable trigger user")


async def published(pair: Pair, count: int) -> Sequence[int]:
    """Publish events in several batches and return their numbers."""
    async with pair.relay():
        for _ in range(5):
            await pair.write_all([(uuid4(), 1, n) for n in range(count // 5)])
            await until(
                lambda: pair.owner_has("select not exists (select from outbox where published_at is null)")
            )
    async with pair.owner.reading(EVERYWHERE) as connection:
        return [row["seq"] for row in await connection.fetch("select seq from outbox order by seq")]


async def test_what_is_published_is_chained_and_stays_so(pair: Pair) -> None:
    seqs = await published(pair, 40)
    found = await check(pair.owner)
    assert found.first_wrong is None
    assert found.rows == len(seqs) == 40
    assert found.head.number == found.checked_to >= 5
    in_steps = await check(pair.owner, limit=2)
    assert (in_steps.first_wrong, in_steps.hash, in_steps.head) == (None, found.head.hash, found.head)
    async with pair.relay():  # another life of the relay goes on where the chain ends
        await pair.write(uuid4(), 1, 7)
        await until(
            lambda: pair.owner_has("select not exists (select from outbox where published_at is null)")
        )
    longer = await check(pair.owner)
    assert (longer.first_wrong, longer.rows) == (None, 41)
    assert longer.head.number == found.head.number + 1


@pytest.mark.parametrize(
    "statement", ["delete from outbox", "update outbox set body = '{}'", "delete from ledger_block"]
)
async def test_the_database_itself_adds_only(pair: Pair, statement: str) -> None:
    await published(pair, 5)
    with pytest.raises(Exception, match="only ever added"):
        async with pair.owner.transaction(EVERYWHERE) as uow:
            await uow.execute(statement)


async def test_every_change_of_a_row_is_found(pair: Pair) -> None:
    seqs = await published(pair, 40)
    seed = random.randrange(10**6)
    print("seed", seed)
    rng = random.Random(seed)
    for column in COLUMNS:
        seq = rng.choice(seqs)
        other = {
            "version": "version + 1000",
            "occurred_at": "occurred_at + interval '1 microsecond'",
            "recorded_at": "recorded_at - interval '1 second'",
            "rehearsal": "not rehearsal",
            "contest": "'walikota-32.71'",
            "body": "replace(body, '\"women\":0', '\"women\":1')",
        }.get(column, f"{column} || 'x'")
        async with pair.owner.reading(EVERYWHERE) as connection:
            before = await connection.fetchval(f"select {column} from outbox where seq = $1", seq)
        await behind_the_desk(pair.owner, f"update outbox set {column} = {other} where seq = $1", seq)
        found = await check(pair.owner)
        assert found.first_wrong is not None, column
        assert found.first_wrong == await pair.owner_has(
            f"select number from ledger_block where {seq} = any(seqs)"
        )
        await behind_the_desk(pair.owner, f"update outbox set {column} = $2 where seq = $1", seq, before)
        assert (await check(pair.owner)).first_wrong is None, column


async def test_what_is_taken_out_put_in_or_made_anew_is_found(pair: Pair) -> None:
    seqs = await published(pair, 20)
    kept = (await check(pair.owner)).head

    await behind_the_desk(
        pair.owner,
        """insert into outbox (event_id, type, aggregate, version, partition_key, election, occurred_at, recorded_at,
               channel, actor, data_class, rehearsal, body, published_at)
           select uuidv7(), type, 'tps/forged', 1, partition_key, election, occurred_at, recorded_at, channel, actor,
               data_class, rehearsal, body, published_at from outbox where seq = $1""",
        seqs[0],
    )
    assert (await check(pair.owner)).first_wrong == kept.number + 1
    await behind_the_desk(pair.owner, "delete from outbox where aggregate = 'tps/forged'")

    await behind_the_desk(pair.owner, "delete from outbox where seq = $1", seqs[3])
    assert (await check(pair.owner)).first_wrong is not None

    # Whoever makes every later block anew gives himself away to all who kept the head.
    await _make_anew(pair.owner)
    anew = await check(pair.owner)
    assert anew.first_wrong is None
    assert anew.head.hash != kept.hash


async def test_a_block_that_is_missing_is_found(pair: Pair) -> None:
    await published(pair, 20)
    await behind_the_desk(pair.owner, "delete from ledger_block where number = 2")
    assert (await check(pair.owner)).first_wrong == 2


async def _make_anew(database: Database) -> None:
    async with database.reading(EVERYWHERE) as connection:
        blocks = await connection.fetch("select number, seqs from ledger_block order by number")
        head, made = ChainHead(), []
        for block in blocks:
            rows = await connection.fetch(
                "select * from outbox where seq = any($1::bigint[]) order by seq", block["seqs"]
            )
            new = block_after(head, rows)
            made.append(new)
            head = ChainHead(new.number, new.hash)
    for new in made:
        await behind_the_desk(
            database,
            """update ledger_block set seqs = $2, content_hash = $3, previous_hash = $4, hash = $5
               where number = $1""",
            new.number,
            list(new.seqs),
            new.content_hash,
            new.previous_hash,
            new.hash,
        )
    async with database.reading(EVERYWHERE) as connection:
        assert await newest_head(connection, "ledger_block") == head
