"""Make the machinery's tables, and those of incidents, problems, advice and tasks."""

from alembic import op

from chassis.machinery import MACHINERY_DDL

revision = "0001"
down_revision = None

KNOWN = [
    "create table election_ref (election text primary key, region_code text)",
    """create table tps_ref (
        tps_id uuid primary key,
        election text not null,
        tps_code text not null,
        former_codes text[] not null,
        active boolean not null
    )""",
    # Text pattern order serves both the code itself and `like '32.71.%'`, the question whether a region has a TPS. Not
    # unique: while codes are dealt out anew, the events of two TPS that change places arrive one after the other.
    "create index tps_ref_by_code on tps_ref (election, tps_code text_pattern_ops)",
    "create index tps_ref_by_former_code on tps_ref using gin (former_codes)",
]

PLACE = """
        region_code text not null check (region_code ~ '^\\d{2}(\\.\\d{2}(\\.\\d{2}(\\.\\d{4})?)?)?$'),
        tps_id uuid references tps_ref,
        tps_code text check (tps_code like region_code || '.%'),
"""

INCIDENT = f"""create table incident (
        incident_id uuid primary key,
        election text not null,
        version bigint not null,
        category text not null,
        severity text not null,
        state text not null check (state in ('reported', 'acknowledged', 'acting', 'closed', 'duplicate')),
        source text not null check (source in ('officer', 'agency', 'public')),
        agency text not null,
        also_informed text[] not null,
        {PLACE}
        lat double precision check (lat between -90 and 90),
        lon double precision check (lon between -180 and 180),
        title text not null check (length(title) <= 400),
        description text not null check (length(description) between 1 and 8000),
        occurred_at timestamptz not null,
        known_at timestamptz not null,
        reported_at timestamptz not null,
        reported_by text not null,
        tracking_code text unique,
        clock_source text not null,
        clock_began_at timestamptz not null,
        acknowledge_until timestamptz not null,
        act_until timestamptz not null,
        decide_on date,
        decide_until timestamptz,
        extended boolean not null,
        reported_late boolean,
        first_heard_at timestamptz,
        acknowledged_at timestamptz,
        acted_at timestamptz,
        closed_at timestamptz,
        outcome text,
        duplicate_of uuid references incident,
        check ((tps_id is null) = (tps_code is null)),
        check ((lat is null) = (lon is null)),
        check ((decide_on is null) = (decide_until is null)),
        check ((source = 'public') = (tracking_code is not null)),
        check ((state = 'closed') = (closed_at is not null)),
        check ((state = 'closed') = (outcome is not null)),
        check ((state = 'duplicate') = (duplicate_of is not null)),
        check (duplicate_of <> incident_id),
        check (state <> 'reported' or acknowledged_at is null),
        check (state not in ('acknowledged', 'acting') or acknowledged_at is not null),
        check (state <> 'acting' or acted_at is not null)
    )"""

OWN = [
    INCIDENT,
    "create index incident_of_duplicates on incident (duplicate_of) where duplicate_of is not null",
    "create index incident_open on incident (election) where state in ('reported', 'acknowledged', 'acting')",
    """create table case_step (
        subject_id uuid not null,
        version bigint not null,
        step text not null,
        state text not null,
        agency text not null,
        reason text not null,
        actor text not null,
        channel text not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        primary key (subject_id, version)
    )""",
    f"""create table problem (
        problem_id uuid primary key,
        election text not null,
        version bigint not null,
        point text not null,
        severity text not null,
        state text not null check (state in ('open', 'resolved')),
        agency text not null,
        {PLACE}
        lat double precision check (lat between -90 and 90),
        lon double precision check (lon between -180 and 180),
        title text not null check (length(title) <= 400),
        description text not null check (length(description) between 1 and 8000),
        registered_at timestamptz not null,
        due_until timestamptz,
        resolved_at timestamptz,
        outcome text,
        check ((tps_id is null) = (tps_code is null)),
        check ((lat is null) = (lon is null)),
        check ((state = 'resolved') = (resolved_at is not null)),
        check ((state = 'resolved') = (outcome is not null))
    )""",
    f"""create table follow_up (
        follow_up_id uuid primary key,
        kind text not null check (kind in ('advice', 'task')),
        election text not null,
        version bigint not null,
        incident_id uuid references incident,
        problem_id uuid references problem,
        agency text not null,
        {PLACE}
        title text not null check (length(title) <= 400),
        text text not null check (length(text) between 1 and 8000),
        state text not null,
        given_at timestamptz not null,
        due_until timestamptz,
        settled_at timestamptz,
        check ((incident_id is null) <> (problem_id is null)),
        check ((tps_id is null) = (tps_code is null)),
        check (kind <> 'advice' or state in ('given', 'followed', 'declined', 'retracted')),
        check (kind <> 'task' or state in ('assigned', 'done', 'cancelled')),
        check ((state in ('given', 'assigned')) = (settled_at is null))
    )""",
    "create index follow_up_of_incident on follow_up (incident_id) where incident_id is not null",
    "create index follow_up_of_problem on follow_up (problem_id) where problem_id is not null",
    """create table category_clock (
        election text not null,
        category text not null,
        version bigint not null,
        acknowledge_minutes int not null check (acknowledge_minutes > 0),
        act_minutes int not null check (act_minutes > 0),
        report_within_days int check (report_within_days > 0),
        decide_days int check (decide_days > 0),
        extension_days int check (extension_days > 0),
        source text not null check (source <> ''),
        set_at timestamptz not null,
        set_by text not null,
        primary key (election, category)
    )""",
    """create table agency_route (
        election text not null,
        category text not null,
        region_code text not null,
        version bigint not null,
        agency text not null,
        also_informed text[] not null,
        source text not null check (source <> ''),
        set_at timestamptz not null,
        set_by text not null,
        primary key (election, category, region_code)
    )""",
]


def upgrade() -> None:
    """Make the tables."""
    for statement in (*MACHINERY_DDL, *KNOWN, *OWN):
        op.execute(statement)
