"""HTTP in, HTTP out: one file per aggregate."""

from services.registry.routes import (
    agencies,
    capacity,
    check_ins,
    checklists,
    devices,
    elections,
    facilities,
    facility_requests,
    imports,
    officers,
    outreach,
    people,
    personnel,
    posts,
    public,
    regions,
    risk_layers,
    risks,
    screenings,
    stages,
    tokens,
    tps,
    trainings,
    voter_changes,
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
                posts,
                check_ins,
                trainings,
                screenings,
                personnel,
            ),
            *(facilities, facility_requests, imports, voters, voter_changes, capacity),
            *(stages, outreach, risk_layers),
            *(public, voter_lookups, regions, agencies, people, devices, tokens),
        )
    ),
    *(devices.public_router, stages.public_router, outreach.public_router, regions.codes_router),
]
