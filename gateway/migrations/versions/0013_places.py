"""Begin again: the combined row of a TPS learns its checklist, and counts where a hazard is known.

All that is emptied is made again from the topics.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Empty what is projected, and go back to the beginning of the topics."""
    op.execute("truncate projected, region_total, event_feed, consumer_aggregate, consumer_waiting")
    op.execute("update consumer_position set next_offset = 0")
    op.execute("update feed_epoch set epoch = uuidv7()")
