"""Files of choices: who stands on the ballot of each contest, as CSV with `contest,number,name` and, if need be, `kind`."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from cli.errors import DeskError
from deploy.desk_settings import ChoiceSetting

COLUMNS = frozenset({"contest", "number", "name", "kind"})


def read_choices(file: Path, *, contests: Sequence[str]) -> tuple[ChoiceSetting, ...]:
    """Return the choices that a file names, in the order of contests and numbers.

    Args:
        file: CSV in UTF-8, with commas or semicolons.
        contests: ids of the contests that the region has.

    Raises:
        DeskError: it cannot be read, or a row is none; the message has the row's number as a spreadsheet counts.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DeskError(f"{file} cannot be read: {error}") from error
    head = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ",")
    if unknown := set(rows.fieldnames or []) ^ (COLUMNS if "kind" in head else COLUMNS - {"kind"}):
        raise DeskError(
            f"{file}: the columns are contest, number, name and kind: see {', '.join(sorted(unknown))}"
        )
    found = [
        _choice(row, where=f"{file}, row {number}", contests=contests) for number, row in enumerate(rows, 2)
    ]
    if not found:
        raise DeskError(f"{file} has no rows")
    return tuple(sorted(found, key=lambda choice: (choice.contest, choice.number)))


def _choice(row: Mapping[str, str | None], *, where: str, contests: Sequence[str]) -> ChoiceSetting:
    given = {name: (value or "").strip() for name, value in row.items()}
    try:
        choice = ChoiceSetting.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        raise DeskError(f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    if choice.contest not in contests:
        raise DeskError(f"{where}: {choice.contest} is not held there; there are {', '.join(contests)}")
    return choice
