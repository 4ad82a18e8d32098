"""JSON as every route reads it: UTF-8, each name once, numbers that JSON has.

`json.loads`, which the framework uses, takes the last of two values under one name, guesses UTF-16, and knows NaN. Of a
body that can be read in two ways nobody knows which was meant: it is refused, not guessed. A decoder that is made once
costs no more than `json.loads`, which makes one for whatever it is asked beyond the plain.
"""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from json import JSONDecoder
from typing import Final, NoReturn

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

_BOM: Final = b"\xef\xbb\xbf"

Handler = Callable[[Request], Coroutine[None, None, Response]]


class NameTwiceError(ValueError):
    """An object of a body has one name twice; which of the values was meant is not known."""


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NameTwiceError
    return found


def _no_number(_: str) -> NoReturn:
    raise ValueError


_DECODER: Final = JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_number)


def read_json(body: bytes) -> object:
    """Return what a body says.

    Raises:
        NameTwiceError: an object has a name twice.
        ValueError: it is no JSON in UTF-8.
        RecursionError: it is nested too deep.
    """
    return _DECODER.decode(body.removeprefix(_BOM).decode())


async def _json_of(request: Request) -> object:
    return read_json(await request.body())


def read_strictly(routers: Sequence[APIRouter]) -> None:
    """Let the routes of routers read their bodies by `read_json`; to be called before an application includes them.

    A route makes its handler when it is included, and the handler asks the request for its JSON: that is the one place
    where the framework lets a route say how.
    """
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                route.get_route_handler = partial(_strict_handler, route)


def _strict_handler(route: APIRoute) -> Handler:
    handle = APIRoute.get_route_handler(route)

    async def handler(request: Request) -> Response:
        request.json = partial(_json_of, request)
        return await handle(request)

    return handler
