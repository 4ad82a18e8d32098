"""Settings of the incidents service."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What incidents needs to know to run."""

    public_reports_per_address: str = Field(
        default="20/minute; 200/hour",
        description="Reports that one network address may send to the public intake, per process; many telephones share one.",
    )
    public_lookups_per_address: str = Field(
        default="60/minute", description="Questions by tracking code from one network address, per process."
    )
    public_reports_in_all: str = Field(
        default="600/minute", description="Reports that the public intake takes from everybody, per process."
    )
    figures_every_s: float = Field(
        default=5.0, gt=0, description="Seconds between two looks at the open incidents for the metrics."
    )
    figures_region_level: int = Field(
        default=2,
        ge=1,
        le=3,
        description="How fine the region label of incident figures is: 1 province, 2 kab/kota, 3 kecamatan.",
    )
