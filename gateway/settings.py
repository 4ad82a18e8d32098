"""Settings of the gateway, beside those of every process."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the gateway needs to know to run."""

    signing_key_file: str | None = Field(
        default=None, description="Private JWK of the desk's own token endpoint; absent, it has none."
    )
    clients_file: str | None = Field(
        default=None, description="Applications that may ask the token endpoint, with hashed secrets."
    )
    door_connections: int = Field(
        default=8, ge=1, le=64, description="HTTP clients per service, of four connections each."
    )
    door_waiting: int = Field(
        default=512, ge=1, description="Requests that may wait for one service; beyond, 503."
    )
    overview_age_s: float = Field(default=1.0, ge=0, description="An overview is at most this old.")
    stream_clients: int = Field(
        default=4_000, ge=1, description="Streams that one process serves; beyond, 503."
    )
