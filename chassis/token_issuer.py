"""Access tokens handed out: client credentials (RFC 6749 section 4.4) and token exchange (RFC 8693).

Only the gateway's token endpoint uses this; any OIDC issuer can take its place by setting. An agency's
application gets a token of its own with its secret, and exchanges that for one of its officer: the person by
a pseudonym, the device, and roles and regions that are the application's own or fewer. The officer's token
names the application in `act`.

    answer = await answer_token_request(form, credentials, directory=..., issuer=..., verifier=...)

What is refused is an `OAuthRefusal`, which the endpoint answers in OAuth's form rather than as a problem.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

import uuid_utils
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization

from chassis.client_directory import CLIENT_ID, Client, ClientDirectory
from chassis.clock import wall_now
from chassis.jwks import SigningKey, algorithm_of, usable_keys
from chassis.masking import mask_text
from chassis.problem_responses import Language
from chassis.problems import Unauthenticated
from chassis.token_verifier import MAX_LIFETIME_S, TokenVerifier
from contracts.access import GROUP_PREFIX, NATION, Role, Scope, audiences_of, covers, grant, scopes_of

CLIENT_CREDENTIALS: Final = "client_credentials"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - RFC 8693's name
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - RFC 8693's name

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")


class OAuthRefusal(Exception):
    """What the token endpoint refuses (RFC 6749 section 5.2).

    Args:
        error: OAuth's word for it.
        description: one sentence for developers, without what was sent.
        description_id: the same in Indonesian, in ASCII as OAuth wants it.
    """

    def __init__(self, error: str, description: str, description_id: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.description_id = description_id

    @property
    def status(self) -> int:
        """Return the HTTP status: 401 where the application did not prove itself, else 400."""
        return 401 if self.error == "invalid_client" else 400

    def headers(self) -> Mapping[str, str]:
        """Return the response headers that belong to it."""
        challenge = {"WWW-Authenticate": 'Basic realm="desk"'} if self.status == 401 else {}
        return {"Cache-Control": "no-store", **challenge}

    def document(self, language: Language) -> dict[str, str]:
        """Return the JSON body."""
        told = self.description_id if language == "id" else self.description
        return {"error": self.error, "error_description": told}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token will allow, and to whom."""

    client: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    regions: tuple[str, ...]
    election: str | None
    person: str | None = None
    device: str | None = None


class TokenIssuer:
    """Signs access tokens with the first of its keys; all of them are published, so that keys can be changed.

    Args:
        keys: private keys; the first one signs.
        issuer: `iss` of the tokens: the gateway's own address.
        now: the machine's time.
        lifetime_s: how long a token lives; more than ten minutes on a rehearsal desk only.
    """

    def __init__(
        self,
        keys: Sequence[SigningKey],
        *,
        issuer: str,
        now: Callable[[], datetime] = wall_now,
        lifetime_s: int = MAX_LIFETIME_S,
    ) -> None:
        if not keys or not all(key.is_private for key in keys):
            raise ValueError("the token issuer needs a private key")
        self._keys = list(keys)
        self._issuer = issuer
        self._now = now
        self._lifetime_s = lifetime_s

    @classmethod
    def from_file(
        cls, path: Path, *, issuer: str, allow_demo: bool, lifetime_s: int = MAX_LIFETIME_S
    ) -> "TokenIssuer":
        """Read the keys from a file with one JWK, or with several as a JWKS of which the first signs.

        Args:
            path: file that this process alone can read.
            issuer: `iss` of the tokens.
            allow_demo: whether a key that the desk made for itself will do; only in development.
            lifetime_s: how long a token lives.

        Raises:
            ValueError: there is no private key that may be used.
        """
        text = path.read_text()
        document = text if "keys" in json.loads(text) else f'{{"keys":[{text}]}}'
        keys = usable_keys(document, allow_demo=allow_demo)
        return cls(list(keys.values()), issuer=issuer, lifetime_s=lifetime_s)

    def jwks(self) -> KeySetSerialization:
        """Return the public halves of the keys, for `/.well-known/jwks.json`."""
        return KeySet(list(self._keys)).as_dict(private=False)

    def issue(self, granted: Grant) -> str:
        """Return a signed token (RFC 9068)."""
        key = self._keys[0]
        now = int(self._now().timestamp())
        claims: dict[str, object] = {
            "iss": self._issuer,
            "sub": granted.person or granted.client,
            "client_id": granted.client,
            "aud": sorted(audiences_of(granted.scopes)),
            "iat": now,
            "exp": now + self._lifetime_s,
            "jti": str(uuid_utils.uuid7()),
            "scope": " ".join(sorted(granted.scopes)),
            "roles": sorted(granted.roles),
            "regions": list(granted.regions),
        }
        if granted.election is not None:
            claims["election"] = granted.election
        if granted.device is not None:
            claims["device_id"] = granted.device
        if granted.person is not None:
            claims["act"] = {"sub": granted.client}
        header = {"alg": algorithm_of(key), "kid": key.kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, key, algorithms=[algorithm_of(key)])

    def answer(self, granted: Grant, *, exchanged: bool = False) -> dict[str, str | int]:
        """Return a token as the token endpoint's answer (RFC 6749 section 5.1, RFC 8693 section 2.2.1)."""
        body: dict[str, str | int] = {
            "access_token": self.issue(granted),
            "token_type": "Bearer",
            "expires_in": self._lifetime_s,
            "scope": " ".join(sorted(granted.scopes)),
        }
        return {**body, "issued_token_type": ACCESS_TOKEN} if exchanged else body


