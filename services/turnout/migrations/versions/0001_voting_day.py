"""Make the machinery's tables, and those of the voting day."""

from alembic import op

from chassis.machinery import MACHINERY_DDL

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    for statement in MACHINERY_DDL:
        op.execute(statement)
    op.execute(
        """create table tps_ref (
            tps_id uuid primary key,
            election text not null,
            tps_code text not null,
            zone text not null,
            voting_date date not null,
            dpt_men int not null,
            dpt_women int not null,
            contests text[] not null
        )"""
    )
    op.execute("create unique index tps_ref_by_code on tps_ref (election, tps_code)")
    op.execute(
        """create table voting_day (
            tps_id uuid primary key references tps_ref,
            version bigint not null,
            milestone text,
            milestone_at timestamptz
        )"""
    )
    op.execute(
        """create table milestone (
            tps_id uuid references voting_day,
            version bigint not null,
            milestone text not null,
            note text not null,
            findings text[] not null,
            occurred_at timestamptz not null,
            recorded_at timestamptz not null,
            actor text not null,
            channel text not null,
            primary key (tps_id, version)
        )"""
    )
    op.execute(
        """create table turnout_report (
            tps_id uuid references voting_day,
            slot text not null check (slot = 'final' or slot ~ '^[0-2][0-9]:[0-5][0-9]$'),
            men int not null check (men >= 0),
            women int not null check (women >= 0),
            total int not null check (total >= 0),
            findings text[] not null,
            occurred_at timestamptz not null,
            recorded_at timestamptz not null,
            actor text not null,
            channel text not null,
            primary key (tps_id, slot)
        )"""
    )
