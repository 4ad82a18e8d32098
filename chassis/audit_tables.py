"""The tables of the audit trail, made by a migration of each process that has a database.

What was changed is told by the ledger: who, when, and by its versions what stood before and after. `ledger_block` chains
the ledger by hashes. `access_entry` tells what no event tells: who was shown what, and why; each row holds the hash of the
one before. Rows of all three are only ever added; of the outbox, only when it was published may be written later.
"""

from typing import Final, cast

from sqlalchemy import Connection, text

from chassis.database import Row
from chassis.ledger_chain import ChainHead, block_after

ACCESS_DDL: Final = (
    """
    create table access_entry (
        number bigint primary key check (number > 0),
        at timestamptz not null,
        election text,
        actor text not null,
        client text not null,
        acting_client text,
        device text,
        roles text[] not null,
        action text not null,
        subject text not null,
        place text,
        purpose text check (length(purpose) <= 200),
        trace_id text,
        previous_hash bytea not null check (length(previous_hash) = 32),
        hash bytea not null unique check (length(hash) = 32)
    )
    """,
    # One statement is one round trip, and no second connection while the caller holds one.
    """
    create function add_access(at timestamptz, election text, actor text, client text, acting_client text, device text,
        roles text[], action text, subject text, place text, purpose text, trace_id text, content bytea)
    returns bigint language plpgsql as $$
    declare
        last_number bigint;
        last_hash bytea;
    begin
        perform pg_advisory_xact_lock(720241128);
        select number, hash into last_number, last_hash from access_entry order by number desc limit 1;
        last_number := coalesce(last_number, 0);
        last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
        insert into access_entry values (last_number + 1, at, election, actor, client, acting_client, device, roles, action,
            subject, place, purpose, trace_id, last_hash,
            sha256('desk-access-entry'::bytea || last_hash || int8send(last_number + 1) || content));
        return last_number + 1;
    end $$
    """,
    """
    create function trail_is_only_added() returns trigger language plpgsql as $$
    begin
        raise exception 'rows of % are only ever added', tg_table_name using errcode = 'restrict_violation';
    end $$
    """,
    """
    create trigger trail_is_only_added before update or delete on access_entry
    for each row execute function trail_is_only_added()
    """,
    """
    create trigger trail_is_only_added_all before truncate on access_entry
    for each statement execute function trail_is_only_added()
    """,
)

TRAIL_FOR_ITSELF_DDL: Final = (
    "alter function add_access rename to add_access_row",
    # The chain is continued by whoever looks at something, and read by those alone who may read the trail.
    """
    create function add_access(at timestamptz, election text, actor text, client text, acting_client text, device text,
        roles text[], action text, subject text, place text, purpose text, trace_id text, content bytea)
    returns bigint language plpgsql as $$
    declare
        held text := coalesce(current_setting('app.purposes', true), '');
        added bigint;
    begin
        perform set_config('app.purposes', '*', true);
        added := add_access_row(at, election, actor, client, acting_client, device, roles, action, subject, place, purpose,
            trace_id, content);
        perform set_config('app.purposes', held, true);
        return added;
    end $$
    """,
)
"""For databases whose trail is behind a policy of purposes (`chassis.policies.serve_machinery`)."""

LEDGER_CHAIN_DDL: Final = (
    """
    create table ledger_block (
        number bigint primary key check (number > 0),
        seqs bigint[] not null check (cardinality(seqs) > 0),
        sealed_at timestamptz not null,
        content_hash bytea not null check (length(content_hash) = 32),
        previous_hash bytea not null check (length(previous_hash) = 32),
        hash bytea not null unique check (length(hash) = 32)
    )
    """,
    """
    create trigger trail_is_only_added before update or delete on ledger_block
    for each row execute function trail_is_only_added()
    """,
    """
    create trigger trail_is_only_added_all before truncate on ledger_block
    for each statement execute function trail_is_only_added()
    """,
    # Named columns: marking what was published, on the path of every event, does not come by here.
    """
    create trigger ledger_is_only_added before delete or update of seq, event_id, type, aggregate, version, partition_key,
        election, contest, occurred_at, recorded_at, channel, actor, data_class, rehearsal, body on outbox
    for each row execute function trail_is_only_added()
    """,
)
"""For services with a ledger; comes after `ACCESS_DDL`, whose function it uses."""


def chain_published(connection: Connection) -> None:
    """Bring what a ledger published before it had a chain into blocks, as it stands; for the migration that makes the tables."""
    head, after = ChainHead(), 0
    while rows := _published(connection, after):
        block = block_after(head, rows)
        connection.execute(
            text(
                """insert into ledger_block (number, seqs, sealed_at, content_hash, previous_hash, hash)
                   values (:number, :seqs, now(), :content_hash, :previous_hash, :hash)"""
            ),
            {name: getattr(block, name) for name in type(block).__slots__},
        )
        head, after = ChainHead(block.number, block.hash), block.seqs[-1]


def _published(connection: Connection, after: int) -> list[Row]:
    asked = text(
        "select * from outbox where published_at is not null and seq > :after order by seq limit 500"
    )
    return cast(list[Row], list(connection.execute(asked, {"after": after}).mappings()))
