"""Settings that every process of the desk has alike, read from the environment once, at start."""

import socket
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What a process needs to know to run; each name is an environment variable with the prefix `DESK_`.

    Services add their own settings in a subclass; nothing reads the environment anywhere else.
    """

    model_config = SettingsConfigDict(env_prefix="DESK_", extra="ignore")

    environment: Literal["development", "production"] = Field(
        default="production", description="Production refuses keys and secrets made for a demonstration."
    )
    http_host: str = Field(default="127.0.0.1", description="Address that the process listens on.")
    http_port: int = Field(default=8000, description="Port that the process listens on.")
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description=(
            "Addresses and networks, with commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: of a service "
            "those of the door; of the gateway those of the proxies before it, none by default."
        ),
    )
    internal_url: str | None = Field(
        default=None,
        description="Base URL at which other instances of this service reach the process; else made of host and port.",
    )
    http_fd: int | None = Field(
        default=None,
        description="A listening socket that whoever starts the process hands in and keeps open.",
    )
    database_url: SecretStr = Field(
        description="postgresql://role:password@host:port/database "  # pragma: allowlist secret
        "of this service alone; takes libpq's `?sslmode=`."
    )
    database_pool: int = Field(
        default=6, ge=2, le=100, description="Connections to the database per process, each of 4 MB there."
    )
    kafka_bootstrap: str = Field(description="host:port of the broker.")
    topic_prefix: str = Field(
        default="", description="Before every topic and group, where desks share one broker."
    )
    broker_idempotent: bool = Field(
        default=True, description="False only on a broker without idempotent producers."
    )
    jwks: str = Field(description="File or URL of the public keys that sign the tokens.")
    issuer: str = Field(description="`iss` of the tokens that this desk accepts.")
    people_jwks: str | None = Field(
        default=None,
        description="File or URL of the public keys of an OIDC issuer whose people may call, beside `jwks`.",
    )
    people_issuer: str | None = Field(
        default=None, description="`iss` of the tokens of that issuer; they say roles, regions and election."
    )
    people_acr: list[str] = Field(
        default_factory=list,
        description="Values of `acr` that are enough, of which a token of that issuer has to have one; empty: any, or none.",
    )
    people_amr: list[str] = Field(
        default_factory=list,
        description="Words of `amr` (`mfa`, `otp`, `hwk`) of which a token of that issuer has to have one; empty: any, or none.",
    )
    people_signed_in_within_s: int | None = Field(
        default=None,
        gt=0,
        description="Longest time since `auth_time` of a token of that issuer; none: however long ago, or not said.",
    )
    clock_file: str | None = Field(
        default=None, description="File of the desk's clock; absent, the desk's time is the machine's."
    )
    rehearsal: bool = Field(
        default=False, description="Marks every event and payload; never mixes with a real election's."
    )
    peers: dict[str, str] = Field(
        default_factory=dict, description="Base URL of each service, for the gap fetch and the door."
    )
    internal_token_file: str | None = Field(
        default=None, description="File with the secret of the routes under /internal."
    )
    log_level: str = Field(default="INFO", description="Least level that is logged.")
    cors_origins: list[str] = Field(
        default_factory=list, description="Origins whose pages may call the API; none by default."
    )
    body_limit_bytes: int = Field(default=1_000_000, description="A larger body gets 413.")
    receive_deadline_s: float = Field(
        default=20.0, description="A body that has not arrived whole by then gets 408."
    )
    accept_queue: int = Field(default=2_000, description="Commands that may wait for a group; beyond, 503.")

    def reached_at(self) -> str:
        """Return the base URL at which other instances reach this process; of one that listens everywhere, its host name's."""
        everywhere = self.http_host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
        host = socket.gethostname() if everywhere else self.http_host
        return self.internal_url or f"http://{host}:{self.http_port}"
