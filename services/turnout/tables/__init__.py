"""Turnout's tables: what it knows of others (`known`), and its own, one file per aggregate.

Importing this package makes `Table.metadata` complete.
"""

from services.turnout.tables import known, voting_days
from services.turnout.tables.known import Table

__all__ = ["Table", "known", "voting_days"]
