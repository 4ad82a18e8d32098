"""Settings of the gateway, beside those of every process."""

from typing import Literal

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the gateway needs to know to run."""

    import_limit_bytes: int = Field(default=256_000_000, description="A larger file gets 413.")
    trusted_proxies: str = ""
    door_connections: int = Field(
        default=8, ge=1, le=64, description="HTTP clients per service, of four connections each."
    )
    door_waiting: int = Field(
        default=128, ge=1, description="Requests that may wait for one service; beyond, 503."
    )
    requests_per_client: str = Field(
        default="60000/minute",
        description="Of one application, over all of its tokens, per process; beyond, 429.",
    )
    requests_per_address: str = Field(
        default="6000/minute",
        description="Of one network address without a valid token, per process; beyond, 429.",
    )
    overview_age_s: float = Field(
        default=1.0, ge=0, description="An overview, or results, are at most this old."
    )
    map_age_s: float = Field(default=3.0, ge=0, description="A map of TPS is at most this old.")
    stream_clients: int = Field(
        default=4_000, ge=1, description="Streams that one process serves; beyond, 503."
    )
    point_thresholds: dict[int, float] = Field(
        default_factory=dict[int, float],
        description="By number of the desk's ten points: done, of all, from which on it is ok; 1 where none is named.",
    )
    case_threshold_ratio: float = Field(
        default=0.9,
        ge=0,
        le=1,
        description="Clocks of cases that were kept, of all, below which a point needs attention.",
    )
    turnout_target_ratio: float = Field(
        default=0.85, gt=0, description="Target of the turnout until the election's own settings say one."
    )
    metrics_every_s: float = Field(
        default=5.0, gt=0, description="How often the domain metrics are made anew."
    )
    metrics_regions: Literal["nation", "province", "kab_kota", "kecamatan"] = Field(
        default="kab_kota", description="Finest regions that the domain metrics have as labels."
    )
    turnout_slots: tuple[str, ...] = Field(
        default=("08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "final"),
        description="Slots by which every TPS is to report its turnout; the metrics watch these.",
    )
    reconcile_every_s: float = Field(
        default=60.0,
        gt=0,
        description="How often the totals of a region are compared with the sum of its rows.",
    )
