"""HTTP in, HTTP out: one file per aggregate."""

from services.registry.routes import (
    checklists,
    elections,
    facilities,
    imports,
    officers,
    public,
    regions,
    risks,
    stages,
    tps,
    voter_lookups,
    voters,
)

ROUTERS = [
    *(
        module.router
        for module in (
            *(elections, tps, checklists, risks, officers, facilities, imports, voters, stages),
            *(public, voter_lookups, regions),
        )
    ),
    stages.public_router,
]
