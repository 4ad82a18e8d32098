"""HTTP in, HTTP out: one file per aggregate."""

from services.registry.routes import (
    capacity,
    elections,
    facilities,
    imports,
    officers,
    public,
    regions,
    risks,
    tps,
    voter_changes,
    voter_lookups,
    voters,
)

ROUTERS = [
    module.router
    for module in (
        *(elections, tps, risks, officers, facilities, imports, voters, voter_changes, capacity),
        *(public, voter_lookups, regions),
    )
]
