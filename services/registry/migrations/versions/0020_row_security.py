"""Let rows be seen and written only by whoever holds a region that covers them: the second wall behind the service's own."""

from alembic import op

from chassis.policies import ACCESS_FUNCTIONS, protect

revision = "0020"
down_revision = "0016"

_OF_A_TPS = ("tps_reason", "tps_risk", "tps_relocation", "tps_checklist", "voter", "voter_seen", "tps_voters")
_OF_A_ROSTER = ("officer", "officer_history", "check_in")


def upgrade() -> None:
    """Make the policies; an import is of the regions that it was sent with, and its file the worker's alone."""
    for statement in (
        *ACCESS_FUNCTIONS,
        # Everybody reads the frame, and locks an election while it works by it: only what it becomes is judged.
        *protect("election", locked_by_everybody=True, code="region_code"),
        *protect(
            "contest",
            also="(select desk_covers(e.region_code) from election e where e.id = contest.election)",
            everybody_reads=True,
        ),
        *protect("region_group", locked_by_everybody=True, grants="regions", also="cardinality(regions) = 0"),
        *protect("tps", code="code", former="former_codes"),
        *(line for table in _OF_A_TPS for line in protect(table, parents={"tps_id": "tps.id"})),
        # A roster is that of a TPS, or that of an area, which names its region.
        *protect("tps_roster", code="region_code", parents={"tps_id": "tps.id"}),
        *(line for table in _OF_A_ROSTER for line in protect(table, parents={"tps_id": "tps_roster.tps_id"})),
        *protect("tps_check", parents={"tps_id": "tps_checklist.tps_id"}),
        # Where somebody explains the election, boundaries and former codes are told to everybody.
        *protect("outreach", code="region_code", everybody_reads=True),
        *protect("region_boundary", code="code", everybody_reads=True),
        *protect("region_change", code="new_code", everybody_reads=True),
        *protect(
            "election_rules",
            also="(select desk_covers(e.region_code) from election e where e.id = election_rules.election)",
            everybody_reads=True,
        ),
        *protect("voter_change", parents={"voter_id": "voter.id", "from_tps": "tps.id", "to_tps": "tps.id"}),
        *protect("training", code="region_code"),
        *protect("training_attendance", parents={"training_id": "training.id"}),
        *protect("personnel", code="place_code"),
        *protect("facility", code="region_code"),
        *protect("facility_step", parents={"facility_id": "facility.id"}),
        *protect("facility_request", parents={"facility_id": "facility.id"}),
        *protect("facility_request_step", parents={"request_id": "facility_request.id"}),
        *protect("command_conflict", code="place"),
        *protect("import", grants="grants"),
        *protect("import_row", parents={"import_id": "import.id"}),
        *protect("import_part"),
        # A policy comes before what may tell of a row by failing on it, as overlaps of arrays may: so that TPS that were
        # renumbered are few to look through, not found by their former codes, these have an index of their own.
        "create index tps_renumbered on tps (election) where former_codes <> '{}'",
        "drop index tps_by_former_code",
    ):
        op.execute(statement)
