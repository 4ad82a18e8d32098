"""Let rows be seen and written only by whoever is there for them: the second wall judges the scope too."""

from alembic import op

from chassis.policies import of_no_region, serve, serve_machinery
from contracts.access import Scope

revision = "0021"
down_revision = "0020"

_SEES, _REPORTS, _HANDLES = Scope.INCIDENTS_READ, Scope.INCIDENTS_REPORT, Scope.INCIDENTS_HANDLE


def upgrade() -> None:
    """Make the policies; whoever reports adds a case, and whoever handles it takes it further."""
    for statement in (
        *serve_machinery(),
        *of_no_region("election_ref"),
        # What the registry told, the service alone writes.
        *(line for table in ("election_ref", "tps_ref") for line in serve(table, changed=())),
        *(
            line
            for table in ("category_clock", "agency_route")
            for line in serve(table, changed=[Scope.DESK_ADMIN], seen=[_SEES, _REPORTS, _HANDLES])
        ),
        *(
            line
            for table in ("incident", "problem")
            for line in serve(table, added=[_REPORTS], changed=[_HANDLES], seen=[_SEES])
        ),
        *serve("follow_up", changed=[_HANDLES], seen=[_SEES]),
        *serve("case_step", changed=[_REPORTS, _HANDLES], seen=[_SEES]),
    ):
        op.execute(statement)
