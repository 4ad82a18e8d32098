"""Who may do what: scopes, the roles that are sets of them, and the codes that a grant may name.

A token carries scopes; a role is only a convenient name for a set of them. What a caller may do *where* is
said by the token's regions: `*` for the nation, `32.71` for a city, `32.71.06.1002.028` for one TPS,
`group:<name>` for a named group of regions (a Bakorwil, a police area).
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from contracts.vocabulary import REGION_PATTERN, TPS_OR_KPU_PATTERN, tps_code

NATION: Final = "*"
"""The grant that covers every region."""

GROUP_PREFIX: Final = "group:"
"""A grant that starts so names a group of regions, resolved by the service."""

DOOR: Final = "gateway"
"""The audience of every token: whatever service it is for, it comes in through the gateway."""

_CODE = re.compile(f"{REGION_PATTERN}|{TPS_OR_KPU_PATTERN}")
_GROUP = re.compile(r"^group:[a-z0-9][a-z0-9-]{0,62}$")


class Scope(StrEnum):
    """One thing that a token allows; stable, in tokens and in the API's description."""

    REGISTRY_READ = "registry:read"
    REGISTRY_WRITE = "registry:write"
    REGISTRY_IMPORT = "registry:import"
    REGISTRY_CHECK_IN = "registry:check-in"
    HEALTH_SCREEN = "health:screen"
    VOTERS_WRITE = "voters:write"
    LOGISTICS_READ = "logistics:read"
    LOGISTICS_SCAN = "logistics:scan"
    LOGISTICS_WRITE = "logistics:write"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_REPORT = "incidents:report"
    INCIDENTS_HANDLE = "incidents:handle"
    TURNOUT_READ = "turnout:read"
    TURNOUT_REPORT = "turnout:report"
    TURNOUT_ENTER = "turnout:enter"
    TURNOUT_ADJUDICATE = "turnout:adjudicate"
    RESULTS_EARLY = "results:early"
    EVENTS_PUBLIC = "events:public"
    EVENTS_OPERATIONAL = "events:operational"
    EVENTS_RESTRICTED = "events:restricted"
    AUDIT_READ = "audit:read"
    CONFLICTS_SETTLE = "conflicts:settle"
    REHEARSAL_CLOCK = "rehearsal:clock"
    DESK_ADMIN = "desk:admin"


class Role(StrEnum):
    """A function at the desk or in the field, as the agencies name them."""

    KPPS = "kpps"
    PTPS = "ptps"
    PPS = "pps"
    PPK = "ppk"
    OPERATOR = "operator"
    VERIFIER = "verifier"
    ADJUDICATOR = "adjudicator"
    WAREHOUSE = "warehouse"
    COURIER = "courier"
    BPBD = "bpbd"
    POLICE = "police"
    HEALTH = "health"
    OVERSIGHT = "oversight"
    CAMAT = "camat"
    MINISTRY = "ministry"
    OBSERVER = "observer"
    AUDITOR = "auditor"
    DESK = "desk"
    ADMIN = "admin"


_READS = frozenset({Scope.REGISTRY_READ, Scope.LOGISTICS_READ, Scope.INCIDENTS_READ, Scope.TURNOUT_READ})
_PUBLIC = frozenset({Scope.REGISTRY_READ, Scope.TURNOUT_READ, Scope.EVENTS_PUBLIC})
_PICTURE = _READS | {Scope.EVENTS_PUBLIC, Scope.EVENTS_OPERATIONAL}
_HANDLING = _PICTURE | {Scope.INCIDENTS_REPORT, Scope.INCIDENTS_HANDLE}
_FIELD = _PUBLIC | {Scope.LOGISTICS_READ, Scope.LOGISTICS_SCAN, Scope.INCIDENTS_REPORT, Scope.TURNOUT_REPORT}

