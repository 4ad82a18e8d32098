"""Words that every service uses alike: codes, ids and closed sets of values.

Codes are text, never integers: `32.71.06.1002.028` has leading zeros in it and dots that carry meaning.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# `[0-9]`, for `\d` is any digit of any script, and a region in Arabic digits is none.
REGION_PATTERN = r"^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$"
TPS_PATTERN = r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}\.[0-9]{3}$"
TPS_OR_KPU_PATTERN = r"^([0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}\.[0-9]{3}|[0-9]{13})$"

RegionCode = Annotated[str, StringConstraints(pattern=REGION_PATTERN)]
"""Kemendagri code of a province, kab/kota, kecamatan or kelurahan: `32`, `32.71`, `32.71.06`, `32.71.06.1002`."""

PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""What people write: lines and tabs, no other control characters. PostgreSQL keeps no NUL, and no name has the rest."""

ElectionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
ContestId = Annotated[str, StringConstraints(pattern=r"^(gubernur|walikota|bupati)-[0-9]{2}(\.[0-9]{2})?$")]
"""Kind of office and region: `gubernur-32`, `walikota-32.71`, `bupati-35.22`."""

Instant = AwareDatetime
"""A moment with its offset; stored and sent as UTC."""


class _WrittenOut:
    """Refuses a number for a moment: whether it counts seconds or milliseconds is a guess, and a wrong one moves years.

    Said in pydantic's own terms rather than as a function, which would cost as much again as the whole of a short report.
    """

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.union_schema(
            [
                core_schema.str_schema(strict=True, pattern=r"^[0-9]{4}-"),
                core_schema.is_instance_schema(datetime),
            ],
            custom_error_type="datetime_type",
            mode="left_to_right",
        )
        return core_schema.chain_schema([written, handler(source)])

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time"}


Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC)),
    _WrittenOut(),
]
"""An instant that a caller may name: written out with its offset, and of this century: the calendar's ends have no UTC."""


def tps_code(value: str) -> str:
    """Return a TPS code in the desk's form, from it or from KPU's 13 digits.

    Example: `tps_code("3271061002028") == "32.71.06.1002.028"`.
    """
    if len(value) == 13 and value.isascii() and value.isdigit():
        return f"{value[:2]}.{value[2:4]}.{value[4:6]}.{value[6:10]}.{value[10:]}"
    return value


def kpu_code(code: str) -> str:
    """Return KPU's 13 digits of a TPS code. Example: `kpu_code("32.71.06.1002.028") == "3271061002028"`."""
    return code.replace(".", "")


def kelurahan_of(code: str) -> str:
    """Return the code of the kelurahan that a TPS lies in. Example: `32.71.06.1002.028` lies in `32.71.06.1002`."""
    return code.rsplit(".", 1)[0]


def ancestors(region: str) -> list[str]:
    """Return a region's code and those of the regions around it, widest first.

    Example: `ancestors("32.71.06") == ["32", "32.71", "32.71.06"]`.
    """
    parts = region.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


TpsCode = Annotated[str, StringConstraints(pattern=TPS_OR_KPU_PATTERN), AfterValidator(tps_code)]
"""Kelurahan's code, a dot and three digits; KPU's 13 digits are accepted and turned into that form."""


class Channel(StrEnum):
    """How a command reached the desk."""

    APP = "app"
    API = "api"
    PHONE = "phone"
    SMS = "sms"
    PAPER = "paper"
    IMPORT = "import"
    SIMULATOR = "simulator"


class DataClass(StrEnum):
    """Who may see an event: everybody with a token, the desk's agencies, or named scopes only."""

    PUBLIC = "public"
    OPERATIONAL = "operational"
    RESTRICTED = "restricted"


class Service(StrEnum):
    """The four services that own data and publish events."""

    REGISTRY = "registry"
    LOGISTICS = "logistics"
    INCIDENTS = "incidents"
    TURNOUT = "turnout"


class TpsKind(StrEnum):
    """A regular TPS, or one at a special location (prison, hospital)."""

    REGULAR = "regular"
    SPECIAL_LOCATION = "special_location"


class Milestone(StrEnum):
    """What a TPS reports of its own day."""

    READY = "ready"
    OPENED = "opened"
    VOTING_CLOSED = "voting_closed"
    COUNTING_STARTED = "counting_started"
    FORM_POSTED = "form_posted"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    MOVED = "moved"


MILESTONES_IN_ORDER = (
    Milestone.READY,
    Milestone.OPENED,
    Milestone.VOTING_CLOSED,
    Milestone.COUNTING_STARTED,
    Milestone.FORM_POSTED,
)
"""The milestones of a day that goes as planned, in order; the others may come at any time."""
