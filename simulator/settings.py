"""What the simulator is told by its environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

DEFAULT_SEED = 2024


class SettingsError(Exception):
    """Something is missing, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the desk is, and how fast its days go.

    Attributes:
        url: of the gateway.
        secrets: secret of each role's application, by the role's name.
        speed: desk seconds per second.
        state: file for what was answered; None keeps nothing.
        tps: how many TPS of the city; None for all.
        seed: of the plan.
    """

    url: str
    secrets: Mapping[str, str]
    speed: float
    state: Path | None
    tps: int | None
    seed: int


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    `DESK_URL`, `DESK_DEMO_SECRETS` (a JSON file, client id to secret) and `SPEED` are given by whoever starts the desk;
    `DESK_SIMULATOR_STATE`, `DESK_SIMULATOR_TPS` and `DESK_SIMULATOR_SEED` may be.

    Raises:
        SettingsError: one is missing or wrong.
    """
    try:
        secrets: object = json.loads(Path(environment["DESK_DEMO_SECRETS"]).read_text(encoding="utf-8"))
        tps, state = environment.get("DESK_SIMULATOR_TPS"), environment.get("DESK_SIMULATOR_STATE")
        return Settings(
            url=environment["DESK_URL"],
            secrets=cast(dict[str, str], secrets),
            speed=float(environment.get("SPEED", "60")),
            state=Path(state) if state else None,
            tps=int(tps) if tps else None,
            seed=int(environment.get("DESK_SIMULATOR_SEED", str(DEFAULT_SEED))),
        )
    except KeyError as error:
        raise SettingsError(f"{error.args[0]} is not set") from error
    except (OSError, ValueError) as error:
        raise SettingsError(str(error)) from error
