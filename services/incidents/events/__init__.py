"""How rows become the events of contracts, and the cards that callers get: one file per aggregate."""
