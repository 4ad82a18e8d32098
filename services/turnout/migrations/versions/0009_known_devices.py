"""Take a second entry of a form only where both entries have a device: one that is not known may be the first one's.

Entries that are there stay as they are, and what stands on them too.
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the trigger."""
    op.execute(
        """create function tally_entries_know_devices() returns trigger language plpgsql as $$
        begin
            if new.device is null or exists (
                select from tally_entry e
                where e.tally_id = new.tally_id and e.round = new.round and e.device is null
            ) then
                raise exception 'the two entries of a tally are of two known devices'
                    using errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$"""
    )
    op.execute(
        """create trigger tally_entries_know_devices before insert on tally_entry for each row
           when (new.slot = 2) execute function tally_entries_know_devices()"""
    )
