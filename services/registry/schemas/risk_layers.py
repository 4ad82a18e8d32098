"""Risk layers: polygons with a class each, as an agency draws them, laid over the points of TPS."""

from datetime import date
from typing import Annotated, Literal

from geojson_pydantic import Feature, FeatureCollection, MultiPolygon, Polygon
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contracts.registry_events import RiskClass, RiskKind
from services.registry.schemas.shapes import Input, Line, Source

_WORDS = {"rendah": "low", "sedang": "medium", "tinggi": "high"}


def _class_word(value: object) -> object:
    word = value.strip().lower() if isinstance(value, str) else value
    return _WORDS.get(word, word) if isinstance(word, str) else word


ClassWord = Annotated[RiskClass, BeforeValidator(_class_word)]


class LayerFacts(Input):
    """What a layer is of, and who drew it when; a class for the rest needs the extent that it holds in."""

    kind: RiskKind
    source: Source
    as_of: date
    rest_class: ClassWord | None = Field(
        default=None, description="Class within `extent` and outside every polygon; without it: not known."
    )
    extent: Polygon | MultiPolygon | None = None

    @model_validator(mode="after")
    def _whole(self) -> "LayerFacts":
        if (self.rest_class is None) != (self.extent is None):
            raise ValueError("rest_class and extent stand together or not at all")
        return self


class LayerProperties(BaseModel):
    """What a polygon of a layer says; what else an agency keeps in it is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    risk_class: ClassWord = Field(alias="class")
    indicators: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list[str])


class RiskLayerIn(FeatureCollection[Feature[Polygon | MultiPolygon, LayerProperties]]):
    """A GeoJSON FeatureCollection with a member `layer`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "FeatureCollection",
                    "layer": {"kind": "hazard", "source": "BPBD Kota Bogor (contoh)", "as_of": "2024-10-15"},
                    "features": [
                        {
                            "type": "Feature",
                            "properties": {"class": "high", "indicators": ["Bantaran sungai (contoh)"]},
                            "geometry": {
                                "type": "Polygon",
                                "coordinates": [
                                    [
                                        [106.79, -6.57],
                                        [106.80, -6.57],
                                        [106.80, -6.56],
                                        [106.79, -6.56],
                                        [106.79, -6.57],
                                    ]
                                ],
                            },
                        }
                    ],
                }
            ]
        }
    )

    layer: LayerFacts
    features: Annotated[
        list[Feature[Polygon | MultiPolygon, LayerProperties]], Field(min_length=1, max_length=10_000)
    ]


class LayerRow(BaseModel):
    """What a layer says of one TPS, as the import reads it."""

    tps_code: str
    kind: RiskKind
    risk_class: RiskClass | None
    indicators: list[str]
    as_of: date
    why: Literal["inside", "rest", "outside", "no-point"]
