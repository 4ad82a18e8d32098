"""The desk itself: its clock in a rehearsal, the state of its projections."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import Instant


class ClockOut(BaseModel):
    """The desk's clock in a rehearsal."""

    now: Instant
    speed: float


class ClockIn(BaseModel):
    """How fast the desk's clock shall go: 0 holds it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"speed": 60}]})

    speed: Annotated[float, Field(ge=0, le=10_000, description="Desk seconds per second.")]


class ProjectionState(BaseModel):
    """The projections of this gateway, and a hash of all that they hold."""

    epoch: str
    rows: int
    events: int = Field(description="Events taken in: the sum of the versions of all aggregates.")
    hash: str
    caught_up: bool = Field(description="As the progress says it.")


class ProjectionProgress(BaseModel):
    """How far the projections of this desk are, all gateways together; costs next to nothing to ask."""

    epoch: str
    taken: int = Field(description="Records of the topics that are taken in, those sent twice included.")
    left: int | None = Field(
        description="Records that the services say are on their topics and are not taken in yet; null where one never said."
    )
    silent: list[str] = Field(
        description="Services that did not say within two seconds where their topic ends: what came since is not in `left`."
    )
    caught_up: bool = Field(description="Nothing is left, and no service is silent.")


class Rebuilt(BaseModel):
    """The projections were emptied; they fill again from the topics."""

    epoch: str
