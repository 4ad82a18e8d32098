"""Give rows that were left with a move an index of their own, and keep by which NIK a voter was listed before it was corrected.

Who looked for all rows of a NIK read the whole list: the index of NIK leaves out rows that were left.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

_DDL = (
    "create index voter_left_by_nik on voter (election, nik_index) where status = 'moved'",
    "alter table voter_change add column former_nik_index bytea check (length(former_nik_index) = 32)",
    "alter table voter_change drop constraint voter_change_kind_check",
    """alter table voter_change add constraint voter_change_kind_check
       check (kind in ('listed', 'moved', 'struck', 'restored', 'corrected', 'reassigned', 'exported', 'nik_corrected'))""",
    """alter table voter_change add constraint voter_change_has_former_nik
       check ((kind = 'nik_corrected') = (former_nik_index is not null))""",
    """create index voter_change_by_former_nik on voter_change (election, former_nik_index)
       where former_nik_index is not null""",
    # A row is never changed but for the key that it is sealed and indexed with.
    """create or replace function voter_change_is_kept() returns trigger language plpgsql as $$
    begin
        if tg_op = 'UPDATE' and to_jsonb(new) - 'key_id' - 'sealed' - 'former_nik_index'
                              = to_jsonb(old) - 'key_id' - 'sealed' - 'former_nik_index' then
            return new;
        end if;
        raise exception 'rows of voter_change are only ever added' using errcode = 'restrict_violation';
    end $$""",
)


def upgrade() -> None:
    """Make the indexes and the column; only movers stand in the first, so that it costs a list nothing."""
    for statement in _DDL:
        op.execute(statement)
