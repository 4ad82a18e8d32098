"""Know the codes that a TPS had before, so that what names one of them finds it.

A TPS that was renumbered before this revision is known by its former codes from the next time on that the registry tells of it.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Keep former codes, and find TPS by them; few TPS have any."""
    op.execute("alter table tps_ref add column former_codes text[] not null default '{}'")
    op.execute(
        "create index tps_ref_by_former_code on tps_ref using gin (former_codes) where former_codes <> '{}'"
    )
