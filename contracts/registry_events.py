"""What the registry tells: elections, contests, TPS, their risks and their officers."""

from datetime import date
from uuid import UUID

from pydantic import Field

from contracts.envelope import EventData, EventSpec
from contracts.vocabulary import ContestId, DataClass, TpsCode, TpsKind


class TpsRegistered(EventData):
    """A TPS was registered, or registered again with other facts: the whole row as it stands now."""

    tps_id: UUID
    tps_code: TpsCode
    kind: TpsKind
    place: str
    address: str
    lat: float | None
    lon: float | None
    zone: str = Field(description="IANA zone of the TPS's region, for its civil hours.")
    voting_date: date
    dpt_men: int
    dpt_women: int
    contests: list[ContestId]
    accessible: bool | None


EVENTS: dict[str, EventSpec] = {
    "tps.registered": (TpsRegistered, DataClass.PUBLIC, "tps"),
}
