"""ETag and If-Match: a change says which version it is meant for."""

import pytest
from fastapi import APIRouter, Depends, Request, Response

from chassis.conditional import IfMatch, check_version, etag_of, not_modified
from chassis.identity import public_route
from tests.unit.chassis.mint import Mint, application, calling


def routes() -> APIRouter:
    router = APIRouter(dependencies=[Depends(public_route)])

    @router.put("/thing")
    async def change(expected: IfMatch) -> int:
        check_version(expected, 7)
        return expected

    @router.get("/thing")
    async def read(request: Request) -> Response:
        etag = etag_of(7)
        if not_modified(request, etag):
            return Response(status_code=304, headers={"ETag": etag})
        return Response("thing", headers={"ETag": etag})

    _ = change, read
    return router


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ('"7"', 200, None),
        ('  "7" ', 200, None),
        ('"6"', 412, "precondition-failed"),
        ('W/"7"', 412, "precondition-failed"),
        ('"6", "7"', 412, "precondition-failed"),
        ("7", 412, "precondition-failed"),
        ('"seven"', 412, "precondition-failed"),
        ('"' + "9" * 40 + '"', 412, "precondition-failed"),
        ("*", 428, "precondition-required"),
        (None, 428, "precondition-required"),
    ],
)
async def test_a_change_is_meant_for_one_version(
    mint: Mint, sent: str | None, status: int, code: str | None
) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.put("/thing", headers={} if sent is None else {"If-Match": sent})
    assert answer.status_code == status
    if code is not None:
        assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ('"7"', 304),
        ('W/"7"', 304),
        ('"1", "7"', 304),
        ("*", 304),
        ('"77"', 200),
        ("7", 200),
        ("", 200),
        (None, 200),
    ],
)
async def test_who_holds_the_version_is_not_sent_it_again(mint: Mint, held: str | None, status: int) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.get("/thing", headers={} if held is None else {"If-None-Match": held})
    assert answer.status_code == status
    assert answer.headers["etag"] == '"7"'
