"""The gateway's own routes; what it passes through is in `gateway.door`."""

from gateway.routes import desk, events, identity, regions

ROUTERS = [identity.router, regions.router, events.router, desk.router]
