"""Which agency, and whose officers."""

import pytest

from contracts.incidents_events import Agency, IncidentCategory
from services.incidents.rules.routing import DEFAULT_ROUTES, Route, choose_route, may_handle

TPS = "32.71.06.1002.028"


@pytest.mark.parametrize(
    ("category", "agencies"),
    [
        (IncidentCategory.DISASTER, [Agency.BPBD]),
        (IncidentCategory.SECURITY, [Agency.POLICE]),
        (IncidentCategory.VIOLATION, [Agency.BAWASLU]),
        (IncidentCategory.HOAX, [Agency.KOMINFO, Agency.BAWASLU]),
        (IncidentCategory.NEUTRALITY, [Agency.BAWASLU]),
        (IncidentCategory.HEALTH, [Agency.DINKES]),
        (IncidentCategory.LOGISTICS, [Agency.KPU]),
        (IncidentCategory.SOCIAL, [Agency.KESBANGPOL, Agency.POLICE]),
    ],
)
def test_the_default_agencies(category: IncidentCategory, agencies: list[Agency]) -> None:
    route = choose_route(category, TPS, set_routes={})
    assert [route.agency, *route.also_informed] == agencies


def test_every_category_has_a_default_with_a_source() -> None:
    assert set(DEFAULT_ROUTES) == set(IncidentCategory)
    assert all(route.source for route in DEFAULT_ROUTES.values())


def test_the_narrowest_region_decides() -> None:
    city, kecamatan = Route(Agency.PEMDA, (), "x"), Route(Agency.TNI, (), "x")
    set_routes = {"32.71": city, "32.71.06": kecamatan, "32.7": Route(Agency.BKN, (), "no region")}
    assert choose_route(IncidentCategory.DISASTER, TPS, set_routes=set_routes) is kecamatan
    assert choose_route(IncidentCategory.DISASTER, "32.71.01", set_routes=set_routes) is city
    assert choose_route(IncidentCategory.DISASTER, "32.73", set_routes=set_routes).agency is Agency.BPBD


@pytest.mark.parametrize(
    ("roles", "agencies", "may"),
    [
        ({"bpbd"}, [Agency.BPBD], True),
        ({"bpbd"}, [Agency.POLICE], False),
        ({"police"}, [Agency.KESBANGPOL, Agency.POLICE], True),
        ({"oversight"}, [Agency.KOMINFO, Agency.BAWASLU], True),
        ({"desk"}, [Agency.BKN], True),
        ({"bpbd", "desk"}, [Agency.POLICE], True),
        (set(), [Agency.POLICE], True),
    ],
)
def test_an_agency_handles_what_it_was_given(roles: set[str], agencies: list[Agency], may: bool) -> None:
    assert may_handle(roles, agencies=agencies) is may