async def answer_token_request(
    form: Mapping[str, str],
    authorization: str | None,
    *,
    directory: ClientDirectory,
    issuer: TokenIssuer,
    verifier: TokenVerifier,
) -> dict[str, str | int]:
    """Return the token endpoint's answer to a request.

    Args:
        form: fields of the body, each once.
        authorization: `Authorization` header, for HTTP Basic; the fields `client_id` and `client_secret` do as well.
        directory: the applications that may ask.
        issuer: signs what is granted.
        verifier: verifies the token that is exchanged.

    Raises:
        OAuthRefusal: nothing is granted.
        Unavailable: the keys to verify the exchanged token could not be had.
    """
    client = _authenticated(form, authorization, directory)
    match form.get("grant_type", ""):
        case "":
            raise OAuthRefusal("invalid_request", "grant_type is missing.", "grant_type belum diisi.")
        case grant_type if grant_type == CLIENT_CREDENTIALS:
            return issuer.answer(client_grant(client, form))
        case grant_type if grant_type == TOKEN_EXCHANGE:
            await _check_subject_token(form, client, verifier)
            return issuer.answer(officer_grant(client, form), exchanged=True)
        case _:
            raise OAuthRefusal(
                "unsupported_grant_type",
                f"Use {CLIENT_CREDENTIALS} or {TOKEN_EXCHANGE}.",
                f"Gunakan {CLIENT_CREDENTIALS} atau {TOKEN_EXCHANGE}.",
            )


def client_named(form: Mapping[str, str], authorization: str | None) -> str | None:
    """Return the application that a request says to come from, for the log; None where that is no name of one."""
    client_id, _ = _credentials(authorization) or (form.get("client_id", ""), "")
    return client_id if CLIENT_ID.fullmatch(client_id) else None


def client_grant(client: Client, form: Mapping[str, str]) -> Grant:
    """Return what an application's own token allows: all that it may, or the fewer that it asked for.

    Args:
        client: the application.
        form: `scope` and `regions` (with spaces between) and `election` make it fewer.
    """
    return _narrowed(client, form, roles=client.roles)


def officer_grant(client: Client, form: Mapping[str, str]) -> Grant:
    """Return what the token of an application's officer allows.

    Args:
        client: the application.
        form: `person` and `device_id` name who acts with what; `roles`, `regions`, `scope` (with spaces between) and
            `election` are the application's own or fewer.
    """
    if not client.may_act_for_persons:
        raise OAuthRefusal(
            "unauthorized_client",
            "This application may not act for persons.",
            "Aplikasi ini tidak boleh bertindak untuk orang.",
        )
    person = _name(form, "person")
    if person is None:
        raise OAuthRefusal("invalid_request", "person is missing.", "person belum diisi.")
    if person == client.client_id:
        raise OAuthRefusal(
            "invalid_request", "person names the application itself.", "person menyebut aplikasi itu sendiri."
        )
    asked = _words(form, "roles")
    if not asked <= client.roles:
        raise OAuthRefusal(
            "invalid_scope",
            "A role was asked for that the application does not have.",
            "Diminta peran yang tidak dimiliki aplikasi.",
        )
    roles = frozenset(Role(role) for role in asked) or client.roles
    return _narrowed(client, form, roles=roles, person=person, device=_name(form, "device_id"))


