"""Who may get a token: agencies, their applications with secrets, their people, and devices of the field."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.pagination import Page
from contracts.access import Role, Scope, grant, scopes_of
from contracts.vocabulary import Channel, ElectionId, Moment, TpsCode
from services.registry.schemas.officers import Duty, Person, Slot
from services.registry.schemas.shapes import Input, Line, Outcome

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""Id of an agency or of an application."""

DEVICE_PREFIX = "dev-"
"""Ids of devices begin so, and no application's does: both prove themselves at the token endpoint."""

DeviceId = Annotated[str, StringConstraints(pattern=r"^dev-[0-9a-f-]{36}$")]


def _grant(value: str) -> str:
    held = grant(value)
    if held is None:
        raise ValueError("not a region, a TPS, a group of regions, or *")
    return held


_OF_THE_DESK = frozenset({"desk-cli", "desk-page"})
"""Names under which the desk's own tools and its page show tokens that no application asked for."""


def _application_name(value: str) -> str:
    if value in _OF_THE_DESK:
        raise ValueError("this name is one of the desk's own tools")
    if value.startswith(DEVICE_PREFIX):
        raise ValueError("names that begin so are those of devices")
    return value


ClientId = Annotated[Name, AfterValidator(_application_name)]
Grants = Annotated[
    list[Annotated[str, StringConstraints(max_length=80), AfterValidator(_grant)]],
    Field(min_length=1, max_length=200),
]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]


class AgencyKind(StrEnum):
    """What an agency is in an election."""

    COMMISSION = "commission"
    SUPERVISOR = "supervisor"
    POLICE = "police"
    MILITARY = "military"
    DISASTER = "disaster"
    HEALTH = "health"
    GOVERNMENT = "government"
    MINISTRY = "ministry"
    OBSERVER = "observer"
    DESK = "desk"


class AgencyFacts(BaseModel):
    """An agency, whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: AgencyKind
    name: Line = Field(description="Indonesian.")
    name_en: Line = Field(description="English.")
    contact: Line = Field(
        description="The office or post that answers for its access; a person's number is masked."
    )
    active: bool = Field(default=True, description="False ends every token of its applications and people.")


class AgencyIn(AgencyFacts):
    """An agency, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "disaster",
                    "name": "BPBD Kota Contoh",
                    "name_en": "Disaster agency of Kota Contoh",
                    "contact": "Pusdalops",
                }
            ]
        }
    )

    channel: Channel = Channel.API


class AgencyOut(AgencyFacts):
    """An agency as it stands."""

    agency: str
    version: int


class AgencyReceipt(AgencyOut):
    """An agency as it was changed."""

    outcome: Outcome


class Agencies(Page[AgencyOut]):
    """A page of agencies, by id."""


class RightsIn(Input):
    """What an application, or a person of an agency, may do where."""

    roles: Roles
    regions: Grants = Field(description="Codes of regions or TPS, `group:<name>`, or `*`.")
    election: ElectionId | None = Field(default=None, description="Null: every election of the desk.")
    ends_at: Moment | None = Field(default=None, description="No token lives longer; null: no end is known.")


class ClientIn(RightsIn):
    """An application of an agency, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"roles": ["bpbd"], "regions": ["32.71"], "may_act_for_persons": True}]
        }
    )

    may_act_for_persons: bool = Field(
        default=False, description="Whether it may exchange its token for those of its agency's people."
    )
    channel: Channel = Channel.API


class SecretOut(BaseModel):
    """A secret of an application, without the secret."""

    id: UUID
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class ClientOut(BaseModel):
    """An application as it stands."""

    client: str
    agency: str
    version: int
    roles: list[Role]
    regions: list[str]
    election: str | None
    may_act_for_persons: bool
    ends_at: datetime | None
    revoked_at: datetime | None


class ClientWithSecrets(ClientOut):
    """An application with what is known of its secrets, the newest first."""

    secrets: list[SecretOut]


class ClientReceipt(ClientOut):
    """An application as it was changed."""

    outcome: Outcome


class AgencyClientsOut(AgencyOut):
    """An agency with its applications."""

    clients: list[ClientOut]


class SecretIn(Input):
    """A new secret of an application; the older ones go on until they expire or are revoked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_in_days": 90}]})

    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=366)] = 90
    channel: Channel = Channel.API


