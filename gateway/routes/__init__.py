"""The gateway's own routes; what it passes through is in `gateway.door`."""

from gateway.routes import commands, desk, documents, elections, events, lists, regions, tps

ROUTERS = [
    documents.router,
    elections.router,
    regions.router,
    tps.router,
    lists.router,
    events.router,
    commands.router,
    desk.router,
]
