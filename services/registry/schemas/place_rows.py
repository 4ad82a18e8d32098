"""The rows of imports of places and stages: checklists, risk layers, boundaries, former codes, outreach."""

from datetime import date
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.registry_events import CivilTime, RiskClass, RiskKind
from contracts.registry_places_events import CheckAnswer, CheckItem, OutreachKind, OutreachState
from contracts.vocabulary import RegionCode, TpsCode
from services.registry.schemas.outreach import ActivityCode, PhotoHash
from services.registry.schemas.shapes import ImportRow, Latitude, Line, Longitude, Source, Text

SWAPPED = "lat-lon-swapped"
_LATITUDES, _LONGITUDES = (-11.5, 6.5), (94.5, 141.5)


class Swappable(ImportRow):
    """A row with a point; latitude and longitude in each other's place are told as that."""

    @model_validator(mode="before")
    @classmethod
    def _not_swapped(cls, values: object) -> object:
        if isinstance(values, dict):
            row = cast(dict[str, object], values)
            if is_swapped(row.get("lat"), row.get("lon")):
                raise PydanticCustomError(
                    SWAPPED, "lat and lon stand in each other's place: lat is about -6, lon about 106."
                )
        return cast(object, values)


def is_swapped(lat: object, lon: object) -> bool:
    """Say whether a point would lie in Indonesia if its numbers changed places. Example: `is_swapped("106.8", "-6.5")`."""
    try:
        north, east = float(str(lat)), float(str(lon))
    except ValueError:
        return False
    return _within(east, _LATITUDES) and _within(north, _LONGITUDES)


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _answer(value: object) -> object:
    match _word(value):
        case "ya" | "ada" | "aman" | "true" | True:
            return "yes"
        case "tidak" | "rawan" | "false" | False:
            return "no"
        case None | "" | "belum":
            return "unknown"
        case other:
            return other


_STATES = {"rencana": "planned", "terlaksana": "held", "batal": "cancelled"}
_KINDS = {"sosialisasi": "outreach", "pendidikan": "education", "simulasi": "simulation", "lain": "other"}


def _state(value: object) -> object:
    word = _word(value)
    return _STATES.get(word, word) if isinstance(word, str) else word


def _kind(value: object) -> object:
    word = _word(value)
    return _KINDS.get(word, word) if isinstance(word, str) else word


def _split(value: object) -> object:
    if isinstance(value, str):
        return [part.strip().lower() for part in value.split(";") if part.strip()]
    return [] if value is None else value


Cell = Annotated[int, Field(ge=0, le=1_000_000)]


class CheckRowIn(Swappable):
    """One item of the checklist of a TPS; an empty answer is not known."""

    tps_code: TpsCode
    item: Annotated[CheckItem, BeforeValidator(_word)]
    answer: Annotated[CheckAnswer, BeforeValidator(_answer)]
    as_of: date
    source: Source | None = None
    place: Line | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    distance_m: Annotated[int, Field(ge=0, le=100_000)] | None = None


class LayerRowIn(ImportRow):
    """What a layer says of one TPS; the desk writes these rows itself."""

    tps_code: TpsCode
    kind: RiskKind
    risk_class: RiskClass | None
    indicators: Annotated[list[Line], Field(max_length=20)] | None = None
    as_of: date
    why: Literal["inside", "rest", "outside", "no-point"]


class BoundaryRowIn(ImportRow):
    """The boundary of a region: a feature, its geometry still as it came."""

    code: RegionCode
    name: Line
    as_of: date | None = None
    geometry: dict[str, object] | None


class RegionChangeRowIn(ImportRow):
    """What a code of a list became; several rows where it was split."""

    list: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    old_code: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.]{0,19}$")]
    new_code: RegionCode
    as_of: date
    source: Source | None = None


class OutreachRowIn(ImportRow):
    """An activity; its times are civil times of its region."""

    code: ActivityCode
    kind: Annotated[OutreachKind, BeforeValidator(_kind)] | None = None
    state: Annotated[OutreachState, BeforeValidator(_state)]
    title: Line
    organiser: Line
    region_code: RegionCode
    place: Text | None = None
    day: date
    starts: CivilTime
    ends: CivilTime | None = None
    reach_men: Cell | None = None
    reach_women: Cell | None = None
    reach_total: Cell | None = None
    photos: Annotated[list[PhotoHash], BeforeValidator(_split), Field(max_length=20)] | None = None
    as_of: date
    source: Source | None = None
