"""Find rows by the code of their TPS, in the order of codes: lists page by it, and a TPS's situation is all of its rows."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Put one index in the place of another."""
    op.execute(
        """create index projected_by_code on projected (election, kind, tps_code collate "C", id collate "C")
           where tps_code is not null"""
    )
    op.execute("drop index projected_by_tps")
