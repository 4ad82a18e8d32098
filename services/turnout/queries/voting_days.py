"""What can be asked about one TPS's voting day. Lists and totals are the gateway's."""

from chassis.database import Connection
from services.turnout.errors import TpsUnknown
from services.turnout.schemas.voting_days import MilestoneOut, TurnoutFigure, VotingDayOut


async def voting_day(connection: Connection, *, election: str, tps_code: str) -> VotingDayOut:
    """Return a TPS's voting day: its milestones as they were reported and its turnout as it stands.

    Raises:
        TpsUnknown: the election has no such TPS.
    """
    day = await connection.fetchrow(
        "select v.* from tps_ref t join voting_day v using (tps_id) where t.election = $1 and t.tps_code = $2",
        election,
        tps_code,
    )
    if day is None:
        raise TpsUnknown(f"No TPS has the code {tps_code}.")
    milestones = await connection.fetch(
        "select * from milestone where tps_id = $1 order by occurred_at, version", day["tps_id"]
    )
    reports = await connection.fetch(
        "select * from turnout_report where tps_id = $1 order by slot", day["tps_id"]
    )
    return VotingDayOut(
        tps_code=tps_code,
        milestone=day["milestone"],
        milestones=[MilestoneOut.model_validate({**row, "tps_code": tps_code}) for row in milestones],
        reports=[TurnoutFigure.model_validate(dict(row)) for row in reports],
    )
