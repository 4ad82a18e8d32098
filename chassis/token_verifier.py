"""Access tokens (RFC 9068) turned into callers: signature, issuer, audience, lifetime, in that order."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, cast

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from chassis.access_changes import AccessChanges
from chassis.actor import Actor, RegionGroups
from chassis.clock import wall_now
from chassis.jwks import KeySource, algorithm_of
from chassis.masking import mask_text
from chassis.personal_numbers import in_key
from chassis.problems import SignInTooWeak, TokenExpired, TokenInvalid, TokenNotYetValid, TokenRevoked
from contracts.access import DOOR, Role, Scope, scopes_of

MAX_LIFETIME_S: Final = 600
"""A token lives at most ten minutes, so that a lost one or a changed role bites soon."""

REHEARSAL_LIFETIME_S: Final = 86_400
"""On a rehearsal desk a token may live a day, for drills by hand."""

TOKEN_TIE: Final = "token:"  # noqa: S105 - a word, no secret

_ROLES: Final = frozenset(role.value for role in Role)
_SCOPES: Final = frozenset(scope.value for scope in Scope)


@dataclass(frozen=True, slots=True)
class PeopleIssuer:
    """An OIDC issuer whose people may call the desk, beside the desk's own token endpoint.

    Its tokens say `roles`; what these may do is the desk's to know. Words of its `scope` that are no scope of the desk
    (`openid`) say nothing here; one that is makes the token fewer.

    Args:
        acr: values of `acr` that are strong enough; empty: any.
        amr: words of `amr` of which one is enough; empty: any.
        signed_in_within_s: longest time since `auth_time`; None: however long.
    """

    issuer: str
    keys: KeySource
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()
    signed_in_within_s: int | None = None

    def require_strong(self, claims: "_Claims", now: float) -> None:
        """Refuse a token whose person did not sign in as this desk asks for.

        Source: OpenID Connect Core section 2 (`acr`, `amr`, `auth_time`), RFC 8176 (words of `amr`).

        Raises:
            SignInTooWeak: too weakly, too long ago, or the token does not say.
        """
        weak = bool(self.acr) and claims.acr not in self.acr
        weak = weak or (bool(self.amr) and self.amr.isdisjoint(claims.amr))
        within_s = self.signed_in_within_s
        if weak or (within_s is not None and (claims.auth_time is None or now - claims.auth_time > within_s)):
            raise SignInTooWeak(
                "Sign in again at your issuer, in the way that this desk asks for.",
                detail_id="Masuklah kembali melalui penerbit Anda dengan cara yang diminta desk ini.",
            )


class _Act(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    sub: str = Field(min_length=1, max_length=200)


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


class _Claims(BaseModel):
    """The claims that the desk reads; what else a token carries is the issuer's business."""

    model_config = ConfigDict(strict=True, extra="ignore")

    iss: str
    sub: str = Field(min_length=1, max_length=200)
    client_id: str = Field(min_length=1, max_length=200)
    aud: Annotated[list[str], BeforeValidator(_one_or_many)]
    iat: int
    exp: int
    jti: str
    scope: str = ""
    roles: list[str] = []
    regions: list[str] = []
    election: str | None = None
    device_id: str | None = None
    act: _Act | None = None
    access: dict[str, int] = {}
    acr: str | None = None
    amr: list[str] = []
    auth_time: int | None = None


