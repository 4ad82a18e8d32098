"""Faults by which a route forgets whose region it is."""

from scripts.mutations.model import Mutation, Replacement


def _region(service: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(f"{service}: a route forgets the region", (Replacement(file, old, new),), tests)


REGIONS = (
    _region(
        "registry",
        "services/registry/routes/doors.py",
        'TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE, region_param="code"))]',
        "TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE))]",
        "tests/services/registry/test_tps.py::test_who_may_not",
    ),
    _region(
        "logistics",
        "services/logistics/routes/shipments.py",
        '    """Plan a shipment with its manifest of sealed boxes."""\n    require_region(keeper, body.region_code)\n',
        '    """Plan a shipment with its manifest of sealed boxes."""\n',
        "tests/services/logistics/test_shipments.py::test_a_manifest_that_cannot_stand_says_which_boxes",
    ),
    _region(
        "logistics",
        "services/logistics/routes/supplies.py",
        'Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN, region_param="code"))]',
        "Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN))]",
        "tests/services/logistics/test_boxes.py::test_who_may_not_receive",
    ),
    _region(
        "incidents",
        "services/incidents/routes/incidents.py",
        "    require_region(reporter, body.code)\n",
        "",
        "tests/services/incidents/test_incidents.py::test_who_may_not_report",
    ),
    _region(
        "turnout",
        "services/turnout/routes/tallies.py",
        'Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, region_param="code", person=True))]',
        "Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, person=True))]",
        "tests/services/turnout/test_forms.py::test_who_may_not",
    ),
    _region(
        "turnout",
        "services/turnout/routes/voting_days.py",
        'Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT, region_param="code"))]',
        "Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT))]",
        "tests/services/turnout/test_voting_days.py::test_who_may_not",
    ),
    _region(
        "gateway",
        "gateway/places.py",
        "    require_region(actor, place)\n",
        "",
        "tests/services/gateway/test_regions.py::test_regions_are_judged_before_anything_is_looked_up",
    ),
    _region(
        "gateway",
        "gateway/places.py",
        "    require_region(actor, code)\n",
        "",
        "tests/services/gateway/test_lists.py::test_lists_keep_to_the_regions_of_the_token",
    ),
)
