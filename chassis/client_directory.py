"""The applications that may ask for tokens: agencies' systems, the field's app, the desk's own page.

The file holds no secret, only the SHA-256 of each: secrets are 256 random bits, which need no slow hash.

    {"clients": [{"client_id": "bpbd-jabar", "secret_sha256": "…", "roles": ["bpbd"], "regions": ["32"],
                  "election": "pilkada-2024", "may_act_for_persons": true, "demo": false}]}
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from contracts.access import Role, grant

CLIENT_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""Shorter than any secret that the desk makes, so that a secret in the place of a name is none."""


def _grant(value: str) -> str:
    held = grant(value)
    if held is None:
        raise ValueError("not a region, a TPS, a group of regions, or *")
    return held


class Client(BaseModel):
    """One application, and the most that its tokens may allow.

    Args:
        election: the one election that its tokens are for, None for every one.
        may_act_for_persons: whether it may exchange its token for those of its officers.
        demo: whether its secret was made for a demonstration; refused outside development.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(pattern=f"^{CLIENT_ID.pattern}$")
    secret_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False)
    roles: frozenset[Role]
    regions: tuple[Annotated[str, AfterValidator(_grant)], ...]
    election: str | None = None
    may_act_for_persons: bool = False
    demo: bool = False


class _Clients(BaseModel):
    clients: list[Client]


class ClientDirectory:
    """The applications by their id.

    Args:
        clients: all of them.

    Raises:
        ValueError: two have the same id.
    """

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients: dict[str, Client] = {}
        for client in clients:
            if client.client_id in self._clients:
                raise ValueError(f"two clients are called {client.client_id}")
            self._clients[client.client_id] = client

    @classmethod
    def from_file(cls, path: Path, *, allow_demo: bool) -> "ClientDirectory":
        """Read the directory from its file.

        Args:
            path: the clients file, readable by this process alone.
            allow_demo: whether secrets made for a demonstration count; only in development.

        Raises:
            ValueError: the file is malformed, or has demonstration secrets where they are refused.
        """
        try:
            found = _Clients.model_validate_json(path.read_bytes()).clients
        except ValidationError as error:
            places = "; ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
            raise ValueError(f"{path} is not a clients file: {places}") from None
        demos = [client.client_id for client in found if client.demo]
        if demos and not allow_demo:
            raise ValueError(
                f"{path} has demonstration secrets, which only a development desk takes: {demos}"
            )
        return cls(found)

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """Return the application that knows this secret, None where there is none; in the same time either way."""
        client = self._clients.get(client_id)
        expected = client.secret_sha256 if client else "0" * 64
        same = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), expected)
        return client if same else None
