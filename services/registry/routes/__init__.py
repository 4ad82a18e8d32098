"""HTTP in, HTTP out: one file per aggregate."""

from services.registry.routes import (
    agencies,
    capacity,
    check_ins,
    devices,
    elections,
    facilities,
    facility_requests,
    imports,
    officers,
    people,
    personnel,
    posts,
    public,
    regions,
    risks,
    screenings,
    tokens,
    tps,
    trainings,
    voter_changes,
    voter_lookups,
    voters,
)

ROUTERS = [
    module.router
    for module in (
        *(elections, tps, risks, officers, posts, check_ins, trainings, screenings, personnel),
        *(facilities, facility_requests, imports, voters, voter_changes, capacity),
        *(public, voter_lookups, regions, agencies, people, devices, tokens),
    )
] + [devices.public_router]
