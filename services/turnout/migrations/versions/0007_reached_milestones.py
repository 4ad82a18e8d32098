"""Keep beside the voting day when each milestone was reached: later ones, and forms, are judged by it."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Fill it from what was reported so far; times that cannot be were not told from others then."""
    op.execute("alter table voting_day add column reached jsonb not null default '{}'")
    op.execute(
        """update voting_day v set reached = m.reached from (
            select tps_id, jsonb_object_agg(milestone, at) as reached from (
                select tps_id, milestone, max(least(occurred_at, recorded_at)) as at from milestone group by 1, 2
            ) each group by tps_id
        ) m where v.tps_id = m.tps_id"""
    )
