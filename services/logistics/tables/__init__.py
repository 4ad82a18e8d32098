"""Logistics' tables: what it knows of others (`known`, present codes by `codes`), and its own, one file per aggregate.

Importing this package makes `Table.metadata` complete.
"""

from services.logistics.tables import boxes, known, shipments, supplies
from services.logistics.tables.known import Table

__all__ = ["Table", "boxes", "known", "shipments", "supplies"]