class TokenVerifier:
    """Verifies access tokens, and remembers those that it has verified until they expire.

    A verification costs about 200 microseconds, a remembered one about two. Tokens are remembered by their
    SHA-256, never as text; all are forgotten when the keys or the groups of regions change.

    Args:
        keys: the issuer's public keys.
        issuer: the `iss` that is accepted.
        audience: the name of this service. A token that is for the door alone names its caller and allows nothing here: the
            caller is known, and lacks the scope, in every service as at the door itself.
        groups: named groups of regions, resolved when a token is first seen.
        changes: whose tokens no longer count, looked at each time.
        people: another issuer whose people are known here.
        now: the machine's time.
        max_lifetime_s: longest time from `iat` to `exp` that is accepted: 10 minutes, more on a rehearsal
            desk only.
        leeway_s: how far the clocks of issuer and service may be apart.
        remembered: how many tokens are remembered at most.
    """

    def __init__(
        self,
        keys: KeySource,
        *,
        issuer: str,
        audience: str,
        groups: RegionGroups | None = None,
        changes: AccessChanges | None = None,
        people: PeopleIssuer | None = None,
        now: Callable[[], datetime] = wall_now,
        max_lifetime_s: int = MAX_LIFETIME_S,
        leeway_s: int = 5,
        remembered: int = 65_536,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._groups = groups or RegionGroups()
        self._changes = changes or AccessChanges()
        self._people = people
        self._now = now
        self._max_lifetime_s = max_lifetime_s
        self._leeway_s = leeway_s
        self._remembered = remembered
        self._known: dict[bytes, tuple[float, Actor]] = {}
        self._generation = self._generations()

    def forget(self) -> None:
        """Forget every remembered token, so that each is verified anew."""
        self._known.clear()

    def remembers(self, token: bytes) -> bool:
        """Say whether a token has been verified here, and is not expired: what may be asked of every request, however many."""
        self._forget_if_changed()
        known = self._known.get(hashlib.sha256(token).digest())
        return known is not None and known[0] > self._now().timestamp()

    async def verify(self, token: bytes) -> Actor:
        """Return the caller that a token names.

        Raises:
            TokenExpired, TokenNotYetValid: its time is over, or has not come.
            TokenRevoked: what it rests upon changed after it was issued.
            SignInTooWeak: another issuer's person did not sign in as this desk asks for.
            TokenInvalid: the token is malformed, for neither this service nor the door, or not signed by a known key.
            Unavailable: the issuer's keys could not be had.
        """
        digest = hashlib.sha256(token).digest()
        self._forget_if_changed()
        now = self._now().timestamp()
        known = self._known.get(digest)
        if known is not None and known[0] > now:
            return self._counted(known[1])
        claims = await self._claims(token, now)
        self._forget_if_changed()  # the keys may just have been read
        expires_at = claims.exp + self._leeway_s
        scope = claims.scope if self._audience in claims.aud else ""
        actor = self._counted(_actor(claims, self._groups, scope=scope, expires_at=expires_at))
        self._remember(digest, expires_at, actor, now)
        return actor

    def _counted(self, actor: Actor) -> Actor:
        if self._changes.cut(actor.ties, actor.issued_at):
            raise TokenRevoked(
                "Ask for a new access token: what this one rests upon has changed.",
                detail_id="Mintalah token akses baru: dasar token ini telah berubah.",
            )
        return actor

    def _generations(self) -> Sequence[int]:
        theirs = self._people.keys.generation if self._people else 0
        return (self._keys.generation, theirs, self._groups.generation)

    def _forget_if_changed(self) -> None:
        generation = self._generations()
        if generation != self._generation:
            self._generation = generation
            self._known.clear()

    async def _claims(self, token: bytes, now: float) -> _Claims:
        try:
            signed = jws.extract_compact(token)
            header, people = signed.headers(), self._people_of(signed.payload)
            issuer, keys = (people.issuer, people.keys) if people else (self._issuer, self._keys)
            kid = header.get("kid")
            key = await keys.key(kid) if isinstance(kid, str) else None
            if key is None or str(header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
                raise _not_accepted()
            decoded = jwt.decode(token, key, algorithms=[algorithm_of(key)])
            claims = _Claims.model_validate(decoded.claims)
            jwt.JWTClaimsRegistry(
                now=int(now),
                leeway=self._leeway_s,
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "values": [self._audience, DOOR]},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(decoded.claims)
        except ExpiredTokenError as error:
            raise TokenExpired(
                "Ask for a new access token.", detail_id="Mintalah token akses baru."
            ) from error
        except InvalidClaimError as error:
            if error.claim not in {"iat", "nbf"}:
                raise _not_accepted() from error
            raise TokenNotYetValid(
                "The clock of the token's issuer goes ahead of the desk's.",
                detail_id="Jam penerbit token mendahului jam desk.",
            ) from error
        except (JoseError, ValidationError, ValueError, TypeError) as error:
            raise _not_accepted() from error
        if not 0 < claims.exp - claims.iat <= self._max_lifetime_s:
            raise TokenInvalid(
                f"Access tokens of this desk live at most {self._max_lifetime_s} seconds.",
                detail_id=f"Masa berlaku token desk ini paling lama {self._max_lifetime_s} detik.",
            )
        if people is None:
            return claims
        people.require_strong(claims, now)
        return _of_another_issuer(claims)

    def _people_of(self, payload: bytes) -> PeopleIssuer | None:
        """Return the other issuer where a token says that it is of that one: which keys it is judged by, and no more."""
        if self._people is None:
            return None
        told: object = json.loads(payload)
        said = cast(dict[str, object], told).get("iss") if isinstance(told, dict) else None
        return self._people if said == self._people.issuer else None

    def _remember(self, digest: bytes, until: float, actor: Actor, now: float) -> None:
        if len(self._known) >= self._remembered:
            self._known = {held: entry for held, entry in self._known.items() if entry[0] > now}
            while len(self._known) >= self._remembered:
                del self._known[next(iter(self._known))]
        self._known[digest] = (until, actor)


def _of_another_issuer(claims: _Claims) -> _Claims:
    """Return the claims of another issuer's token as the desk reads them: its names are its own, its scopes those of the roles.

    What it calls a person or an application goes by the issuer's address from here on (`login.example.go.id//p-17`): the desk's
    own, and those of an agency, may have the same names. Their names have no two slashes. They are kept, so none may be a NIK, a
    telephone number or an address.

    Raises:
        TokenInvalid: one is.
    """
    told = (claims.sub, claims.client_id, claims.act.sub if claims.act else "")
    if any(in_key(name) or mask_text(name) != name for name in told):
        raise _not_accepted()
    address = claims.iss.partition("://")[2].rstrip("/") or claims.iss
    names = {"sub": f"{address}//{claims.sub}", "client_id": f"{address}//{claims.client_id}"}
    act = claims.act and _Act(sub=f"{address}//{claims.act.sub}")
    return claims.model_copy(update={**names, "act": act, "scope": _scope_of(claims)})


def _scope_of(claims: _Claims) -> str:
    """Return what a person of another issuer may do: what the roles allow, or the fewer that the token asks for."""
    allowed = {scope.value for scope in scopes_of(Role(role) for role in claims.roles if role in _ROLES)}
    asked = _SCOPES & set(claims.scope.split())
    return " ".join(sorted(allowed & asked if asked else allowed))


def _actor(claims: _Claims, groups: RegionGroups, *, scope: str, expires_at: int) -> Actor:
    return Actor(
        subject=claims.sub,
        person=None if claims.sub == claims.client_id else claims.sub,
        client=claims.client_id,
        acting_client=claims.act.sub if claims.act else None,
        device=claims.device_id,
        roles=frozenset(claims.roles),
        scopes=frozenset(scope.split()),
        regions=groups.resolve(claims.regions),
        election=claims.election,
        grants=tuple(claims.regions),
        expires_at=expires_at,
        ties=_ties(claims),
        issued_at=claims.iat,
    )


def _ties(claims: _Claims) -> tuple[tuple[str, int | None], ...]:
    """Return what a token rests upon: itself, and what it says; or its names where it does not."""
    itself = (token_tie(claims.iss, claims.jti), 0)
    if claims.access:
        return (itself, *claims.access.items())
    device = [(f"device:{claims.device_id}", None)] if claims.device_id else []
    return (itself, (f"client:{claims.client_id}", None), *device)


def token_tie(issuer: str, jti: str) -> str:
    """Return what stands for one token alone, which its holder may end: two issuers may have the same ids, or long ones."""
    return f"{TOKEN_TIE}{hashlib.sha256(f'{issuer} {jti}'.encode()).hexdigest()[:32]}"


def _not_accepted() -> TokenInvalid:
    return TokenInvalid("It is not accepted here.", detail_id="Token ini tidak diterima di sini.")
