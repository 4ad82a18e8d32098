"""Let the login role read and write what it owns no more: whoever migrates gives it its privileges afterwards.

The read tables have no policies: `docs/adr/0029-two-walls.md` says why.
"""

revision = "0020"
down_revision = "0015"


def upgrade() -> None:
    """Change nothing: that there is a revision makes a desk from before run the migration, and so the grants."""
