"""Make the machinery's tables, and those of the projections and the feed."""

from alembic import op

from chassis.machinery import MACHINERY_DDL

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    for statement in MACHINERY_DDL:
        op.execute(statement)
    op.execute(
        """create table projected (
            kind text not null,
            election text not null,
            id text not null,
            region text not null,
            tps_code text,
            state text not null,
            version bigint not null,
            recorded_at timestamptz not null,
            figures text not null,
            body text not null,
            primary key (kind, election, id)
        )"""
    )
    op.execute("create index projected_by_region on projected (election, kind, region text_pattern_ops, id)")
    op.execute("create index projected_by_tps on projected (election, tps_code) where tps_code is not null")
    op.execute(
        """create table region_total (
            election text not null,
            region text not null,
            topic text not null,
            partition int not null,
            figures text not null,
            primary key (election, region, topic, partition)
        )"""
    )
    op.execute(
        """create table event_feed (
            id bigint generated always as identity,
            lane text not null,
            election text not null,
            region text not null,
            data_class text not null,
            type text not null,
            event text not null,
            recorded_at timestamptz not null,
            primary key (lane, id)
        )"""
    )
    op.execute(
        "create table feed_epoch (single boolean primary key default true check (single), epoch uuid not null default uuidv7())"
    )
    op.execute("insert into feed_epoch default values")
    op.execute(
        "create table stream_ticket (ticket_hash bytea primary key, actor text not null, expires_at timestamptz not null)"
    )
