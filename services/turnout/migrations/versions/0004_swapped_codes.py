"""Let two TPS have one code for as long as their renumbering is under way here.

Events of two TPS come in any order: one may be told to have a code before the other is told to have left it. Which of them has
it is the one that the registry told of last; rows from before this revision hold their codes alone, and have no such time.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Put a plain index in the place of the unique one, and keep when the registry told of a TPS."""
    op.execute("alter table tps_ref add column told_at timestamptz")
    op.execute("drop index tps_ref_by_code")
    op.execute("create index tps_ref_by_code on tps_ref (election, tps_code)")
