"""HTTP in, HTTP out: one file per aggregate."""

from services.registry.routes import (
    checklists,
    elections,
    facilities,
    imports,
    officers,
    outreach,
    public,
    regions,
    risk_layers,
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
            *(
                elections,
                tps,
                checklists,
                risks,
                officers,
                facilities,
                imports,
                voters,
                stages,
                outreach,
                risk_layers,
            ),
            *(public, voter_lookups, regions),
        )
    ),
    stages.public_router,
    outreach.public_router,
    regions.codes_router,
]
