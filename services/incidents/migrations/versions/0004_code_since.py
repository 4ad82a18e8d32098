"""Know when the registry told of a TPS, and since when it has its code: a code may go from one TPS to another.

Of TPS that are known already both are told the next time; until then a code that another TPS had before is taken as moved.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add both moments."""
    op.execute("alter table tps_ref add column told_at timestamptz")
    op.execute("alter table tps_ref add column code_since timestamptz")
