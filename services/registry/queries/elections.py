"""Elections, contests and groups of regions, each by its name."""

from collections.abc import Mapping

from chassis.database import Connection, Row
from services.registry.errors import ContestUnknown, ElectionUnknown, RegionGroupUnknown
from services.registry.rules.elections import office_of
from services.registry.schemas.elections import ContestOut, ElectionWithContests
from services.registry.schemas.facilities import RegionGroupOut
from services.registry.tables.frames import parts_of


async def election(connection: Connection, *, election: str) -> ElectionWithContests:
    """Return an election with its contests.

    Raises:
        ElectionUnknown: there is no such election.
    """
    row = await connection.fetchrow("select * from election where id = $1", election)
    if row is None:
        raise ElectionUnknown(
            f"No election has the id {election}.", detail_id=f"Tidak ada pemilihan dengan id {election}."
        )
    contests = await connection.fetch("select * from contest where election = $1 order by id", election)
    return ElectionWithContests.model_validate(
        {
            **dict(row),
            "election": row["id"],
            "settings": parts_of(row["settings"]),
            "stages": parts_of(row["stages"]),
            "contests": [_contest(contest, rehearsal=row["rehearsal"]) for contest in contests],
        }
    )


async def contest(connection: Connection, *, election: str, contest: str) -> ContestOut:
    """Return a contest.

    Raises:
        ContestUnknown: the election has no such contest.
    """
    row = await connection.fetchrow(
        """select c.*, e.rehearsal from contest c join election e on e.id = c.election
           where c.election = $1 and c.id = $2""",
        election,
        contest,
    )
    if row is None:
        raise ContestUnknown(
            f"The election has no contest {contest}.", detail_id=f"Pemilihan ini tidak memuat {contest}."
        )
    return _contest(row, rehearsal=row["rehearsal"])


def _contest(row: Row, *, rehearsal: bool) -> ContestOut:
    return ContestOut.model_validate(
        {
            **dict(row),
            "contest": row["id"],
            "region_code": office_of(row["id"]).region_code,
            "choices": parts_of(row["choices"]),
            "rehearsal": rehearsal,
        }
    )


async def region_group(connection: Connection, *, election: str, name: str) -> RegionGroupOut:
    """Return a group of regions.

    Raises:
        RegionGroupUnknown: the election defined no such group.
    """
    row = await connection.fetchrow(
        "select * from region_group where election = $1 and name = $2", election, name
    )
    if row is None:
        raise RegionGroupUnknown(
            f"No group of regions has the name {name}.",
            detail_id=f"Tidak ada kelompok wilayah bernama {name}.",
        )
    return RegionGroupOut.model_validate(dict(row))


async def region_groups(connection: Connection) -> Mapping[str, list[str]]:
    """Return all groups of regions of the desk: name to regions."""
    rows = await connection.fetch("select name, regions from region_group")
    return {row["name"]: list(row["regions"]) for row in rows}
