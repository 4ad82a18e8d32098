"""The tables that every service's database has alike, made by each service's first migration.

`outbox` is the ledger, `relay_state` what the broker acknowledged, `relay_holder` (made by a later migration) which instance
relays, `idempotency_key` the answers given, the
`consumer_*` tables what was taken in from other services: how far, what waits, the groups of regions that tokens name, and
(made by a later migration) whose tokens no longer count.
"""

MACHINERY_DDL = [
    """
    create table outbox (
        seq bigint generated always as identity primary key,
        event_id uuid not null unique,
        type text not null,
        aggregate text not null,
        version bigint not null check (version > 0),
        partition_key text not null,
        election text not null,
        contest text,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        channel text not null,
        actor text not null,
        data_class text not null,
        rehearsal boolean not null,
        traceparent text,
        body text not null check (length(body) <= 256000),
        written_at timestamptz not null default now(),
        published_at timestamptz,
        unique (aggregate, version)
    )
    """,
    "create index outbox_unpublished on outbox (seq) where published_at is null",
    """
    create table relay_state (
        partition int primary key,
        last_offset bigint not null,
        event_id uuid not null
    )
    """,
    """
    create table ledger_epoch (
        single boolean primary key default true check (single),
        epoch bigint not null default 1
    )
    """,
    "insert into ledger_epoch default values",
    """
    create table idempotency_key (
        principal text not null,
        route text not null,
        key text not null,
        fingerprint bytea not null,
        status int not null,
        headers text not null,
        body bytea not null,
        recorded_at timestamptz not null,
        primary key (principal, route, key)
    )
    """,
    "create index idempotency_key_by_key on idempotency_key (key)",
    """
    create table consumer_position (
        consumer text not null,
        topic text not null,
        partition int not null,
        next_offset bigint not null,
        epoch bigint not null,
        primary key (consumer, topic, partition)
    )
    """,
    """
    create table consumer_aggregate (
        consumer text not null,
        aggregate text not null,
        version bigint not null,
        waiting int not null default 0,
        blocked boolean not null default false,
        primary key (consumer, aggregate)
    )
    """,
    """
    create table consumer_waiting (
        consumer text not null,
        aggregate text not null,
        version bigint not null,
        topic text not null,
        partition int not null,
        headers text not null,
        body text not null,
        parked_at timestamptz not null,
        primary key (consumer, aggregate, version)
    )
    """,
    """
    create table consumer_dead_letter (
        id bigint generated always as identity primary key,
        consumer text not null,
        topic text not null,
        partition int not null,
        record_offset bigint not null,
        aggregate text,
        version bigint,
        headers text not null,
        body bytea not null,
        reason text not null,
        died_at timestamptz not null,
        settled_at timestamptz,
        settlement text
    )
    """,
    """
    create table consumer_region_group (
        name text primary key,
        version bigint not null check (version > 0),
        regions text[] not null
    )
    """,
    "create index consumer_dead_letter_unsettled on consumer_dead_letter (consumer, aggregate) where settled_at is null",
]

RELAY_HOLDER_DDL = """
    create table relay_holder (
        single boolean primary key default true check (single),
        url text not null
    )
    """
"""Where the instance that holds the relay's lock is reached; a service without a ledger needs none."""

CONFLICT_DDL = [
    """
    create table command_conflict (
        id uuid primary key default uuidv7(),
        election text not null,
        principal text not null,
        route text not null,
        key text not null,
        place text not null,
        actor text not null,
        device text,
        salt bytea not null,
        fingerprint bytea not null,
        content bytea,
        recorded_at timestamptz not null,
        decision text check (decision in ('first_stands', 'sent_anew')),
        reason text not null default '',
        decided_by text,
        decided_at timestamptz,
        check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null)),
        unique (principal, route, key, fingerprint)
    )
    """,
    "create index command_conflict_open on command_conflict (election, id) where decision is null",
]
"""Commands of a batch that came under the id of another (`chassis.conflicts`).

`place` is the TPS or region that it is about; `content` is null where entries are blind.
"""
ACCESS_CHANGE_DDL = [
    """
    create table consumer_access_change (
        tie text primary key,
        version bigint not null check (version > 0),
        changed_at timestamptz not null
    )
    """,
    "create index consumer_access_change_newest on consumer_access_change (changed_at)",
]
"""From when on the tokens count that rest upon an application, a person, an officer or a device."""
