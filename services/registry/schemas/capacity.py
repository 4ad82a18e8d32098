"""How full TPS are, and proposals to split and merge them: in figures alone."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.registry_events import CountSetting
from contracts.vocabulary import Channel, Instant, TpsCode
from services.registry.schemas.shapes import Input
from services.registry.schemas.voter_changes import Evidence


class FullTps(BaseModel):
    """A TPS with more voters than it may have."""

    tps_code: str
    voters: int
    over_by: int


class DifferingTps(BaseModel):
    """A TPS whose list has another number of DPT voters than the TPS is registered with (`W-TPS-LIST`)."""

    tps_code: str
    voters: int = Field(description="On the list.")
    dpt_total: int = Field(description="As the commission says.")


class ShortTps(BaseModel):
    """A TPS where more are on the lists to vote than it gets ballots (D2): none may be left for walk-ins (D11)."""

    tps_code: str
    voters: int = Field(description="Of the DPT who vote here, and moved in.")
    ballots: int = Field(description="D2: the registered DPT and its reserve.")


class Capacity(BaseModel):
    """How full the TPS of a region are, by their lists: the DPT, those who vote elsewhere included."""

    region_code: str
    limit: CountSetting = Field(description="D1.")
    tps: int
    tps_without_list: int = Field(description="Of these nothing is known yet.")
    over_total: int
    over: list[FullTps] = Field(description="The fullest first, 200 at most.")
    differing_total: int = Field(description="TPS whose list and registered DPT differ.")
    differing: list[DifferingTps] = Field(description="The largest difference first, 200 at most.")
    short_total: int = Field(description="TPS with more voters than ballots, if all of them come.")
    short: list[ShortTps] = Field(description="Who lacks most first, 200 at most.")
    as_of: Instant


class PartOut(BaseModel):
    """What one TPS would have."""

    voters: int
    families: int


class SplitOut(BaseModel):
    """A TPS above the limit, in parts that keep every family whole; the first stays."""

    tps_code: str
    voters: int
    parts: list[PartOut]


class MergeOut(BaseModel):
    """A small TPS, and the one of the same kelurahan that has room for it."""

    tps_code: str
    into: str
    voters: int


class CapacityProposals(BaseModel):
    """What could be done in a kelurahan; ways and places are for people to judge."""

    kelurahan_code: str
    limit: CountSetting
    splits: list[SplitOut]
    merges: list[MergeOut]
    families_in_several_tps: int = Field(description="Families that are cut as it is.")
    voters_without_family: int = Field(
        description="The list says no family of them: each counts as one alone."
    )
    as_of: Instant


class VoterSplitIn(Input):
    """The voters of a TPS are spread over it and others, as proposed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "into": ["32.71.06.1002.029"],
                    "expected_voters": 601,
                    "evidence": "Berita acara pleno PPS 3/2024 (contoh)",
                }
            ]
        }
    )

    into: Annotated[list[TpsCode], Field(min_length=1, max_length=20)] = Field(
        description="Registered TPS of the same kelurahan without voters: one for each part but the first."
    )
    expected_voters: int = Field(
        ge=0, le=1_000_000, description="As the proposal said; 412 where the list has changed since."
    )
    evidence: Evidence
    channel: Channel = Channel.API


class VoterMergeIn(Input):
    """The voters of a TPS go to another one of the same kelurahan."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "into": "32.71.06.1002.029",
                    "expected_voters": 130,
                    "evidence": "Berita acara pleno PPS 4/2024 (contoh)",
                }
            ]
        }
    )

    into: TpsCode
    expected_voters: int = Field(ge=0, le=1_000_000, description="Of both together, as the proposal said.")
    evidence: Evidence
    channel: Channel = Channel.API


class TpsVoterCount(BaseModel):
    """How many voters a TPS has now, and what it is registered with."""

    tps_code: str
    voters: int = Field(description="Of the DPT, on the list.")
    dpt_men: int
    dpt_women: int
    findings: list[str] = Field(description="`W-TPS-LIST` where list and registered DPT differ.")


class ReassignedReceipt(BaseModel):
    """Where the voters are now."""

    items: list[TpsVoterCount]
