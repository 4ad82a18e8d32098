"""Keep who may get a token: agencies, their applications with hashed secrets, their people, and devices."""

from alembic import op

revision = "0010"
down_revision = "0003"

_NAME = "^[a-z0-9][a-z0-9._-]{0,62}$"
_PERSON = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$"

_DDL = (
    f"""create table agency (
        id text primary key check (id ~ '{_NAME}'),
        version bigint not null check (version > 0),
        kind text not null,
        name text not null,
        name_en text not null,
        contact text not null,
        active boolean not null
    )""",
    f"""create table client (
        id text primary key check (id ~ '{_NAME}' and id not like 'dev-%'),
        agency text not null references agency,
        version bigint not null check (version > 0),
        roles text[] not null check (cardinality(roles) > 0),
        regions text[] not null check (cardinality(regions) > 0),
        election text,
        may_act_for_persons boolean not null,
        ends_at timestamptz,
        revoked_at timestamptz
    )""",
    "create index client_by_agency on client (agency, id)",
    """create table client_secret (
        id uuid primary key,
        client text not null references client,
        sha256 bytea not null unique check (length(sha256) = 32),
        made_at timestamptz not null,
        expires_at timestamptz not null check (expires_at > made_at),
        revoked_at timestamptz
    )""",
    "create index client_secret_by_client on client_secret (client)",
    f"""create table agency_person (
        agency text not null references agency,
        person text not null check (person ~ '{_PERSON}' and person !~ '^\\d{{16}}$'),
        version bigint not null check (version > 0),
        roles text[] not null check (cardinality(roles) > 0),
        regions text[] not null check (cardinality(regions) > 0),
        election text,
        ends_at timestamptz,
        primary key (agency, person)
    )""",
    f"""create table device (
        id text primary key check (id like 'dev-%'),
        agency text not null references agency,
        client text not null references client,
        label text not null check (label <> ''),
        person text check (person ~ '{_PERSON}'),
        election text,
        tps_id uuid references tps,
        duty text check (duty in ('kpps', 'ptps')),
        slot int check (slot > 0),
        code_sha256 bytea not null unique check (length(code_sha256) = 32),
        code_expires_at timestamptz not null,
        made_at timestamptz not null,
        secret_sha256 bytea unique check (length(secret_sha256) = 32),
        redeemed_at timestamptz,
        revoked_at timestamptz,
        check ((person is null) <> (tps_id is null)),
        check ((tps_id is null) = (duty is null) and (tps_id is null) = (slot is null)),
        check ((tps_id is null) or (election is not null)),
        check ((secret_sha256 is null) = (redeemed_at is null))
    )""",
    "create index device_by_agency on device (agency, id)",
    """create table access_change (
        tie text primary key,
        version bigint not null check (version > 0),
        changed_at timestamptz not null
    )""",
    "create index access_change_newest on access_change (changed_at)",
    "create index officer_by_person on officer (person)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in _DDL:
        op.execute(statement)
