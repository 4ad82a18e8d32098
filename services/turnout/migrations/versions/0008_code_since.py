"""Know since when a TPS has its code, for another one may have had it before.

Of TPS that are known already it is when they were told of last: they had the code then, and may have had it before.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the moment."""
    op.execute("alter table tps_ref add column code_since timestamptz")
    op.execute("update tps_ref set code_since = told_at")
