"""Every operation with every role and region, sent for real: with both walls, and with each of them alone."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from chassis.identity import permissions_of, public_route
from tests.harness import bare_app
from tests.infrastructure import PostgresServer, drop_database, make_database
from tests.matrix.asking import Asking, cells, expected, succeeded, was_allowed
from tests.matrix.operations import ASKS, TPS, WITHOUT_TOKEN, Ask
from tests.matrix.oracle import CAN, Verdict, covered
from tests.matrix.rooms import Room, room
from tests.matrix.walls import (
    BOTH,
    DATABASE_ALONE,
    SERVICE_ALONE,
    WALLS,
    take_policies_down,
    without_the_services_checks,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("service", ASKS)
def test_every_operation_is_in_the_matrix(service: str) -> None:
    with_token: set[str] = set()
    without: set[str] = set()
    for route in iter_route_contexts(bare_app(service).routes):
        dependant = getattr(route, "dependant", None)
        names = {f"{method} {route.path_format}" for method in route.methods or ()}
        if any(permissions_of(dependant)):
            with_token |= names
        elif dependant is not None and any(d.call is public_route for d in dependant.dependencies):
            without |= {name for name in names if " /v1/" in name}
    assert with_token == set(ASKS[service]), (
        "an entry in tests/matrix/operations.py, with what it asks of its caller"
    )
    assert without == set(WITHOUT_TOKEN[service]), "an entry in WITHOUT_TOKEN, with what it sees"


def test_the_oracle_knows_every_role() -> None:
    from contracts.access import Role

    assert set(CAN) == {role.value for role in Role}


@pytest.mark.parametrize("walls", WALLS)
@pytest.mark.parametrize("service", ASKS)
async def test_nobody_is_let_in_beyond_role_and_region(
    service: str, walls: str, postgres: PostgresServer
) -> None:
    await _try_cells(service, walls, postgres, all_of_them=False)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("walls", WALLS)
@pytest.mark.parametrize("service", ASKS)
async def test_every_role_with_every_region(service: str, walls: str, postgres: PostgresServer) -> None:
    await _try_cells(service, walls, postgres, all_of_them=True)


async def _try_cells(service: str, walls: str, postgres: PostgresServer, *, all_of_them: bool) -> None:
    url = await asyncio.to_thread(make_database, service)
    async with room(service, url) as furnished:
        if walls == SERVICE_ALONE:
            await asyncio.to_thread(take_policies_down, postgres, url)
        with without_the_services_checks() if walls == DATABASE_ALONE else nullcontext():
            complaints = [
                complaint
                for operation in ASKS[service]
                for complaint in await _try_operation(
                    furnished, service, operation, walls=walls, all_of_them=all_of_them
                )
            ]
    await asyncio.to_thread(drop_database, url)
    one_each = {complaint.partition(" as ")[0]: complaint for complaint in complaints}
    assert not complaints, f"{len(complaints)} of them:\n" + "\n".join(one_each.values())


async def _try_operation(
    furnished: Room, service: str, operation: str, *, walls: str, all_of_them: bool
) -> list[str]:
    """Send the cells that are to be refused, of which nothing may come; then the others, of which something may."""
    ask = ASKS[service][operation]
    asking = Asking(furnished, service, operation, ask)
    complaints: list[str] = []
    every = [(role, held, expected(ask, role, held)) for role, held in cells(ask, all_of_them=all_of_them)]
    refused = [cell for cell in every if cell[2] is Verdict.REFUSE]
    if refused:
        await _make_anew(furnished, service, ask)
        asking.forget()
        watched = not operation.startswith("GET")
        rows = await asking.rows() if watched else []
        for role, held, wanted in refused:
            answer = await asking.send(role=role, held=held)
            complaints += _complaints(
                operation, ask, answer, role=role, held=held, wanted=wanted, walls=walls
            )
        if watched and rows != await asking.rows():
            complaints.append(
                f"let in: {walls}: {operation}: somebody who was to be refused has changed rows"
            )
    for role, held, wanted in every:
        # What is allowed is judged with both walls; with one, that nothing falls over is asked by `make matrix` alone.
        if wanted is not Verdict.REFUSE and (walls == BOTH or all_of_them):
            await _make_anew(furnished, service, ask)
            asking.forget()
            answer = await asking.send(role=role, held=held)
            complaints += _complaints(
                operation, ask, answer, role=role, held=held, wanted=wanted, walls=walls
            )
    return complaints


async def _make_anew(furnished: Room, service: str, ask: Ask) -> None:
    if ask.before is not None:
        before = ASKS[service][ask.before]
        maker = "desk" if before.may in CAN["desk"] else "admin"
        made = await Asking(furnished, service, ask.before, before).send(role=maker, held=["*"])
        assert made.is_success, made.text


def _complaints(
    operation: str,
    ask: Ask,
    answer: httpx.Response,
    *,
    role: str,
    held: Sequence[str],
    wanted: Verdict,
    walls: str,
) -> list[str]:
    wrong = _judge(operation, ask, answer, role=role, held=held, wanted=wanted, walls=walls)
    what = f"{operation} as {role} of {list(held)}: {answer.status_code} {answer.text[:200]}"
    return [f"{wrong}: {walls}: {what}"] if wrong else []


def _judge(
    operation: str,
    ask: Ask,
    answer: httpx.Response,
    *,
    role: str,
    held: Sequence[str],
    wanted: Verdict,
    walls: str,
) -> str:
    """Return what is wrong with an answer, nothing where it is right."""
    allowed = was_allowed(answer, ask)
    if answer.status_code >= 500:
        return "fell over"
    if wanted is Verdict.REFUSE:
        if walls == DATABASE_ALONE and ask.may not in CAN[role] and not operation.startswith("GET"):
            # The database knows what is changed and for what that is, and not what was about to be: rows tell the rest.
            done = succeeded(answer, ask) and '"outcome":"unchanged"' not in answer.text
            return "let in" if done and not ask.told_by_rows else ""
        by_rows_alone = ask.told_by_rows and walls == DATABASE_ALONE
        if ask.sign and not covered(held, TPS) and ask.sign in answer.text:
            return "told"
        if ask.of_purpose and ask.may not in CAN[role] and ask.of_purpose in answer.text:
            return "told"
        return "let in" if allowed and not by_rows_alone else ""
    if wanted is Verdict.ALLOW and walls == BOTH:
        if not allowed:
            return "kept out"
        if '"code":"invalid-payload"' in answer.text:  # nobody looked at it
            return "misshapen"
        if covered(held, TPS) and any(
            sign and sign not in answer.text for sign in (ask.sign, ask.of_purpose)
        ):
            return "without the sign"
    return ""
