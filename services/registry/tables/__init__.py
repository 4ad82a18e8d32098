"""The registry's tables, one file per aggregate. Importing this package makes `Table.metadata` complete."""

from services.registry.tables import access, definitions, imports, people, places, tps, voters
from services.registry.tables.columns import Table

__all__ = ["Table", "access", "definitions", "imports", "people", "places", "tps", "voters"]