ROLE_SCOPES: Final[Mapping[Role, frozenset[Scope]]] = {
    # The crew of a TPS receives its boxes, reports its day and its incidents; it enters no form: the desk
    # does, twice.
    Role.KPPS: _FIELD | {Scope.REGISTRY_CHECK_IN},
    Role.PTPS: _PUBLIC
    | {Scope.INCIDENTS_READ, Scope.INCIDENTS_REPORT, Scope.TURNOUT_REPORT, Scope.REGISTRY_CHECK_IN},
    Role.PPS: _FIELD | {Scope.INCIDENTS_READ, Scope.EVENTS_OPERATIONAL, Scope.REGISTRY_CHECK_IN},
    Role.PPK: _FIELD | {Scope.INCIDENTS_READ, Scope.EVENTS_OPERATIONAL, Scope.REGISTRY_CHECK_IN},
    # The commission's own clerks: beside the administrator they alone bring the list of voters.
    Role.OPERATOR: _PICTURE
    | {
        Scope.INCIDENTS_REPORT,
        Scope.TURNOUT_REPORT,
        Scope.TURNOUT_ENTER,
        Scope.VOTERS_WRITE,
        Scope.CONFLICTS_SETTLE,
    },
    # Entries are blind: who makes one sees no votes before everybody does.
    Role.VERIFIER: _PICTURE | {Scope.TURNOUT_ENTER},
    Role.ADJUDICATOR: _PICTURE | {Scope.TURNOUT_ADJUDICATE, Scope.RESULTS_EARLY},
    Role.WAREHOUSE: _PICTURE | {Scope.LOGISTICS_SCAN, Scope.LOGISTICS_WRITE, Scope.INCIDENTS_REPORT},
    Role.COURIER: _PUBLIC | {Scope.LOGISTICS_READ, Scope.LOGISTICS_SCAN, Scope.INCIDENTS_REPORT},
    # Risk classes and training of officers are facts of the registry that these agencies keep.
    Role.BPBD: _HANDLING | {Scope.REGISTRY_IMPORT},
    Role.POLICE: _HANDLING | {Scope.REGISTRY_IMPORT, Scope.EVENTS_RESTRICTED},
    # How somebody's health is, is read by those who screened it alone: not by the desk, nor by its administrator.
    Role.HEALTH: _HANDLING | {Scope.REGISTRY_IMPORT, Scope.HEALTH_SCREEN},
    Role.OVERSIGHT: _HANDLING | {Scope.EVENTS_RESTRICTED},
    Role.CAMAT: _PICTURE | {Scope.INCIDENTS_REPORT},
    Role.MINISTRY: _PICTURE | {Scope.RESULTS_EARLY},
    Role.OBSERVER: _PUBLIC,
    # Sees all that was done and who was shown what, and does nothing.
    Role.AUDITOR: _PICTURE | {Scope.EVENTS_RESTRICTED, Scope.AUDIT_READ},
    Role.DESK: _HANDLING
    | {
        Scope.REGISTRY_WRITE,
        Scope.REGISTRY_IMPORT,
        Scope.REGISTRY_CHECK_IN,
        Scope.LOGISTICS_SCAN,
        Scope.LOGISTICS_WRITE,
        Scope.TURNOUT_REPORT,
        Scope.RESULTS_EARLY,
        Scope.EVENTS_RESTRICTED,
        Scope.CONFLICTS_SETTLE,
    },
    # Entering and adjudicating are not the administrator's: two persons of those roles must agree.
    Role.ADMIN: frozenset(Scope) - {Scope.TURNOUT_ENTER, Scope.TURNOUT_ADJUDICATE, Scope.HEALTH_SCREEN},
}
"""The scopes of each role. Nobody both enters forms and settles their differences, or sees votes early."""


FIELD_SCOPES: Final[frozenset[Scope]] = frozenset(
    {
        Scope.TURNOUT_REPORT,
        Scope.TURNOUT_ENTER,
        Scope.LOGISTICS_SCAN,
        Scope.INCIDENTS_REPORT,
        Scope.INCIDENTS_HANDLE,
    }
)
"""What is done in the field: the commands that need one of these may come in a batch of mixed commands."""


def scopes_of(roles: Iterable[Role]) -> frozenset[Scope]:
    """Return everything that a holder of these roles may do."""
    return frozenset(scope for role in roles for scope in ROLE_SCOPES[role])


def audiences_of(scopes: Iterable[Scope]) -> frozenset[str]:
    """Return the services that a token with these scopes is for; the gateway is always among them.

    Example: `audiences_of([Scope.TURNOUT_REPORT]) == {"gateway", "turnout"}`.
    """
    found = {DOOR}
    for scope in scopes:
        found |= _audiences(scope)
    return frozenset(found)


def _audiences(scope: Scope) -> frozenset[str]:
    area = scope.partition(":")[0]
    match area:
        case "registry" | "logistics" | "incidents" | "turnout":
            return frozenset({area})
        case "voters" | "health":
            return frozenset({"registry"})
        case "results":
            return frozenset({"turnout"})
        case "desk" | "audit" | "conflicts":
            return frozenset({"registry", "logistics", "incidents", "turnout"})
        case _:
            return frozenset()


def place_code(text: str) -> str | None:
    """Return the code of a region or TPS in the desk's form, or None where the text is not such a code.

    Example: `place_code("3271061002028") == "32.71.06.1002.028"`, and `place_code("32.7") is None`.
    """
    return tps_code(text) if _CODE.fullmatch(text) else None


def grant(text: str) -> str | None:
    """Return a grant of regions in the desk's form, or None where the text is none.

    Example: `grant("*") == "*"`, `grant("group:bakorwil-1") == "group:bakorwil-1"`, and `grant("32.7") is
    None`.
    """
    if text == NATION or _GROUP.fullmatch(text):
        return text
    return place_code(text)


def within(asked: str, own: str) -> bool:
    """Say whether a grant lies within another; a group of regions only within itself or the nation.

    Example: `within("32.71.06", "32.71")`, `within("32.71", "*")`, and nothing but `group:bakorwil-1` and `*` holds that group.
    """
    if asked.startswith(GROUP_PREFIX) or own.startswith(GROUP_PREFIX):
        return own in {asked, NATION}
    return covers(own, asked)


def covers(held: str, code: str) -> bool:
    """Say whether one granted region covers a region or TPS, by whole segments of the code.

    Example: `32.71` covers `32.71.06`, and `32.7` covers nothing, `32.71` included.
    """
    return held in {NATION, code} or code.startswith(f"{held}.")
