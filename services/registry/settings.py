"""Settings of the registry."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the registry needs to know to run."""

    import_limit_bytes: int = Field(default=64_000_000, description="A larger file of an import gets 413.")
    voter_keys_file: str | None = Field(
        default=None,
        description="File of the keys that seal the list of voters; without it the routes of voters answer 503.",
    )
    import_chunk_rows: int = Field(
        default=500, ge=1, le=5_000, description="Rows of an import that are one transaction."
    )
