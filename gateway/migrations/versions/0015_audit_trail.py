"""Keep who was shown what."""

from alembic import op

from chassis.audit_tables import ACCESS_DDL

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table."""
    for statement in ACCESS_DDL:
        op.execute(statement)
