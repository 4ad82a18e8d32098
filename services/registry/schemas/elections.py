"""Elections and their contests, as they are defined and shown."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.registry_events import (
    Choice,
    ChoiceKind,
    CivilTime,
    ElectionSettings,
    Stage,
    WinningRule,
)
from contracts.vocabulary import Channel, Instant, RegionCode
from services.registry.schemas.shapes import Input, Line, Outcome, Reason, Source

Zone = Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]


class CountIn(Input):
    """A number of the election, and who says so."""

    value: Annotated[int, Field(ge=0, le=1_000_000)]
    source: Source


class RatioIn(Input):
    """A ratio of the election, and who says so."""

    value: Annotated[float, Field(ge=0, le=1)]
    source: Source


class TimeIn(Input):
    """A time of day, and who says so; without a zone it is local to each TPS."""

    value: CivilTime
    zone: Zone | None = None
    source: Source


_UNSEEN = "the regulation was not seen"


class SettingsIn(Input):
    """The numbers of an election; what is left out is as in the Pilkada of 2024."""

    voting_opens: TimeIn = TimeIn(value="07:00", source=f"D10: {_UNSEEN}")
    voting_closes: TimeIn = TimeIn(value="13:00", source=f"D10: {_UNSEEN}")
    walk_in_opens: TimeIn = TimeIn(value="12:00", source=f"D11: {_UNSEEN}")
    results_public: TimeIn = TimeIn(
        value="15:00", zone="Asia/Jakarta", source="PKPU 9/2022 art. 19, on quick counts (D34)"
    )
    max_voters_per_tps: CountIn = CountIn(value=600, source="KPU, May 2024 (D1)")
    ballot_reserve_ratio: RatioIn = RatioIn(value=0.025, source="Perpu 1/2014 art. 87 (D2)")
    revote_ballots: CountIn = CountIn(value=2_000, source="Press figures of Kota Bogor, 2024 (D3)")
    boxes_per_contest: CountIn = CountIn(value=1, source="KPU Kota Bogor, Oct 2024 (D5)")
    booths_per_tps: CountIn = CountIn(value=4, source="KPU Kota Bogor, Oct 2024 (D5)")
    spare_boxes_per_contest: CountIn = CountIn(value=1, source="KPU Kota Bogor, Oct 2024 (D5)")
    logistics_due_days_before: CountIn = CountIn(value=1, source=f"D6: {_UNSEEN}")
    kpps_per_tps: CountIn = CountIn(value=7, source=f"D7: {_UNSEEN}")
    linmas_per_tps: CountIn = CountIn(value=2, source=f"D8: {_UNSEEN}")
    ptps_per_tps: CountIn = CountIn(value=1, source=f"D9: {_UNSEEN}")
    turnout_target_ratio: RatioIn = RatioIn(value=0.85, source="Target of Kota Bogor, 2024, in the press")
    move_cutoff_days: CountIn = CountIn(value=30, source=f"D12: {_UNSEEN}")
    special_move_cutoff_days: CountIn = CountIn(value=7, source=f"D12: {_UNSEEN}")


_Word = Annotated[
    str,
    StringConstraints(pattern=r"^(registry|logistics|incidents|turnout|gateway)\.[a-z][a-z0-9-]{1,39}$"),
]
Affected = Annotated[list[_Word], Field(max_length=20)]


class StageIn(Input):
    """A stage of the election: civil dates, both included."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    name: Line
    name_id: Line
    starts_on: date
    ends_on: date
    source: Source
    opens: Affected = Field(
        default_factory=list[str], description="Words for what is open while it lasts: `turnout.voting`."
    )
    closes: Affected = Field(
        default_factory=list[str], description="Words for what is over from its first day on."
    )


class ElectionIn(Input):
    """An election, whole: what is left out is as the law of 2024 has it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Pilkada Kota Bogor 2024", "region_code": "32.71", "voting_date": "2024-11-27"}
            ]
        }
    )

    name: Line
    region_code: RegionCode | None = Field(
        default=None, description="The region whose desk this is; null for the nation."
    )
    voting_date: date
    rehearsal: bool | None = Field(
        default=None, description="Must be the desk's own; taken from it where it is left out."
    )
    settings: SettingsIn = SettingsIn()
    stages: Annotated[list[StageIn], Field(max_length=100)] | None = Field(
        default=None,
        description="The calendar that is known for this voting date where it is left out (27 November 2024).",
    )
    channel: Channel = Channel.API


class ElectionOut(BaseModel):
    """An election as it stands."""

    election: str
    version: int
    name: str
    region_code: str | None
    voting_date: date
    results_public_at: Instant
    rehearsal: bool
    settings: ElectionSettings
    stages: list[Stage]


class ElectionReceipt(ElectionOut):
    """An election as it was defined."""

    outcome: Outcome


class ChoiceIn(Input):
    """One choice on the ballot."""

    number: Annotated[int, Field(ge=1, le=99)]
    kind: ChoiceKind = ChoiceKind.PAIR
    name: Line


class ContestIn(Input):
    """A contest: its choices, and what wins it. Its id says the office and the region."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Wali Kota dan Wakil Wali Kota Bogor",
                    "choices": [
                        {"number": 1, "name": "Pasangan calon 1 (contoh)"},
                        {"number": 2, "name": "Pasangan calon 2 (contoh)"},
                        {"number": 3, "name": "Pasangan calon 3 (contoh)"},
                    ],
                    "winning_rule_source": "UU 10/2016",
                }
            ]
        }
    )

    name: Line
    choices: Annotated[list[ChoiceIn], Field(min_length=1, max_length=20)]
    winning_rule: WinningRule = WinningRule.MOST_VOTES
    winning_rule_source: Source
    change_reason: Reason = Field(
        default="", description="The decision that changes choices which have their numbers."
    )
    channel: Channel = Channel.API


class ContestOut(BaseModel):
    """A contest as it stands."""

    election: str
    contest: str
    version: int
    name: str
    region_code: str
    choices: list[Choice]
    winning_rule: WinningRule
    winning_rule_source: str
    rehearsal: bool


class ContestReceipt(ContestOut):
    """A contest as it was defined."""

    outcome: Outcome


class ElectionWithContests(ElectionOut):
    """An election with its contests."""

    contests: list[ContestOut]
