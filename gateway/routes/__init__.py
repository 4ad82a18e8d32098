"""The gateway's own routes; what it passes through is in `gateway.door`."""

from gateway.routes import desk, documents, events, identity, regions

ROUTERS = [identity.router, documents.router, regions.router, events.router, desk.router]
