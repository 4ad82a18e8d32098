"""Let rows be seen and written only by whoever is there for them: the second wall judges the scope too."""

from alembic import op

from chassis.policies import of_no_region, serve, serve_machinery, step
from contracts.access import Scope

revision = "0021"
down_revision = "0020"

_ADMIN, _WRITES, _BRINGS = Scope.DESK_ADMIN, Scope.REGISTRY_WRITE, Scope.REGISTRY_IMPORT
_CHECKS_IN, _SCREENS, _VOTERS = Scope.REGISTRY_CHECK_IN, Scope.HEALTH_SCREEN, Scope.VOTERS_WRITE
_FRAME = ("election", "contest", "region_group")
_ACCESS = ("agency", "client", "client_secret", "agency_person", "device")
_OF_AGENCIES = ("training", "training_attendance", "personnel", "outreach")
_OF_THE_PLACE = ("tps_risk", "tps_checklist", "tps_check")
_OF_NO_REGION = (*_ACCESS, "access_change", "health_screening", "voter_key", "lookup_budget")
_FIGURES = "array['dpt_men', 'dpt_women', 'version']"
_MARKED = (_WRITES, _BRINGS, _CHECKS_IN, _SCREENS)
"""Who was trained, screened or is there is marked in the roster, by whoever brings it."""


def upgrade() -> None:
    """Make the policies; what everybody may know of is not kept from anybody who reads, only from who writes."""
    for statement in (
        *serve_machinery(),
        *(line for table in _OF_NO_REGION for line in of_no_region(table)),
        *_of_the_frame(),
        *_of_people(),
        *_of_facilities(),
        *_of_voters(),
        *_of_access(),
    ):
        op.execute(statement)


def _of_the_frame() -> list[str]:
    return [
        *(line for table in _FRAME for line in serve(table, changed=[_ADMIN])),
        # How a TPS is guarded is not told to everybody who may read; how to campaign is.
        *serve(
            "election_rules",
            changed=[_ADMIN],
            seen=[Scope.EVENTS_OPERATIONAL],
            where="kind = 'guarding'",
            name="guarding",
        ),
        *serve("election_rules", changed=[_ADMIN], where="kind <> 'guarding'", name="others"),
        *(line for table in ("tps", "tps_reason") for line in serve(table, changed=[_WRITES, _VOTERS])),
        # Voters who are spread or put together take their figures along (0040), and nothing else of the TPS.
        step(
            "tps",
            "facts",
            when=f"to_jsonb(new) - {_FIGURES} <> to_jsonb(old) - {_FIGURES}",
            changed=[_WRITES],
        ),
        *serve("tps_relocation", changed=[_WRITES]),
        *(line for table in ("region_boundary", "region_change") for line in serve(table, changed=[_WRITES])),
        *(line for table in _OF_AGENCIES for line in serve(table, changed=[_BRINGS])),
        # The place of a TPS is judged by agencies, and what was found there is forgotten when it moves.
        *(line for table in _OF_THE_PLACE for line in serve(table, changed=[_BRINGS, _WRITES])),
    ]


def _of_people() -> list[str]:
    return [
        *(
            line
            for table in ("tps_roster", "officer")
            for line in serve(table, added=[_WRITES], changed=_MARKED)
        ),
        *serve("officer_history", changed=[_WRITES], seen=()),
        *serve("check_in", changed=[_CHECKS_IN]),
        *serve("health_screening", changed=[_SCREENS], seen=()),
    ]


def _of_facilities() -> list[str]:
    return [
        # The hospitals that are known are there from the beginning.
        *serve("facility", added=[_BRINGS, _ADMIN], changed=[_BRINGS]),
        *serve("facility_step", changed=[_BRINGS]),
        *serve("facility_request", added=[_BRINGS], changed=[_BRINGS, _WRITES]),
        *serve("facility_request_step", changed=[_BRINGS, _WRITES]),
        step(
            "facility_request",
            "decision",
            when="new.state <> old.state and new.state <> 'withdrawn'",
            changed=[_WRITES],
        ),
        step(
            "facility_request",
            "withdrawal",
            when="new.state <> old.state and new.state = 'withdrawn'",
            changed=[_BRINGS],
        ),
    ]


def _of_voters() -> list[str]:
    return [
        # Whoever keeps the keys seals rows anew.
        *(
            line
            for table in ("voter", "voter_change")
            for line in serve(table, added=[_VOTERS], changed=[_VOTERS, _ADMIN], seen=())
        ),
        *serve("voter_key", changed=[_VOTERS, _ADMIN], seen=()),
        *(
            line
            for table in ("voter_seen", "tps_voters")
            for line in serve(table, changed=[_VOTERS], seen=())
        ),
        *serve("lookup_budget", changed=(), seen=()),
        *serve("import", changed=[_VOTERS], seen=(), where="kind = 'voters'", name="of_voters"),
        *serve("import", changed=[_BRINGS], seen=(), where="kind <> 'voters'", name="of_others"),
        *serve("import_row", changed=[_VOTERS, _BRINGS], seen=()),
        *serve("import_part", added=[_BRINGS], changed=(), seen=()),
    ]


def _of_access() -> list[str]:
    return [
        *(line for table in _ACCESS for line in serve(table, changed=[_ADMIN], seen=())),
        # The tokens of an officer whose post changes end with it.
        *serve("access_change", changed=[_ADMIN, _WRITES], seen=()),
    ]