class SecretReceipt(BaseModel):
    """A secret that was made or revoked. `secret` stands in the first answer only: no repeat shows it again."""

    client: str
    id: UUID
    expires_at: datetime
    revoked_at: datetime | None
    secret: str | None


class PersonIn(RightsIn):
    """Somebody of an agency, whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"roles": ["bpbd"], "regions": ["32.71"], "ends_at": None}]}
    )

    channel: Channel = Channel.API

    @model_validator(mode="after")
    def _nobody_judges_themselves(self) -> "PersonIn":
        scopes = scopes_of(self.roles)
        if Scope.TURNOUT_ENTER in scopes and scopes & {Scope.TURNOUT_ADJUDICATE, Scope.RESULTS_EARLY}:
            raise ValueError("who enters forms neither settles them nor sees votes early")
        return self


class PersonOut(BaseModel):
    """Somebody of an agency."""

    person: str
    agency: str
    version: int
    roles: list[Role]
    regions: list[str]
    election: str | None
    ends_at: datetime | None


class PersonReceipt(PersonOut):
    """Somebody of an agency, as it was changed."""

    outcome: Outcome


class People(Page[PersonOut]):
    """A page of an agency's people, by pseudonym."""


class SlotOfTps(Input):
    """A slot of a TPS's roster: whoever holds it acts with the device."""

    election: ElectionId
    tps_code: TpsCode
    duty: Duty
    slot: Slot


class EnrolmentIn(Input):
    """A device that is to be enrolled, for a person or for a slot of a TPS."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"client": "aplikasi-kpps", "label": "HP KPPS 1", "person": "petugas-7"}]
        }
    )

    client: ClientId = Field(
        description="The application that runs on it: its tokens are never more than that one's."
    )
    label: Line = Field(description="What the agency calls the device.")
    person: Person | None = None
    slot: SlotOfTps | None = None
    expires_in_minutes: Annotated[int, Field(strict=True, ge=1, le=1_440)] = 15
    channel: Channel = Channel.API

    @model_validator(mode="after")
    def _for_one(self) -> "EnrolmentIn":
        if (self.person is None) == (self.slot is None):
            raise ValueError("a device is for a person or for a slot")
        return self


class DeviceState(StrEnum):
    """How far a device is."""

    WAITING = "waiting"
    ENROLLED = "enrolled"
    LAPSED = "lapsed"
    REVOKED = "revoked"


class DeviceOut(BaseModel):
    """A device of an agency."""

    device: str
    agency: str
    client: str
    label: str
    person: str | None
    election: str | None
    tps_code: str | None
    duty: Duty | None
    slot: int | None
    state: DeviceState
    code_expires_at: datetime
    redeemed_at: datetime | None
    revoked_at: datetime | None


class DeviceReceipt(DeviceOut):
    """A device as it was enrolled or revoked. Code and picture stand in the first answer only."""

    code: str | None = Field(
        description="Twenty-eight letters and digits in fours; to be typed only where no camera is."
    )
    qr_svg: str | None = Field(description="The same, with the desk's address, as a QR code.")


class Devices(Page[DeviceOut]):
    """A page of an agency's devices, by id."""


class RedemptionIn(Input):
    """A device that shows its code and says by what it will prove itself from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "7K3Q-X9M2-TD4R-0VWZ-H8NC-5JBY-E6GA",
                    "secret_sha256": "5d" * 32,  # pragma: allowlist secret
                }
            ]
        }
    )

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{4}(-?[0-9A-Za-z]{4}){6}$")]
    secret_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of 32 random bytes in base64url or hex, as they will be sent; the device alone ever has them."
    )


class RedemptionReceipt(BaseModel):
    """Who the device is from now on: its id and its secret get tokens (`grant_type=client_credentials`)."""

    device: str
    client: str
    label: str
