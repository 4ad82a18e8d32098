"""Say of each part of a file whether it is sealed; those of lists of voters, and no others, were until now."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.execute("alter table import_part add column sealed boolean not null default false")
    op.execute(
        """update import_part p set sealed = true from import i where i.id = p.import_id and i.kind = 'voters'"""
    )
