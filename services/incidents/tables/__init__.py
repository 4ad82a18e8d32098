"""Incidents' tables: what it knows of others (`known`), and its own, one file per aggregate.

Importing this package makes `Table.metadata` complete.
"""

from services.incidents.tables import arrangements, cases, follow_ups, incidents, known, problems
from services.incidents.tables.known import Table

__all__ = ["Table", "arrangements", "cases", "follow_ups", "incidents", "known", "problems"]
