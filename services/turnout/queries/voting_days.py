"""What can be asked about one TPS's voting day. Lists and totals are the gateway's."""

from chassis.database import Connection
from chassis.tps_codes import find_tps
from services.turnout.errors import tps_unknown
from services.turnout.schemas.voting_days import MilestoneOut, TurnoutFigure, VotingDayOut


async def voting_day(connection: Connection, *, election: str, tps_code: str) -> VotingDayOut:
    """Return a TPS's voting day: its milestones as they were reported and its turnout as it stands.

    A former code answers with the TPS that had it.

    Raises:
        TpsUnknown: the election has no such TPS.
    """
    tps = await find_tps(connection, election, tps_code)
    if tps is None:
        raise tps_unknown(tps_code)
    day = await connection.fetchrow("select * from voting_day where tps_id = $1", tps["tps_id"])
    if day is None:  # the TPS is known to everybody, its day to its own regions
        raise tps_unknown(tps_code)
    milestones = await connection.fetch(
        "select * from milestone where tps_id = $1 order by occurred_at, version", day["tps_id"]
    )
    reports = await connection.fetch(
        "select * from turnout_report where tps_id = $1 order by slot", day["tps_id"]
    )
    return VotingDayOut(
        tps_code=tps["tps_code"],
        code_since=tps["code_since"] if tps["had_by_another"] else None,
        milestone=day["milestone"],
        milestones=[MilestoneOut.model_validate({**row, "tps_code": tps["tps_code"]}) for row in milestones],
        reports=[TurnoutFigure.model_validate(dict(row)) for row in reports],
    )
