"""Keep commands of a batch whose id already stands for another command."""

from alembic import op

from chassis.machinery import CONFLICT_DDL

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    for statement in CONFLICT_DDL:
        op.execute(statement)
