"""Let rows be seen and written only by whoever holds a region that covers them: the second wall behind the service's own."""

from alembic import op

from chassis.policies import ACCESS_FUNCTIONS, protect

revision = "0020"
down_revision = "0015"

_CASES = ("incident", "problem", "follow_up")
_OF_ELECTION = (
    "(select desk_covers(e.region_code) from election_ref e where e.election = category_clock.election)"
)
_WORK = {"incident": "incident_id", "problem": "problem_id", "follow_up": "follow_up_id"}


def upgrade() -> None:
    """Make the policies; a case is of its TPS, else of its region, and a step of whichever case it is a step of."""
    steps = " or ".join(
        f"(select true from {table} p where p.{key} = case_step.subject_id)"  # noqa: S608 - names of ours
        for table, key in _WORK.items()
    )
    for statement in (
        *ACCESS_FUNCTIONS,
        *protect("command_conflict", code="place"),
        *protect("tps_ref", everybody_reads=True),
        *protect("category_clock", also=_OF_ELECTION, everybody_reads=True),
        # Who deals with what in a region decides for the places within it, and every reader is shown it.
        *protect("agency_route", code="region_code", everybody_reads=True),
        *(
            line
            for table in _CASES
            for line in protect(table, code="coalesce(tps_code, region_code)", tps_id="tps_id")
        ),
        *protect("case_step", also=steps),
    ):
        op.execute(statement)
