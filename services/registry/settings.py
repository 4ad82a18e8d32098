"""Settings of the registry."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the registry needs to know to run."""

    import_limit_bytes: int = Field(default=256_000_000, description="A larger file of an import gets 413.")
    layer_limit_bytes: int = Field(default=8_000_000, description="A larger risk layer gets 413.")
    voter_keys_file: str | None = Field(
        default=None,
        description="File of the keys that seal the list of voters; without it the routes of voters answer 503.",
    )
    import_chunk_rows: int = Field(
        default=500, ge=1, le=5_000, description="Rows of an import that are one transaction."
    )
    voter_chunk_rows: int = Field(
        default=1_000, ge=1, le=5_000, description="Rows of a list of voters that are one transaction."
    )
    voter_lookups_per_nik: str = Field(
        default="6/minute; 20/hour", description="Questions about one NIK, per process."
    )
    voter_lookups_per_address: str = Field(
        default="60/minute; 600/hour",
        description="Questions where somebody votes, from one network address, per process; many telephones share one.",
    )
    voter_lookups_in_all: str = Field(
        default="2400/minute", description="Questions where somebody votes, from everybody, per process."
    )
    voter_lookup_floor_s: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="The question where somebody votes is answered after a whole number of these seconds.",
    )
