"""Keep what changed about a voter, count voters by TPS, and let all processes share the budgets of the look-up."""

from alembic import op

revision = "0011"
down_revision = "0010"

_DDL = (
    "alter table voter add column moved_from uuid references voter",
    r"""alter table voter add column from_code text
        check (from_code ~ '^\d{2}(\.\d{2}(\.\d{2}(\.\d{4}(\.\d{3})?)?)?)?$')""",
    "create index voter_by_tps on voter (tps_id)",
    # Which rows an older key sealed: what is left of sealing them anew.
    "create index voter_by_key on voter (key_id, election)",
    """create table voter_change (
        id uuid primary key,
        voter_id uuid not null references voter,
        election text not null references election,
        kind text not null
            check (kind in ('listed', 'moved', 'struck', 'restored', 'corrected', 'reassigned', 'exported')),
        from_tps uuid references tps,
        to_tps uuid references tps,
        reason text,
        key_id text not null references voter_key,
        sealed bytea not null,
        actor text not null,
        channel text not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null
    )""",
    "create index voter_change_by_voter on voter_change (voter_id)",
    "create index voter_change_by_key on voter_change (key_id, election)",
    # A row is never changed but for the key that it is sealed with.
    """create function voter_change_is_kept() returns trigger language plpgsql as $$
    begin
        if tg_op = 'UPDATE'
           and to_jsonb(new) - 'key_id' - 'sealed' = to_jsonb(old) - 'key_id' - 'sealed' then
            return new;
        end if;
        raise exception 'rows of voter_change are only ever added' using errcode = 'restrict_violation';
    end $$""",
    """create trigger voter_change_is_kept before update or delete on voter_change
       for each row execute function voter_change_is_kept()""",
    """create trigger voter_change_is_kept_whole before truncate on voter_change
       for each statement execute function voter_change_is_kept()""",
    """create table tps_voters (
        tps_id uuid primary key references tps,
        version bigint not null check (version >= 0),
        counts jsonb not null,
        counting uuid references import
    )""",
    "create index tps_voters_to_count on tps_voters (counting) where counting is not null",
    # Unlogged: what is lost with a crash is how often somebody asked within the last hour.
    """create unlogged table lookup_budget (
        name text not null,
        spender bytea not null check (length(spender) = 32),
        window_s int not null,
        window_number bigint not null,
        spent int not null,
        missed int not null,
        primary key (name, spender, window_s, window_number)
    )""",
)


def upgrade() -> None:
    """Make tables, indexes and the trigger that keeps history."""
    for statement in _DDL:
        op.execute(statement)
