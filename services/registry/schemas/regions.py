"""Regions of the nation, and where people vote, as they are shown."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from contracts.vocabulary import Instant
from services.registry.schemas.tps import MovedOut

Level = Literal["province", "kabkota", "kecamatan", "kelurahan"]


class RegionFacts(BaseModel):
    """A region of the nation. Codes and names are those of one list, which `source` names: they change with the years."""

    code: str
    name: str
    level: Level
    kind: str = Field(description="Its own word for itself: `kota`, `kabupaten`, `desa`, `distrik` …")
    path: str = Field(description="With the regions around it, nearest first.")
    parent: str | None
    zone: str
    postal_code: str | None
    lat: float | None
    lon: float | None
    point_source: str | None
    source: str


CodeState = Literal["current", "former", "foreign", "unknown"]


class RegionList(BaseModel):
    """The list of regions that the desk uses."""

    name: str
    version: str
    year: int
    source: str


class RegionCodeOut(BaseModel):
    """What a code of some list is on the desk. Successors are those that somebody told with a source; none is guessed."""

    of_list: str
    code: str
    state: CodeState
    successors: list[RegionFacts]
    source: str | None
    as_of: date | None
    desk_list: RegionList


class RegionChildren(BaseModel):
    """The regions directly under one."""

    code: str | None
    items: list[RegionFacts]


class Bilingual(BaseModel):
    """A sentence for voters."""

    id: str
    en: str


class PollingPlace(BaseModel):
    """Where and when a TPS votes, for everybody."""

    tps_code: str
    kpu_code: str
    number: int
    kelurahan: str
    kecamatan: str
    kabkota: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    accessible: bool | None
    moved: MovedOut | None = Field(description="Since when it stands here rather than where it stood before.")
    voting_date: date
    voting_opens: str
    voting_closes: str
    zone: str
    zone_label: Literal["WIB", "WITA", "WIT"]
    contests: list[str]
    message: Bilingual
    access: Bilingual = Field(description="Whether a wheelchair gets in, in words.")
    bring: list[Bilingual]
    rehearsal: bool


class PollingPlaces(BaseModel):
    """All TPS of a kelurahan, by number."""

    kelurahan_code: str
    kelurahan: str
    items: list[PollingPlace]
    as_of: Instant
