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
    signing_key_file: str | None = Field(
        default=None,
        description="Private JWK or JWKS of the desk's own token endpoint, read again when it changes; absent, it has none.",
    )
    clients_file: str | None = Field(
        default=None,
        description="The first applications, with hashed secrets, taken into the database while it has none.",
    )
    token_requests_per_address: str = Field(
        default="1000/second; 30000/minute",
        description="Requests for tokens from one network address, per process; an agency's back end has one.",
    )
    token_requests_per_client: str = Field(
        default="500/second; 12000/minute",
        description="Tokens that one application or device asks for, per process, once it has proved itself.",
    )
    token_refusals_per_address: str = Field(
        default="20/minute; 200/hour",
        description="Wrong secrets from one network address for one name, per process; beyond, 429 whatever the secret.",
    )
    enrolment_codes_per_address: str = Field(
        default="20/minute; 100/hour",
        description="Codes of enrolments that are tried from one network address, per process.",
    )
    import_chunk_rows: int = Field(
        default=500, ge=1, le=5_000, description="Rows of an import that are one transaction."
    )
    voter_chunk_rows: int = Field(
        default=1_000, ge=1, le=5_000, description="Rows of a list of voters that are one transaction."
    )
    voter_lookups_per_nik: str = Field(
        default="6/minute; 20/hour", description="Questions about one NIK, to all registries together."
    )
    voter_lookups_per_device: str = Field(
        default="10/minute; 60/hour",
        description="Questions where somebody votes, from one device that names itself, to all registries together.",
    )
    voter_lookups_per_address: str = Field(
        default="60/minute; 600/hour",
        description=(
            "Questions where somebody votes, from one network address, to all registries together; many telephones share one."
        ),
    )
    voter_lookups_in_all: str = Field(
        default="2400/minute",
        description="Questions where somebody votes, from everybody, to all registries together.",
    )
    voter_lookup_misses_per_address: int = Field(
        default=20,
        ge=0,
        description="So many questions of an address that found nobody, within its longest window, and it has to work for more.",
    )
    voter_lookup_misses_in_all: int = Field(
        default=600,
        ge=0,
        description="So many questions that found nobody, within the longest window of everybody, and all have to work for more.",
    )
    voter_lookup_miss_ratio: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="And only where so many of the questions found nobody: many voters may share an address.",
    )
    voter_lookup_proof_bits: int = Field(
        default=18, ge=1, le=30, description="How hard that work is: each more doubles it."
    )
    voter_lookup_proof_s: int = Field(
        default=120, ge=10, le=3_600, description="How long a challenge can be answered."
    )
    voter_lookup_floor_s: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="The question where somebody votes is answered after a whole number of these seconds.",
    )
