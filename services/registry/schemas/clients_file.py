"""The file of the first applications: taken into the database once, at the first start of a desk.

It holds no secret, only the SHA-256 of each: secrets are 256 random bits, which need no slow hash.

    {"clients": [{"client_id": "bpbd-jabar", "secret_sha256": "…", "roles": ["bpbd"], "regions": ["32"],
                  "election": "pilkada-2024", "may_act_for_persons": true, "demo": false}]}
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from contracts.access import Role, grant
from contracts.vocabulary import ElectionId
from services.registry.schemas.access import ClientId, Name


def _grant(value: str) -> str:
    held = grant(value)
    if held is None:
        raise ValueError("not a region, a TPS, a group of regions, or *")
    return held


class FirstClient(BaseModel):
    """One application of the file.

    Args:
        agency: whose it is; the desk's own, where the file does not say.
        election: the one election that its tokens are for, None for every one.
        may_act_for_persons: whether it may exchange its token for those of its agency's people.
        demo: whether its secret was made for a demonstration; refused outside development.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: ClientId
    agency: Name = "desk"
    secret_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False)
    roles: frozenset[Role] = Field(min_length=1)
    regions: tuple[Annotated[str, AfterValidator(_grant)], ...] = Field(min_length=1)
    election: ElectionId | None = None
    may_act_for_persons: bool = False
    demo: bool = False


class _File(BaseModel):
    clients: list[FirstClient]


def first_clients(path: Path, *, allow_demo: bool) -> list[FirstClient]:
    """Read the first applications of a desk from their file.

    Args:
        path: the file, readable by this process alone.
        allow_demo: whether secrets made for a demonstration count; only in development.

    Raises:
        ValueError: the file is malformed, or has demonstration secrets where they are refused.
    """
    try:
        found = _File.model_validate_json(path.read_bytes()).clients
    except ValidationError as error:
        places = "; ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        raise ValueError(f"{path} is not a clients file: {places}") from None
    demos = [client.client_id for client in found if client.demo]
    if demos and not allow_demo:
        raise ValueError(f"{path} has demonstration secrets, which only a development desk takes: {demos}")
    names = [client.client_id for client in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{path} has two clients called {twice[0]}")
    return found
