"""The registry's tables, one file per aggregate. Importing this package makes `Table.metadata` complete."""

from services.registry.tables import definitions, imports, places, tps, voters
from services.registry.tables.columns import Table

__all__ = ["Table", "definitions", "imports", "places", "tps", "voters"]
