"""Make the tables of the tallies; entries, figures that stand and steps are only ever added."""

from alembic import op

revision = "0002"
down_revision = "0001"

_ONLY_ADDED = ("tally_entry", "tally_acceptance", "tally_step")

_KNOWN = (
    "alter table tps_ref add column voting_opens text not null default '07:00'",
    "alter table tps_ref add column voting_closes text not null default '13:00'",
    "alter table tps_ref add column active boolean not null default true",
    """create table election_ref (
        election text primary key,
        results_public_at timestamptz not null,
        reserve_ratio text not null,
        walk_ins_from text not null
    )""",
    """create table contest_ref (
        election text not null,
        contest text not null,
        choices int[] not null check (cardinality(choices) > 0),
        primary key (election, contest)
    )""",
)

_TALLY = """create table tally (
    tally_id uuid primary key,
    tps_id uuid not null references tps_ref,
    contest text not null,
    version bigint not null default 0,
    round int not null default 1 check (round > 0),
    state text not null default 'empty'
        check (state in ('empty', 'first_entered', 'disputed', 'held', 'verified')),
    numbers int not null default 0 check (numbers >= 0),
    standing int check (standing <= numbers),
    return_asked_by text,
    unique (tps_id, contest),
    constraint tally_figures_stand check ((state in ('held', 'verified')) = (standing is not null)),
    constraint tally_return_is_of_a_verified_form check (return_asked_by is null or state = 'verified')
)"""

_ENTRY = """create table tally_entry (
    tally_id uuid not null references tally,
    round int not null,
    slot int not null check (slot in (1, 2)),
    person text not null,
    device text,
    client text not null,
    channel text not null,
    figures json not null,
    salt bytea not null,
    entry_hash text not null,
    photo_sha256 text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (tally_id, round, slot),
    constraint tally_entry_one_a_person unique (tally_id, round, person)
)"""

# Two persons on one device are one pair of eyes too few; a token without a device says nothing about it.
_ONE_A_DEVICE = """create unique index tally_entry_one_a_device on tally_entry (tally_id, round, device)
    where device is not null"""

# A round has two entries at most, by different persons: whoever names two different persons of it names both entries.
_ACCEPTANCE = """create table tally_acceptance (
    tally_id uuid not null,
    number int not null check (number > 0),
    round int not null,
    version bigint not null,
    decided_by text not null check (decided_by in ('agreement', 'adjudication')),
    settled text check (settled in ('entries_differ', 'paper_does_not_add_up')),
    first_person text not null,
    second_person text not null,
    adjudicator text,
    reason text not null,
    figures json not null,
    findings json not null,
    accepted text[] not null,
    held boolean not null,
    photo_sha256 text,
    channel text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (tally_id, number),
    foreign key (tally_id, round, first_person) references tally_entry (tally_id, round, person),
    foreign key (tally_id, round, second_person) references tally_entry (tally_id, round, person),
    constraint tally_acceptance_two_persons check (first_person <> second_person),
    constraint tally_acceptance_third_person check (adjudicator not in (first_person, second_person)),
    constraint tally_acceptance_adjudicated check (
        (decided_by = 'adjudication') = (adjudicator is not null)
        and (decided_by = 'adjudication') = (settled is not null)
        and (decided_by = 'agreement' or (length(reason) > 0 and photo_sha256 is not null))
    )
)"""

_STEP = """create table tally_step (
    tally_id uuid not null references tally,
    version bigint not null,
    step text not null check (step in ('discarded', 'return_requested', 'returned')),
    round int not null,
    state_before text not null,
    person text not null,
    asked_by text,
    reason text not null check (length(reason) > 0),
    channel text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (tally_id, version),
    constraint tally_step_two_persons check (
        step <> 'returned' or state_before <> 'verified' or (asked_by is not null and asked_by <> person)
    )
)"""

_AGREES = """create function tally_entries_agree() returns trigger language plpgsql as $$
begin
    if (select count(*) <> 2 or count(distinct e.figures::text) <> 1 or min(e.figures::text) <> new.figures::text
        from tally_entry e where e.tally_id = new.tally_id and e.round = new.round) then
        raise exception 'the two entries of a tally must agree with what is verified by agreement'
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$"""

_REFUSE = """create function only_added() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are only ever added', tg_table_name using errcode = 'restrict_violation';
end $$"""


def upgrade() -> None:
    """Make the tables, and the triggers that keep what was recorded."""
    for statement in (*_KNOWN, _TALLY, _ENTRY, _ONE_A_DEVICE, _ACCEPTANCE, _STEP, _AGREES, _REFUSE):
        op.execute(statement)
    op.execute(
        """alter table tally add constraint tally_standing_fkey
           foreign key (tally_id, standing) references tally_acceptance (tally_id, number)"""
    )
    op.execute(
        """create trigger tally_entries_agree after insert on tally_acceptance for each row
           when (new.decided_by = 'agreement') execute function tally_entries_agree()"""
    )
    for table in _ONLY_ADDED:
        op.execute(
            f"""create trigger only_added before update or delete on {table}
                for each row execute function only_added()"""
        )
        op.execute(
            f"""create trigger only_added_all before truncate on {table}
                for each statement execute function only_added()"""
        )
        op.execute(f"revoke delete, truncate on {table} from current_user")
    # Whoever voted at a TPS that was known before this revision has tallies as well.
    op.execute(
        """insert into tally (tally_id, tps_id, contest)
           select uuidv7(), tps_id, unnest(contests) from tps_ref"""
    )
