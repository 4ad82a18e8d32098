"""Turnout's tables: what it knows of others (`known`), and its own, one file per aggregate.

Importing this package makes `Table.metadata` complete.
"""

from services.turnout.tables import known, tallies, voting_days
from services.turnout.tables.known import Table

__all__ = ["Table", "known", "tallies", "voting_days"]
