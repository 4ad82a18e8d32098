"""Forget the kept sums of kelurahan: they are made from rows when they are asked for.

Rows that are written again and again leave room on their page for the next version, so that no index is touched.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Remove the sums, and leave room for new versions of rows."""
    op.execute("delete from region_total where region like '%.%.%.%'")
    for table, fill in (("projected", 75), ("region_total", 50), ("consumer_aggregate", 75)):
        op.execute(f"alter table {table} set (fillfactor = {fill})")
