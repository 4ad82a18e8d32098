"""`desk simulate`: the simulator plays election days on a running rehearsal, and never on a real desk."""

import os
import sys
from typing import Annotated

import typer
from pydantic import BaseModel

from cli.api import Api, RefusedError
from cli.errors import DeskError, complaining
from cli.options import Port
from cli.places import name_of
from contracts.access import Role, covers
from deploy.keys import Keys
from deploy.local import DEFAULT_PORT
from deploy.run_folder import PROJECT, RunFolder, is_alive, run_folder

CLOCK = "/v1/rehearsal/clock"
REAL = "this is a real desk: invented reports would stand in it for ever; `desk init --rehearsal` makes one for that"


class Clock(BaseModel):
    """The clock of a rehearsal."""

    speed: float


def simulate(
    region: Annotated[str, typer.Option(help="Code of the desk's region, or of one in it.")],
    tps: Annotated[int, typer.Option(min=1, help="How many TPS, spread over the region.")],
    port: Port = DEFAULT_PORT,
    speed: Annotated[
        int, typer.Option(envvar="SPEED", min=1, max=10_000, help="Simulated seconds per second.")
    ] = 60,
    seed: Annotated[int, typer.Option(min=1, help="The same seed gives the same days.")] = 2024,
) -> None:
    """Play the eve, the voting day and the count of a region on a running rehearsal desk. Ctrl-C stops; it goes on later."""
    with complaining("simulate"):
        name_of(region)
        api = Api(run_folder(port))
        settings = api.settings
        if not settings.rehearsal:
            raise DeskError(REAL)
        if not covers(settings.region, region):
            raise DeskError(f"this desk is for {settings.region}, where {region} does not lie")
        if settings.choices:
            raise DeskError(
                "this rehearsal has pairs of its own, for people to play; the simulator brings its own"
            )
        if _is_simulated(api.folder):
            raise DeskError("the simulated days run already; `DAY=off` starts the demonstration without them")
        _refuse_what_is_no_rehearsal(api)
    command = [sys.executable, "-m", "simulator", "run", "--region", region, "--tps", str(tps)]
    command += ["--speed", str(speed), "--seed", str(seed), "--election", settings.election]
    command += ["--voting-day", settings.voting_date.isoformat()]
    environment = os.environ | {
        "DESK_URL": api.url,
        "DESK_DEMO_SECRETS": str(Keys(api.folder.keys).demo_secrets),
        "DESK_SIMULATOR_STATE": str(api.folder.path / "simulator.jsonl"),
    }
    sys.stdout.flush()
    os.chdir(PROJECT)
    os.execve(sys.executable, command, environment)  # noqa: S606 - a signal that is meant for us reaches the simulator


def _refuse_what_is_no_rehearsal(api: Api) -> None:
    """Ask the running desk itself, whatever its folder says."""
    try:
        api.get(CLOCK, Clock, role=Role.ADMIN)
    except RefusedError as error:
        raise DeskError(REAL) if error.status == 404 else error from error


def _is_simulated(folder: RunFolder) -> bool:
    return any(process.name == "simulator" and is_alive(process) for process in folder.read_state().processes)
