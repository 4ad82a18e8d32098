"""Keep what does not hold about the times of an incident."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Incidents so far have no findings: nobody looked."""
    op.execute("alter table incident add column findings text[] not null default '{}'")