def _narrowed(
    client: Client,
    form: Mapping[str, str],
    *,
    roles: frozenset[Role],
    person: str | None = None,
    device: str | None = None,
) -> Grant:
    allowed = scopes_of(roles)
    asked = _words(form, "scope")
    if not asked <= allowed:
        raise OAuthRefusal(
            "invalid_scope",
            "A scope was asked for that the roles do not have.",
            "Diminta cakupan yang tidak dimiliki peran.",
        )
    election = form.get("election") or client.election
    if client.election is not None and election != client.election:
        raise OAuthRefusal(
            "invalid_request",
            "The application is not for this election.",
            "Aplikasi ini bukan untuk pemilihan tersebut.",
        )
    return Grant(
        client=client.client_id,
        roles=roles,
        scopes=frozenset(Scope(scope) for scope in asked) or allowed,
        regions=_regions(client, form),
        election=election,
        person=person,
        device=device,
    )


def _regions(client: Client, form: Mapping[str, str]) -> tuple[str, ...]:
    found: list[str] = []
    for word in sorted(_words(form, "regions")):
        held = grant(word)
        if held is None or not any(_within(held, own) for own in client.regions):
            raise OAuthRefusal(
                "invalid_scope",
                "A region was asked for that the application does not have.",
                "Diminta wilayah yang tidak dimiliki aplikasi.",
            )
        found.append(held)
    return tuple(found) or client.regions


def _within(asked: str, own: str) -> bool:
    """Say whether a grant lies within another; a group only within itself or the nation."""
    if asked.startswith(GROUP_PREFIX) or own.startswith(GROUP_PREFIX):
        return own in {asked, NATION}
    return covers(own, asked)


async def _check_subject_token(form: Mapping[str, str], client: Client, verifier: TokenVerifier) -> None:
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise OAuthRefusal(
            "invalid_request",
            f"subject_token_type must be {ACCESS_TOKEN}.",
            f"subject_token_type harus {ACCESS_TOKEN}.",
        )
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise OAuthRefusal(
            "invalid_request",
            f"requested_token_type can only be {ACCESS_TOKEN}.",
            f"requested_token_type hanya boleh {ACCESS_TOKEN}.",
        )
    try:
        subject = await verifier.verify(form.get("subject_token", "").encode())
    except Unauthenticated as problem:
        raise OAuthRefusal(
            "invalid_grant",
            "subject_token is not a valid token of this desk.",
            "subject_token bukan token sah desk ini.",
        ) from problem
    if subject.client != client.client_id or subject.person is not None:
        raise OAuthRefusal(
            "invalid_grant",
            "subject_token must be the application's own token.",
            "subject_token harus token milik aplikasi sendiri.",
        )


def _authenticated(form: Mapping[str, str], authorization: str | None, directory: ClientDirectory) -> Client:
    client_id, secret = _credentials(authorization) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    client = directory.authenticate(client_id, secret)
    if client is None:
        raise OAuthRefusal(
            "invalid_client",
            "The application or its secret is not known.",
            "Aplikasi atau rahasianya tidak dikenal.",
        )
    return client


def _credentials(authorization: str | None) -> tuple[str, str] | None:
    """Return id and secret of HTTP Basic, both form-encoded inside (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _name(form: Mapping[str, str], field: str) -> str | None:
    value = form.get(field) or None
    if value is not None and (_NAME.fullmatch(value) is None or mask_text(value) != value):
        raise OAuthRefusal(
            "invalid_request",
            f"{field} is a pseudonym of 2 to 63 letters, digits, dots and dashes, never a NIK or a phone number.",
            f"{field} adalah nama samaran 2 sampai 63 huruf, angka, titik dan tanda hubung, bukan NIK atau nomor telepon.",
        )
    return value


def _words(form: Mapping[str, str], field: str) -> frozenset[str]:
    return frozenset(form.get(field, "").split())
