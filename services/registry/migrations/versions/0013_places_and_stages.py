"""Keep what is known of places and stages: checklists, relocations, boundaries, former codes, rules as data, outreach."""

from alembic import op

revision = "0013"
down_revision = "0012"

_REGION = r"^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$"
_POINT = """
    lat double precision check (lat between -11.5 and 6.5),
    lon double precision check (lon between 94.5 and 141.5),
    check ((lat is null) = (lon is null)),
"""

_DDL = (
    "alter table tps add column moved_at timestamptz",
    "alter table tps add column moved_reason text check ((moved_at is null) = (moved_reason is null))",
    # Who looks for others at the same point reads a narrow band of latitudes, and not the nation.
    "create index tps_by_point on tps (election, lat) where lat is not null",
    f"""create table tps_relocation (
        tps_id uuid not null references tps,
        number int not null check (number > 0),
        tps_version bigint not null,
        reason_class text not null,
        reason text not null check (reason <> ''),
        basis text not null,
        decided_by text not null check (decided_by !~ '^\\d{{16}}$'),
        decided_at timestamptz not null,
        effective_at timestamptz not null,
        from_place text not null,
        from_address text not null,
        place text not null,
        address text not null,
        {_POINT}
        source text not null check (source <> ''),
        recorded_at timestamptz not null,
        primary key (tps_id, number)
    )""",
    """create table tps_checklist (
        tps_id uuid primary key references tps,
        version bigint not null check (version > 0)
    )""",
    f"""create table tps_check (
        tps_id uuid not null references tps_checklist,
        item text not null,
        answer text not null check (answer in ('yes', 'no', 'unknown')),
        source text not null check (source <> ''),
        as_of date not null,
        checked_by text not null check (checked_by !~ '^\\d{{16}}$'),
        recorded_at timestamptz not null,
        place text,
        {_POINT}
        distance_m int check (distance_m >= 0),
        check (place is null or item = 'alternate_site'),
        primary key (tps_id, item)
    )""",
    """create table election_rules (
        election text not null references election,
        kind text not null check (kind in ('guarding', 'campaign')),
        version bigint not null check (version > 0),
        items jsonb not null,
        primary key (election, kind)
    )""",
    f"""create table outreach (
        id uuid primary key,
        election text not null references election,
        code text not null,
        version bigint not null check (version > 0),
        kind text not null,
        state text not null check (state in ('planned', 'held', 'cancelled')),
        title text not null check (title <> ''),
        organiser text not null check (organiser <> ''),
        region_code text not null check (region_code ~ '{_REGION}'),
        place text not null,
        starts_at timestamptz not null,
        ends_at timestamptz check (ends_at > starts_at),
        reach_men int check (reach_men >= 0),
        reach_women int check (reach_women >= 0),
        reach_total int check (reach_total >= 0),
        photos text[] not null,
        source text not null check (source <> ''),
        as_of date not null,
        unique (election, code),
        check (reach_men + reach_women = reach_total),
        check (state = 'held' or (reach_total is null and cardinality(photos) = 0))
    )""",
    "create index outreach_coming on outreach (election, starts_at) where state = 'planned'",
    f"""create table region_boundary (
        code text primary key check (code ~ '{_REGION}'),
        version bigint not null check (version > 0),
        name text not null,
        source text not null check (source <> ''),
        as_of date not null,
        level int not null check (level between 1 and 4),
        west double precision not null check (west >= 94.5),
        south double precision not null check (south >= -11.5),
        east double precision not null check (east <= 141.5 and east > west),
        north double precision not null check (north <= 6.5 and north > south),
        content bytea not null,
        recorded_at timestamptz not null
    )""",
    "create index region_boundary_by_west on region_boundary (level, west)",
    f"""create table region_change (
        list text not null,
        old_code text not null,
        new_code text not null check (new_code ~ '{_REGION}'),
        source text not null check (source <> ''),
        as_of date not null,
        recorded_at timestamptz not null,
        primary key (list, old_code, new_code)
    )""",
    # Words that the code has: a list of them here would have to be changed by every kind that is added.
    "alter table import drop constraint import_kind_check",
    "alter table import add constraint import_kind_check check (kind ~ '^[a-z][a-z_]{1,30}$')",
    "alter table import drop constraint import_media_type_check",
    """alter table import add constraint import_media_type_check
       check (media_type in ('csv', 'xlsx', 'ndjson', 'geojson'))""",
)


def upgrade() -> None:
    """Make the tables, and let imports be of what lies in them."""
    for statement in _DDL:
        op.execute(statement)
