"""Know which of two TPS has a code, for as long as their renumbering is under way here.

Events of two TPS come in any order: one may be told to have a code before the other is told to have left it. Which of them has
it is the one that the registry told of last; rows from before this revision have no such time.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Keep when the registry told of a TPS."""
    op.execute("alter table tps_ref add column told_at timestamptz")
