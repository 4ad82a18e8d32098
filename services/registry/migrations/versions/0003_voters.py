"""Keep the voters of an election's list, sealed, and let imports bring them."""

from alembic import op

revision = "0003"
down_revision = "0002"

_DDL = (
    "create table voter_key (id text primary key, fingerprint bytea not null check (length(fingerprint) = 32))",
    """create table voter (
        id uuid primary key,
        election text not null references election,
        tps_id uuid not null references tps,
        kind text not null check (kind in ('dpt', 'pindahan', 'tambahan')),
        sex text not null check (sex in ('man', 'woman')),
        status text not null check (status in ('active', 'moved', 'struck')),
        strike_reason text check (strike_reason in ('death', 'double', 'correction')),
        canary boolean not null,
        key_id text not null references voter_key,
        nik_index bytea not null check (length(nik_index) = 32),
        family_index bytea check (length(family_index) = 32),
        sealed bytea not null,
        recorded_at timestamptz not null,
        check ((status = 'struck') = (strike_reason is not null))
    )""",
    # One person once: whoever moves leaves a row behind that says so, and only that.
    "create unique index voter_by_nik on voter (election, nik_index) where status <> 'moved'",
    """create table voter_seen (
        import_id uuid not null references import,
        nik_index bytea not null,
        "row" int not null,
        tps_id uuid not null,
        primary key (import_id, nik_index)
    )""",
    "alter table import drop constraint import_kind_check",
    """alter table import add constraint import_kind_check
       check (kind in ('tps', 'risks', 'officers', 'facilities', 'voters'))""",
)


def upgrade() -> None:
    """Make the tables, and let an import be one of voters."""
    for statement in _DDL:
        op.execute(statement)
