"""The gateway's own routes; what it passes through is in `gateway.door`."""

from gateway.routes import commands, crews, desk, documents, elections, events, lists, regions, sync, tps

ROUTERS = [
    documents.router,
    elections.router,
    regions.router,
    tps.router,
    lists.router,
    crews.router,
    events.router,
    commands.router,
    sync.router,
    desk.router,
]
