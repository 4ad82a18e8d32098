"""What a service hears of others: events as its consumer hands them to a handler, and TPS as the registry tells of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID, uuid4

from chassis.consumer import Ignore, Received, Subscription
from chassis.row_security import EVERYWHERE
from contracts.catalog import BY_MODEL
from contracts.envelope import Envelope, EventData
from contracts.registry_events import TpsRegistered
from contracts.vocabulary import TpsKind
from tests.harness import ELECTION, RunningService

D = TypeVar("D", bound=EventData)
BEFORE_THE_DAY = datetime(2024, 11, 1, tzinfo=UTC)


def received(
    data: D,
    *,
    aggregate_id: object,
    version: int = 1,
    election: str = ELECTION,
    at: datetime = BEFORE_THE_DAY,
) -> Received[D]:
    """Return an event as a consumer hands it to its handler."""
    kind = BY_MODEL[type(data)]
    envelope = Envelope(
        event_id=uuid4(),
        type=kind.type,
        source=f"/{kind.service}",
        aggregate=f"{kind.aggregate}/{aggregate_id}",
        version=version,
        partition_key=str(aggregate_id),
        election=election,
        contest=None,
        occurred_at=at,
        recorded_at=at,
        channel="import",
        actor="client:test",
        data_class=kind.data_class.value,
        rehearsal=False,
        traceparent=None,
        epoch=1,
    )
    return Received(envelope, data, kind.topic, 0, 0)


def a_tps(
    code: str,
    *,
    tps_id: UUID,
    contests: Sequence[str] = ("gubernur-32", "walikota-32.71"),
    dpt_men: int = 250,
    dpt_women: int = 283,
    active: bool = True,
    former_codes: Sequence[str] = (),
) -> TpsRegistered:
    """Return a TPS as the registry tells of it."""
    return TpsRegistered(
        tps_id=tps_id,
        tps_code=code,
        kind=TpsKind.REGULAR,
        place="SDN 1",
        address="Jalan rekaan",
        lat=None,
        lon=None,
        zone="Asia/Jakarta",
        voting_date=date(2024, 11, 27),
        dpt_men=dpt_men,
        dpt_women=dpt_women,
        contests=list(contests),
        accessible=None,
        active=active,
        former_codes=list(former_codes),
    )


def told_of(tps: TpsRegistered, *, at: datetime = BEFORE_THE_DAY) -> Received[TpsRegistered]:
    """Return the registry's event of a TPS."""
    return received(tps, aggregate_id=tps.tps_id, at=at)


async def hear(service: RunningService, event: Received[EventData]) -> None:
    """Let a process take an event in, as its consumer does."""
    subscription: Subscription = service.app.state.parts.subscription
    handler = subscription.handlers[event.envelope.type]
    assert not isinstance(handler, Ignore)
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await handler(uow, [event])
