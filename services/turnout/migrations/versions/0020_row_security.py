"""Let rows be seen and written only by whoever holds a region that covers them: the second wall behind the service's own."""

from alembic import op

from chassis.policies import ACCESS_FUNCTIONS, admit, protect

revision = "0020"
down_revision = "0015"

_OF_A_TALLY = ("tally_entry", "tally_acceptance", "tally_step")


def upgrade() -> None:
    """Make the policies; what the registry told of TPS is looked up by everybody and written by the service alone."""
    for statement in (
        *ACCESS_FUNCTIONS,
        *protect("command_conflict", code="place"),
        *protect("tps_ref", everybody_reads=True),
        *protect("box_ref", tps_id="tps_id"),
        *protect("voting_day", tps_id="tps_id"),
        *protect("milestone", tps_id="tps_id"),
        *protect("turnout_report", tps_id="tps_id"),
        *admit("turnout_report", tps_of="from tps_ref r where r.tps_id = turnout_report.tps_id"),
        *protect("tally", tps_id="tps_id"),
        *(line for table in _OF_A_TALLY for line in protect(table, parents={"tally_id": "tally.tally_id"})),
        *admit(
            "tally_entry",
            tps_of="from tally y join tps_ref r using (tps_id) where y.tally_id = tally_entry.tally_id",
        ),
    ):
        op.execute(statement)
