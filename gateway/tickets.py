"""Stream tickets: a browser's EventSource cannot send a token, so it shows a ticket, once, within sixty seconds."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter

from chassis.access_changes import AccessChanges
from chassis.actor import Actor, RegionGroups
from chassis.clock import wall_now
from chassis.database import UnitOfWork
from gateway.errors import TicketInvalid

LIFETIME_S = 60
_actor: TypeAdapter[Actor] = TypeAdapter(Actor)


async def issue_ticket(uow: UnitOfWork, actor: Actor) -> str:
    """Return a ticket that stands for its caller, once, and no longer than the caller's token is accepted."""
    until = wall_now() + timedelta(seconds=LIFETIME_S)
    if actor.expires_at is not None:
        until = min(until, datetime.fromtimestamp(actor.expires_at, UTC))
    ticket = secrets.token_urlsafe(32)
    await uow.execute("delete from stream_ticket where expires_at < $1", wall_now())
    await uow.execute(
        "insert into stream_ticket (ticket_hash, actor, expires_at) values ($1, $2, $3)",
        hashlib.sha256(ticket.encode()).digest(),
        _actor.dump_json(actor).decode(),
        until,
    )
    return ticket


async def redeem_ticket(
    uow: UnitOfWork, ticket: str, *, groups: RegionGroups, changes: AccessChanges
) -> Actor:
    """Return the caller that a ticket stands for, with the regions of its groups as they are now, and use it up.

    Raises:
        TicketInvalid: it was used, is too old, or never was one; or its caller's token no longer counts.
    """
    row = await uow.fetch_row(
        "delete from stream_ticket where ticket_hash = $1 and expires_at > $2 returning actor",
        hashlib.sha256(ticket.encode()).digest(),
        wall_now(),
    )
    actor = _actor.validate_json(row["actor"]) if row is not None else None
    if actor is None or changes.cut(actor.ties, actor.issued_at):
        raise TicketInvalid("Ask for a new ticket.", detail_id="Mintalah tiket baru.")
    return actor.as_of(groups)
