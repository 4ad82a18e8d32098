"""Keep whose tokens no longer count."""

from alembic import op

from chassis.machinery import ACCESS_CHANGE_DDL

revision = "0010"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    for statement in ACCESS_CHANGE_DDL:
        op.execute(statement)
