"""Telling: events in order, each with the next version of its aggregate; and the places of the story."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from chassis.consumer import Received
from contracts.catalog import BY_MODEL
from contracts.envelope import Envelope, EventData

ELECTION = "pilkada-2024"
MAYOR, GOVERNOR = "walikota-32.71", "gubernur-32"
DAY = date(2024, 11, 27)
OPENS = datetime(2024, 11, 27, 0, 0, tzinfo=UTC)
PUBLIC_AT = datetime(2024, 11, 27, 8, 0, tzinfo=UTC)
DUE_AT = datetime(2024, 11, 26, 17, 0, tzinfo=UTC)
KELURAHAN = ("32.71.06.1002", "32.71.01.1003")
SOURCE = "synthetic"
_SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def made(*words: object) -> UUID:
    """Return the id of a thing of the story, the same in every run."""
    return uuid5(_SPACE, "/".join(map(str, words)))


@dataclass(frozen=True, slots=True)
class Place:
    """A TPS of the story."""

    code: str

    @property
    def id(self) -> UUID:
        return made("tps", self.code)


@dataclass
class Story:
    """Events in the order in which they were told, each with the next version of its aggregate."""

    election: str = ELECTION
    rehearsal: bool = True
    now: datetime = datetime(2024, 11, 25, 1, 0, tzinfo=UTC)
    events: list[Received[EventData]] = field(default_factory=list[Received[EventData]])
    _versions: dict[str, int] = field(default_factory=dict[str, int])

    def tell(
        self,
        data: EventData,
        aggregate_id: object,
        *,
        tps: Place | None = None,
        contest: str | None = None,
        minutes: float = 1,
    ) -> Received[EventData]:
        """Add an event of an aggregate, some minutes after the one before."""
        self.now += timedelta(minutes=minutes)
        kind = BY_MODEL[type(data)]
        aggregate = f"{kind.aggregate}/{aggregate_id}"
        version = self._versions[aggregate] = self._versions.get(aggregate, 0) + 1
        key = str(tps.id) if kind.partition_by == "tps" and tps else str(aggregate_id)
        envelope = Envelope(
            event_id=made("event", self.election, aggregate, version),
            type=kind.type,
            source=f"/{kind.service}",
            aggregate=aggregate,
            version=version,
            partition_key=key,
            election=self.election,
            contest=contest,
            occurred_at=self.now - timedelta(seconds=20),
            recorded_at=self.now,
            channel="simulator",
            actor="person-synthetic",
            data_class=kind.data_class.value,
            rehearsal=self.rehearsal,
            traceparent=None,
            epoch=1,
        )
        partition = int(made("partition", key).hex[:8], 16) % 12
        received = Received(envelope, data, kind.topic, partition, len(self.events))
        self.events.append(received)
        return received


def places(per_kelurahan: int) -> list[Place]:
    """Return the TPS of the story."""
    return [Place(f"{kelurahan}.{n:03}") for kelurahan in KELURAHAN for n in range(1, per_kelurahan + 1)]
