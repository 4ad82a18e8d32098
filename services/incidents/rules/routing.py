"""Which agency deals with an incident, and whose officers may handle it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contracts.access import Role
from contracts.incidents_events import Agency, IncidentCategory
from contracts.vocabulary import ancestors

C = IncidentCategory


@dataclass(frozen=True, slots=True)
class Route:
    """Who deals with a category in a region: one agency has to act, others are told and may act too."""

    agency: Agency
    also_informed: tuple[Agency, ...]
    source: str


_DESK = "desk default, from the agencies' own fields of work"

DEFAULT_ROUTES: Mapping[IncidentCategory, Route] = MappingProxyType(
    {
        C.DISASTER: Route(Agency.BPBD, (), _DESK),
        C.SECURITY: Route(Agency.POLICE, (), _DESK),
        C.VIOLATION: Route(Agency.BAWASLU, (), "Perpu 1/2014 art. 134 (D31)"),
        C.HOAX: Route(Agency.KOMINFO, (Agency.BAWASLU,), _DESK),
        C.NEUTRALITY: Route(Agency.BAWASLU, (), "PP 94/2021 (D32): Bawaslu studies and forwards"),
        C.HEALTH: Route(Agency.DINKES, (), _DESK),
        C.LOGISTICS: Route(Agency.KPU, (), _DESK),
        C.SOCIAL: Route(Agency.KESBANGPOL, (Agency.POLICE,), _DESK),
    }
)
"""The agencies of each category until an election sets its own for a region."""

_AGENCY_OF_ROLE: Mapping[str, Agency] = MappingProxyType(
    {
        Role.BPBD: Agency.BPBD,
        Role.POLICE: Agency.POLICE,
        Role.HEALTH: Agency.DINKES,
        Role.OVERSIGHT: Agency.BAWASLU,
    }
)


def choose_route(category: IncidentCategory, code: str, *, set_routes: Mapping[str, Route]) -> Route:
    """Return who deals with an incident: what was set for the narrowest region around it, else the default.

    Example: with a route set for `32.71`, a disaster in `32.71.06.1002.028` takes it, one in `32.73` the default.

    Args:
        category: of the incident.
        code: the region or TPS where it happened.
        set_routes: what the election has set for this category, by region.
    """
    for region in reversed(ancestors(code)):
        if region in set_routes:
            return set_routes[region]
    return DEFAULT_ROUTES[category]


def may_handle(roles: Collection[str], *, agencies: Collection[Agency]) -> bool:
    """Say whether a caller who may handle incidents may handle this one.

    The scope is the permission; an agency's role narrows it to what that agency was given. The desk handles for all.

    Example: `may_handle({"bpbd"}, agencies={Agency.POLICE}) is False`.

    Args:
        roles: of the caller's token.
        agencies: who has to act, and who was told.
    """
    own = {_AGENCY_OF_ROLE[role] for role in roles if role in _AGENCY_OF_ROLE}
    if not own or {Role.DESK, Role.ADMIN} & set(roles):
        return True
    return bool(own & set(agencies))
