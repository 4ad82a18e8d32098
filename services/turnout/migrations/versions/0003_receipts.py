"""Know what logistics received: the ballots counted in the box of each contest of a TPS."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; one row per box, one box that is not void per contest of a TPS."""
    op.execute(
        """create table box_ref (
            box_id uuid primary key,
            election text not null,
            tps_id uuid not null,
            contest text not null,
            ballots_received int,
            void boolean not null
        )"""
    )
    # A box and the one that replaces it are told by events of two aggregates, whose order nobody promises.
    op.execute("create index box_ref_standing on box_ref (tps_id, contest) where not void")
