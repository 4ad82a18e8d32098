"""Keep who was shown what, and chain the ledger; what was published before comes into the chain as it stands."""

from alembic import op

from chassis.audit_tables import ACCESS_DDL, LEDGER_CHAIN_DDL, chain_published

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the tables, and the blocks of what is in the ledger already."""
    for statement in (*ACCESS_DDL, *LEDGER_CHAIN_DDL):
        op.execute(statement)
    chain_published(op.get_bind())
