"""Who calls, and what they may do where: verified tokens, and the permission of a route.

A route's permission stands in its `Annotated` dependency, is judged before anything is looked up, and reads
nothing but the token and the path:

    Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT, region_param="code"))]

Tokens are RFC 9068 access tokens (`typ: at+jwt`). `sub` is the person, by a pseudonym; where `sub` is the
client itself there is no person. `act` names the client that acts for the person. A token without `election`
holds for every election of the desk. A grant of regions covers whole segments of a code; `*` is the nation.
What is no grant grants nothing.
"""

import hmac
from collections.abc import Iterator, Mapping

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.routing import iter_route_contexts
from fastapi.security.base import SecurityBase
from starlette.types import Scope as AsgiScope

from chassis.actor import Actor, RegionGroups, region_not_covered, require_region
from chassis.jwks import KeySource
from chassis.problems import ElectionNotCovered, NotFound, PersonRequired, ScopeMissing, Unauthenticated
from chassis.telemetry import tell_client
from chassis.token_verifier import TokenVerifier
from contracts.access import NATION, Scope, place_code

__all__ = [
    "Actor",
    "KeySource",
    "Permission",
    "RegionGroups",
    "TokenVerifier",
    "bearer_of",
    "caller",
    "internal_caller",
    "permission",
    "permissions_of",
    "public_route",
    "require_region",
    "unprotected_routes",
]


def bearer_of(scope: AsgiScope) -> bytes | None:
    """Return the bearer token of a request, or None where there is none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value[7:].strip() or None if value[:7].lower() == b"bearer " else None
    return None


class Permission(SecurityBase):
    """What a route asks of its caller; made by `permission`, judged in the order 401, scope, person, election, region."""

    def __init__(self, scope: Scope, *, region_param: str | None, person: bool, nation: bool) -> None:
        self.scope = scope
        self.region_param = region_param
        self.person = person
        self.nation = nation
        self.scheme_name = "bearer"
        self.model = BearerModel(
            bearerFormat="JWT", description="RFC 9068 access token of at most ten minutes."
        )

    async def __call__(self, request: Request) -> Actor:
        """Return the caller of a request that may do this.

        Raises:
            Unauthenticated: no valid token.
            ScopeMissing, PersonRequired, ElectionNotCovered, RegionNotCovered: the caller may not do this.
            NotFound: the path names no region or TPS at all, by its shape.
        """
        actor = await caller(request)
        _check_scope(actor, self.scope)
        if self.person and actor.person is None:
            raise PersonRequired(
                "Exchange the application's token for one of the person who does this.",
                detail_id="Tukarkan token aplikasi dengan token orang yang melakukannya.",
            )
        path: Mapping[str, str] = request.scope.get("path_params", {})
        if actor.election is not None and path.get("election", actor.election) != actor.election:
            raise ElectionNotCovered
        if self.nation and NATION not in actor.regions:
            raise region_not_covered()
        if self.region_param is not None:
            _check_region(actor, path[self.region_param])
        return actor


def permission(
    scope: Scope, *, region_param: str | None = None, person: bool = False, nation: bool = False
) -> Permission:
    """Return the dependency that lets a route's caller in, and gives it as an `Actor`.

    Args:
        scope: what the token must allow.
        region_param: path parameter that names the region or TPS, which one of the token's regions must
            cover.
        person: whether an application alone is refused.
        nation: whether it bears on the desk as a whole, so that the token's regions have to be the nation.
    """
    return Permission(scope, region_param=region_param, person=person, nation=nation)


async def caller(request: Request) -> Actor:
    """Return the caller of a request, whatever it may do.

    Raises:
        Unauthenticated: no valid token.
    """
    token = bearer_of(request.scope)
    if token is None:
        raise Unauthenticated
    verifier: TokenVerifier = request.app.state.verifier
    actor = await verifier.verify(token)
    tell_client(request.scope, actor.client)
    return actor


def _check_scope(actor: Actor, scope: Scope) -> None:
    if scope not in actor.scopes:
        raise ScopeMissing(
            f"This needs the scope {scope.value}.", detail_id=f"Diperlukan cakupan {scope.value}."
        )


def _check_region(actor: Actor, code: str) -> None:
    if actor.granted_region(code) is not None:
        return
    if place_code(code) is None:
        raise NotFound(
            "The path does not name a region or a TPS.",
            detail_id="Alamat ini tidak menyebut wilayah atau TPS.",
        )
    raise region_not_covered()


async def public_route() -> None:
    """Mark a route as open to everybody; the architecture tests keep the list of these short."""


async def internal_caller(request: Request) -> None:
    """Let in only the desk's own processes: `Authorization: Bearer <secret of DESK_INTERNAL_TOKEN_FILE>`.

    Raises:
        Unauthenticated: another secret, or this process has none.
    """
    expected: str | None = request.app.state.internal_token
    sent = bearer_of(request.scope)
    if not expected or sent is None or not hmac.compare_digest(sent, expected.encode()):
        raise Unauthenticated(
            "This route is for the desk's own processes.",
            detail_id="Alamat ini hanya untuk proses desk sendiri.",
        )


_GUARDS = (public_route, internal_caller)


def permissions_of(dependant: Dependant | None) -> Iterator[Permission]:
    """Give the permissions that stand anywhere among a route's dependencies."""
    if dependant is None:
        return
    if isinstance(dependant.call, Permission):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from permissions_of(inner)


def unprotected_routes(app: FastAPI) -> list[str]:
    """Return `METHOD /path` of each route without a permission, that is neither marked public nor internal.

    Mounted applications and plain Starlette routes are among them: nothing can be said of those.
    """
    found: set[str] = set()
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        guarded = isinstance(dependant, Dependant) and (
            any(permissions_of(dependant)) or any(call in _GUARDS for call in _calls(dependant))
        )
        if not guarded:
            methods = route.methods or {"*"}
            found.update(f"{method} {route.path}" for method in methods)
    return sorted(found)


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)
