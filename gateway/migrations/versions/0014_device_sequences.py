"""Remember how far the commands of each device have come; it is a hint for the device, and no command hangs on it."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """create table device_sequence (
            principal text not null,
            device text not null,
            seen text not null default '[]',
            updated_at timestamptz not null,
            primary key (principal, device)
        )"""
    )
