"""Keep officers of areas too, how far they have come, training, screening, check-ins; personnel; requests of facilities."""

from alembic import op

revision = "0012"
down_revision = "0011"

_DUTIES = "'kpps', 'linmas', 'ptps', 'pps', 'pkd', 'lurah', 'bhabinkamtibmas', 'babinsa', 'ppk', 'panwascam', 'camat'"
_REGION = r"^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$"
_PLACE = r"^\d{2}(\.\d{2}(\.\d{2}(\.\d{4}(\.\d{3})?)?)?)?$"
_PERSON = r"person !~ '^\d{16}$'"

_OFFICERS = (
    # The roster of a TPS has the TPS's id, that of an area one made of election and code: then its region stands here.
    f"alter table tps_roster add column region_code text check (region_code ~ '{_REGION}')",
    "alter table tps_roster drop constraint tps_roster_tps_id_fkey",
    """alter table tps_roster add column of_tps uuid
       generated always as (case when region_code is null then tps_id end) stored references tps""",
    "alter table officer drop constraint officer_duty_check",
    f"alter table officer add constraint officer_duty_check check (duty in ({_DUTIES}))",
    """alter table officer
        add column status text not null default 'appointed' check (status in ('proposed', 'appointed', 'sworn_in')),
        add column attended boolean not null default false,
        add column screened boolean not null default false,
        add column present boolean,
        add column present_at timestamptz,
        add check ((present is null) = (present_at is null))""",
    f"""create table officer_history (
        id uuid primary key,
        election text not null references election,
        tps_id uuid not null references tps_roster,
        duty text not null check (duty in ({_DUTIES})),
        slot int not null check (slot > 0),
        step text not null check (step in ('proposed', 'appointed', 'sworn_in', 'replaced', 'resigned', 'died', 'dismissed',
                                           'correction', 'vacated')),
        person text not null check ({_PERSON}),
        successor text check (successor !~ '^\\d{{16}}$'),
        happened_on date,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null
    )""",
    "create index officer_history_of_post on officer_history (tps_id, duty, slot, recorded_at)",
    """create function refuse_change() returns trigger language plpgsql as $$
       begin raise exception '% is appended to, never changed', tg_table_name using errcode = 'integrity_constraint_violation';
       end $$""",
    """create trigger officer_history_only_grows before update or delete on officer_history
       for each row execute function refuse_change()""",
    f"""create table check_in (
        id uuid primary key,
        tps_id uuid not null references tps_roster,
        duty text not null,
        slot int not null check (slot > 0),
        person text not null check ({_PERSON}),
        present boolean not null,
        findings text[] not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        channel text not null
    )""",
    "create index check_in_of_post on check_in (tps_id, duty, slot)",
)

_TRAINING_AND_HEALTH = (
    f"""create table training (
        id uuid primary key,
        election text not null references election,
        code text not null,
        version bigint not null check (version > 0),
        region_code text not null check (region_code ~ '{_REGION}'),
        place text not null,
        topic text not null,
        organiser text not null,
        trainer text not null,
        duties text[] not null check (cardinality(duties) > 0),
        starts_at timestamptz not null,
        state text not null check (state in ('planned', 'held', 'cancelled')),
        unique (election, code)
    )""",
    f"""create table training_attendance (
        training_id uuid not null references training,
        person text not null check ({_PERSON}),
        attended boolean not null,
        recorded_at timestamptz not null,
        actor text not null,
        primary key (training_id, person)
    )""",
    "create index training_attendance_of_person on training_attendance (person)",
    f"""create table health_screening (
        id uuid primary key,
        election text not null references election,
        person text not null check ({_PERSON}),
        fitness text not null check (fitness in ('fit', 'follow_up', 'unfit', 'not_known')),
        screened_on date not null,
        recorded_at timestamptz not null,
        actor text not null
    )""",
    "create index health_screening_of_person on health_screening (election, person, screened_on, id)",
    f"""create table personnel (
        election text not null references election,
        operation text not null,
        agency text not null check (agency in ('polri', 'tni')),
        place_code text not null check (place_code ~ '{_PLACE}'),
        version bigint not null check (version > 0),
        planned int not null check (planned >= 0),
        present int check (present >= 0),
        trained int check (trained >= 0),
        source text not null check (source <> ''),
        as_of date not null,
        primary key (election, operation, agency, place_code)
    )""",
)

_FACILITIES = (
    "alter table facility add column list_received_on date, add column served_on date",
    """create table facility_step (
        id uuid primary key,
        facility_id uuid not null references facility,
        status text not null check (status in ('not_contacted', 'contacted', 'list_received', 'served')),
        happened_on date,
        recorded_at timestamptz not null,
        actor text not null
    )""",
    "create index facility_step_of_facility on facility_step (facility_id, recorded_at)",
    """create trigger facility_step_only_grows before update or delete on facility_step
       for each row execute function refuse_change()""",
    """create table facility_request (
        id uuid primary key,
        election text not null references election,
        facility_id uuid not null references facility,
        version bigint not null check (version > 0),
        letter_number text not null,
        evidence_sha256 text check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
        received_at timestamptz not null,
        recorded_at timestamptz not null,
        cutoff_at timestamptz not null,
        voters jsonb not null,
        state text not null check (state in ('received', 'accepted', 'partly_accepted', 'refused', 'withdrawn')),
        granted int check (granted >= 0),
        tps_ids uuid[] not null,
        reason_code text,
        reason text not null,
        decided_at timestamptz,
        decided_by text,
        findings text[] not null,
        unique (facility_id, letter_number),
        check ((state in ('accepted', 'partly_accepted', 'refused')) = (decided_by is not null)),
        check ((decided_by is null) = (decided_at is null))
    )""",
    """create table facility_request_step (
        request_id uuid not null references facility_request,
        version bigint not null,
        state text not null,
        reason text not null,
        recorded_at timestamptz not null,
        actor text not null,
        primary key (request_id, version)
    )""",
    """create trigger facility_request_step_only_grows before update or delete on facility_request_step
       for each row execute function refuse_change()""",
)

_IMPORTS = (
    "alter table import drop constraint import_kind_check",
    """alter table import add constraint import_kind_check
       check (kind in ('tps', 'risks', 'officers', 'facilities', 'voters', 'attendance', 'screenings', 'personnel'))""",
)


def upgrade() -> None:
    """Make the tables, and widen those that officers and facilities have."""
    for statement in (*_OFFICERS, *_TRAINING_AND_HEALTH, *_FACILITIES, *_IMPORTS):
        op.execute(statement)
