"""Make the machinery's tables, and those of the registry."""

from alembic import op

from chassis.machinery import MACHINERY_DDL

revision = "0001"
down_revision = None

_ELECTION = r"^[a-z0-9][a-z0-9-]{1,39}$"
_REGION = r"^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$"
_TPS = r"^\d{2}\.\d{2}\.\d{2}\.\d{4}\.\d{3}$"
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_POINT = """
    lat double precision check (lat between -11.5 and 6.5),
    lon double precision check (lon between 94.5 and 141.5),
    check ((lat is null) = (lon is null)),
"""

_DDL = [
    f"""create table election (
        id text primary key check (id ~ '{_ELECTION}'),
        version bigint not null check (version > 0),
        name text not null,
        region_code text check (region_code ~ '{_REGION}'),
        voting_date date not null,
        results_public_at timestamptz not null,
        rehearsal boolean not null,
        settings jsonb not null,
        stages jsonb not null
    )""",
    r"""create table contest (
        election text not null references election,
        id text not null check (id ~ '^(gubernur-\d{2}|(walikota|bupati)-\d{2}\.\d{2})$'),
        version bigint not null check (version > 0),
        name text not null,
        choices jsonb not null check (jsonb_array_length(choices) >= 2),
        winning_rule text not null,
        winning_rule_source text not null,
        primary key (election, id)
    )""",
    f"""create table facility (
        id uuid primary key,
        election text not null references election,
        code text not null,
        version bigint not null check (version > 0),
        kind text not null,
        name text not null,
        region_code text not null check (region_code ~ '{_REGION}'),
        address text not null,
        {_POINT}
        beds int check (beds >= 0),
        contact_status text not null,
        contacted_on date,
        source text not null check (source <> ''),
        as_of date,
        unique (election, code)
    )""",
    """create table region_group (
        name text primary key,
        election text not null references election,
        version bigint not null check (version > 0),
        title text not null,
        regions text[] not null,
        source text not null check (source <> '')
    )""",
    f"""create table tps (
        id uuid primary key,
        election text not null references election,
        code text not null check (code ~ '{_TPS}'),
        version bigint not null check (version > 0),
        kind text not null check (kind in ('regular', 'special_location')),
        place text not null check (place <> ''),
        address text not null,
        {_POINT}
        voting_date date,
        voting_opens text check (voting_opens ~ '{_TIME}'),
        voting_closes text check (voting_closes ~ '{_TIME}'),
        dpt_men int not null check (dpt_men >= 0),
        dpt_women int not null check (dpt_women >= 0),
        contests text[] not null check (cardinality(contests) > 0),
        accessible boolean,
        active boolean not null,
        source text not null check (source <> ''),
        former_codes text[] not null,
        unique (election, code),
        check (not code = any(former_codes)),
        check (voting_opens < voting_closes)
    )""",
    # Few TPS are ever renumbered: looking for those by a former code must not read the others.
    "create index tps_by_former_code on tps using gin (former_codes) where former_codes <> '{}'",
    """create table tps_reason (
        tps_id uuid not null references tps,
        version bigint not null,
        reason text not null check (reason <> ''),
        primary key (tps_id, version)
    )""",
    """create table tps_risk (
        tps_id uuid not null references tps,
        kind text not null check (kind in ('hazard', 'security', 'violation', 'network')),
        version bigint not null check (version > 0),
        risk_class text check (risk_class in ('low', 'medium', 'high')),
        indicators text[] not null,
        source text not null check (source <> ''),
        as_of date not null,
        recorded_at timestamptz not null,
        primary key (tps_id, kind)
    )""",
    """create table tps_roster (
        tps_id uuid primary key references tps,
        version bigint not null check (version > 0)
    )""",
    """create table officer (
        tps_id uuid not null references tps_roster,
        duty text not null check (duty in ('kpps', 'linmas', 'ptps')),
        slot int not null check (slot > 0),
        election text not null,
        person text not null check (person !~ '^\\d{16}$'),
        display_name text not null,
        trained text not null check (trained in ('yes', 'no', 'unknown')),
        primary key (tps_id, duty, slot),
        constraint officer_holds_one_slot unique (election, person) deferrable initially deferred
    )""",
    """create table import (
        id uuid primary key,
        election text not null references election,
        kind text not null check (kind in ('tps', 'risks', 'officers', 'facilities')),
        media_type text not null check (media_type in ('csv', 'xlsx', 'ndjson')),
        dry_run boolean not null,
        sha256 text not null,
        size_bytes int not null check (size_bytes > 0),
        source text not null,
        state text not null check (state in ('received', 'running', 'done', 'failed')),
        cursor int not null,
        rows_read int not null,
        created int not null,
        changed int not null,
        unchanged int not null,
        rejected int not null,
        with_findings int not null,
        failure jsonb,
        actor text not null,
        grants text[] not null,
        rehearsal boolean not null,
        received_at timestamptz not null,
        finished_at timestamptz,
        tries int not null,
        worker uuid,
        lease_until timestamptz,
        check (rows_read = created + changed + unchanged + rejected),
        check ((state in ('done', 'failed')) = (finished_at is not null))
    )""",
    "create index import_open on import (received_at) where state in ('received', 'running')",
    """create table import_part (
        import_id uuid not null,
        part int not null,
        content bytea not null,
        stored_at timestamptz not null,
        primary key (import_id, part)
    )""",
    """create table import_row (
        import_id uuid not null references import,
        "row" int not null,
        status text not null check (status in ('rejected', 'accepted')),
        reasons jsonb not null,
        primary key (import_id, "row")
    )""",
]


def upgrade() -> None:
    """Make the tables."""
    for statement in (*MACHINERY_DDL, *_DDL):
        op.execute(statement)
