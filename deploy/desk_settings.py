"""What a desk is for: its region, its election, and whether it is a rehearsal. `desk init` writes it down.

A folder without such a file is the demonstration: Kota Bogor's simulated election days.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.vocabulary import ContestId, ElectionId, RegionCode
from deploy.run_folder import SETTINGS_FILE, RunFolder, replace_file


class ChoiceSetting(BaseModel):
    """One choice on the ballot of a contest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contest: ContestId
    number: Annotated[int, Field(ge=1, le=99)]
    kind: Literal["pair", "kolom_kosong"] = "pair"
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class DeskSettings(BaseModel):
    """What a desk is for.

    Attributes:
        name: of the election, as it is defined when the desk first runs.
        voting_date: civil date of the vote.
        rehearsal: everything in it is marked as such, and its clock may run faster than the machine's.
        demonstration: the simulated days start with the desk and bring their election with them.
        choices: of the contests that are defined when the desk first runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: RegionCode
    election: ElectionId
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    voting_date: date
    rehearsal: bool
    demonstration: bool = False
    choices: tuple[ChoiceSetting, ...] = ()


CITY = "Kota Bogor"
"""Where the demonstration plays."""

DEMONSTRATION = DeskSettings(
    region="32.71",
    election="pilkada-2024",
    name=f"Pemilihan {CITY} 2024 (gladi)",
    voting_date=date(2024, 11, 27),
    rehearsal=True,
    demonstration=True,
)


def read_settings(folder: RunFolder) -> DeskSettings:
    """Return what the desk of a folder is for.

    Raises:
        ValueError: the file was changed by hand and is none any more.
    """
    file = folder.path / SETTINGS_FILE
    return DeskSettings.model_validate_json(file.read_text()) if file.exists() else DEMONSTRATION


def write_settings(folder: RunFolder, settings: DeskSettings) -> None:
    """Write down what the desk of a folder is for; the folder is made where it is missing."""
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.path.chmod(0o711)  # PostgreSQL may run as another account; what lies in here is private
    replace_file(folder.path / SETTINGS_FILE, settings.model_dump_json(indent=2) + "\n")
