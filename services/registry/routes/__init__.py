"""HTTP in, HTTP out: one file per aggregate."""

from services.registry.routes import (
    agencies,
    devices,
    elections,
    facilities,
    imports,
    officers,
    people,
    public,
    regions,
    risks,
    tokens,
    tps,
    voter_lookups,
    voters,
)

ROUTERS = [
    module.router
    for module in (
        *(elections, tps, risks, officers, facilities, imports, voters),
        *(public, voter_lookups, regions, agencies, people, devices, tokens),
    )
] + [devices.public_router]
