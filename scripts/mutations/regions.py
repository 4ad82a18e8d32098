"""Faults by which a route, or the database behind it, forgets whose region it is; each wall has to notice without the other."""

from scripts.mutations.model import Mutation, Replacement


def _region(service: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(f"{service}: a route forgets the region", (Replacement(file, old, new),), tests)


def _alone(service: str) -> str:
    """Return the test that tries a service's own checks without the database's."""
    return f"tests/matrix/test_matrix.py::test_nobody_is_let_in_beyond_role_and_region[{service}-the service alone]"


_CHASSIS = "tests/services/chassis/test_row_security.py"
_WALLS = (
    Mutation(
        "walls: a policy covers every code",
        (
            Replacement(
                "chassis/policies.py",
                "return coalesce({_SEGMENTS} && {_HELD}, false)",
                "return coalesce({_SEGMENTS} && {_HELD}, true) or true",
            ),
        ),
        (f"{_CHASSIS}::test_each_transaction_sees_its_own_regions_and_without_any_nothing",),
    ),
    Mutation(
        "walls: the regions stay on the connection",
        (
            Replacement(
                "chassis/row_security.py",
                "'{_regions(remit.regions)}', true)",
                "'{_regions(remit.regions)}', false)",
            ),
        ),
        (f"{_CHASSIS}::test_nothing_stays_behind_on_the_connections_of_a_pool",),
    ),
    Mutation(
        "walls: a table has no policy",
        (
            Replacement(
                "services/turnout/migrations/versions/0020_row_security.py",
                '        *protect("milestone", tps_id="tps_id"),\n',
                "",
            ),
        ),
        ("tests/matrix/test_tables.py::test_every_table_is_protected_or_on_the_list",),
    ),
    Mutation(
        "walls: nobody asks whose item of a group it is",
        (Replacement("chassis/coalescer.py", "            await uow.fetch(_ADMIT, *_told(items))\n", ""),),
        ("tests/matrix/test_hot.py::test_an_entry_of_a_form_outside_is_refused_and_tells_nothing",),
    ),
    Mutation(
        "walls: a look beyond does not end",
        (
            Replacement(
                "chassis/row_security.py",
                '            await reads.fetch(_NARROW, rows[0]["regions"] or "", rows[0]["purposes"] or "")\n',
                "            pass\n",
            ),
        ),
        (f"{_CHASSIS}::test_a_look_beyond_ends_with_its_block",),
    ),
)
_PURPOSES = (
    Mutation(
        "walls: the purposes stay on the connection",
        (
            Replacement(
                "chassis/row_security.py",
                "'{_purposes(remit.purposes)}', true)",
                "'{_purposes(remit.purposes)}', false)",
            ),
        ),
        (f"{_CHASSIS}::test_no_purpose_stays_behind_on_the_connections_of_a_pool",),
    ),
    Mutation(
        "walls: a group works for what any of its callers may",
        (
            Replacement(
                "chassis/row_security.py", "frozenset[str].intersection(*(", "frozenset[str]().union(*("
            ),
        ),
        (f"{_CHASSIS}::test_a_group_works_for_the_purposes_that_all_of_it_have",),
    ),
    Mutation(
        "walls: a look beyond the regions is one beyond the purposes",
        (
            Replacement(
                "chassis/row_security.py", "concat_ws(',', purposes, $1::text)", "concat('*', $1::text)"
            ),
        ),
        (f"{_CHASSIS}::test_what_is_for_a_purpose_is_seen_for_that_alone",),
    ),
    Mutation(
        "walls: a table is written for any purpose",
        (
            Replacement(
                "services/turnout/migrations/versions/0021_purposes.py",
                '        *serve("tally", added=(), changed=[_ENTERS, _SETTLES]),\n',
                "",
            ),
        ),
        ("tests/matrix/test_tables.py::test_every_protected_table_says_what_for_it_is_written",),
    ),
    Mutation(
        "walls: whoever scans a box makes it void",
        (
            Replacement(
                "services/logistics/migrations/versions/0021_purposes.py",
                '        step("box", "voiding", when="new.state <> old.state and new.state = \'void\'", changed=[_WRITES]),\n',
                "",
            ),
        ),
        (
            "tests/matrix/test_matrix.py::test_nobody_is_let_in_beyond_role_and_region[logistics-the database alone]",
        ),
    ),
)
REGIONS = (
    *_WALLS,
    *_PURPOSES,
    _region(
        "registry",
        "services/registry/routes/doors.py",
        'TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE, region_param="code"))]',
        "TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE))]",
        _alone("registry"),
    ),
    _region(
        "logistics",
        "services/logistics/routes/shipments.py",
        '    """Plan a shipment with its manifest of sealed boxes."""\n    require_region(keeper, body.region_code)\n',
        '    """Plan a shipment with its manifest of sealed boxes."""\n',
        "tests/matrix/test_service_alone.py::test_a_shipment_goes_where_who_plans_it_may_send_it",
    ),
    _region(
        "logistics",
        "services/logistics/routes/supplies.py",
        'Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN, region_param="code"))]',
        "Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN))]",
        _alone("logistics"),
    ),
    _region(
        "incidents",
        "services/incidents/routes/incidents.py",
        "    require_region(reporter, body.code)\n",
        "",
        _alone("incidents"),
    ),
    _region(
        "turnout",
        "services/turnout/routes/tallies.py",
        'Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, region_param="code", person=True))]',
        "Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, person=True))]",
        _alone("turnout"),
    ),
    _region(
        "turnout",
        "services/turnout/routes/voting_days.py",
        'Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT, region_param="code"))]',
        "Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT))]",
        _alone("turnout"),
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
