"""Keep which agency said a fact first, and by whom an import was sent: what one agency keeps, another does not change."""

from alembic import op

revision = "0023"
down_revision = "0022"

_KEPT = ("personnel", "tps_risk", "tps_check", "facility", "training", "outreach")


def upgrade() -> None:
    """Add the columns; what is there is kept by nobody yet, and an import that is under way goes on as the desk's."""
    for table in _KEPT:
        op.execute(f"alter table {table} add column kept_by text")
    op.execute("alter table import add column client text not null default ''")
    op.execute(
        "alter table import add column scopes text[] not null default '{registry:import,registry:write,voters:write}'"
    )
    op.execute("alter table import alter column scopes drop default")
