"""Know which instance relays, so that the others can poke it."""

from alembic import op

from chassis.machinery import RELAY_HOLDER_DDL

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table; whoever takes the relay's lock writes its row."""
    op.execute(RELAY_HOLDER_DDL)
