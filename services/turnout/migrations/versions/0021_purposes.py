"""Let rows be seen and written only by whoever is there for them: the second wall judges the scope too."""

from alembic import op

from chassis.policies import of_no_region, serve, serve_machinery
from contracts.access import Scope

revision = "0021"
down_revision = "0020"

_ENTERS, _SETTLES = Scope.TURNOUT_ENTER, Scope.TURNOUT_ADJUDICATE
_TOLD = ("tps_ref", "election_ref", "contest_ref", "box_ref")
_OF_THE_DAY = ("milestone", "turnout_report")


def upgrade() -> None:
    """Make the policies; what stands of a form is read by everybody, entries by those who enter and settle."""
    for statement in (
        *serve_machinery(),
        *(line for table in ("election_ref", "contest_ref") for line in of_no_region(table)),
        # What others told, the service alone writes.
        *(line for table in _TOLD for line in serve(table, changed=())),
        *serve("voting_day", added=(), changed=[Scope.TURNOUT_REPORT]),
        *(line for table in _OF_THE_DAY for line in serve(table, changed=[Scope.TURNOUT_REPORT])),
        *serve("tally", added=(), changed=[_ENTERS, _SETTLES]),
        # Entries are blind: who reads a form is told by the service how many there are, and where they differ.
        *serve("tally_entry", changed=[_ENTERS], seen=[_SETTLES]),
        *serve("tally_acceptance", changed=[_ENTERS], where="adjudicator is null", name="agreed"),
        *serve("tally_acceptance", changed=[_SETTLES], where="adjudicator is not null", name="settled"),
        *serve("tally_step", changed=[_ENTERS], where="step = 'discarded'", name="discarded"),
        *serve("tally_step", changed=[_SETTLES], where="step <> 'discarded'", name="returned"),
    ):
        op.execute(statement)
