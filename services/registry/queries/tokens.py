"""What a request for a token comes to: who asks, and what the token may allow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.database import Connection, Row
from chassis.masking import mask_text
from chassis.problems import Unauthenticated
from chassis.token_verifier import TokenVerifier
from services.registry.errors import OAuthRefusal
from services.registry.queries import access
from services.registry.rules.grants import Application, Granted, both, granted, nobody, wish_of
from services.registry.schemas.access import DEVICE_PREFIX

CLIENT_CREDENTIALS: Final = "client_credentials"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - RFC 8693's name
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - RFC 8693's name

_ASKER: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{1,79}")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who has proved themselves: an application, or a device that it runs on."""

    application: Application
    device: Row | None


async def prove(connection: Connection, name: str, *, secret: str, at: datetime) -> Asker | None:
    """Return who has this id and this secret, None where there is none.

    Args:
        name: of an application or a device.
        at: the machine's time.
    """
    if _ASKER.fullmatch(name) is None:
        return None
    if not name.startswith(DEVICE_PREFIX):
        found = await access.application_of(connection, name, secret=secret, at=at)
        return None if found is None else Asker(found, None)
    device = await access.device_with_secret(connection, name, secret=secret)
    if device is None:
        return None
    application = await access.application_of(connection, device["client"], secret=None, at=at)
    return Asker(application, device) if application is not None and application.may_act_for_persons else None


async def allowed(
    connection: Connection, asker: Asker, form: Mapping[str, str], *, verifier: TokenVerifier, at: datetime
) -> Granted:
    """Return what a token may allow.

    Args:
        form: `person` and `device_id` name who acts with what; `roles`, `regions`, `scope` (with spaces between) and
            `election` make it fewer.
        verifier: verifies the token that is exchanged.

    Raises:
        OAuthRefusal: nothing is granted.
        Unavailable: the keys to verify the exchanged token could not be had.
    """
    if asker.device is not None:
        return await _of_device(connection, asker.application, form, device=asker.device, at=at)
    application = asker.application
    match form.get("grant_type", ""):
        case "":
            raise OAuthRefusal("invalid_request", "grant_type is missing.", "grant_type belum diisi.")
        case grant_type if grant_type == CLIENT_CREDENTIALS:
            return granted(application, application.rights, wish_of(form))
        case grant_type if grant_type == TOKEN_EXCHANGE:
            await _check_subject_token(form, application, verifier)
            return await _of_officer(connection, application, form, at=at)
        case _:
            raise _unknown_grant()


async def _of_officer(
    connection: Connection, application: Application, form: Mapping[str, str], *, at: datetime
) -> Granted:
    if not application.may_act_for_persons:
        raise OAuthRefusal(
            "unauthorized_client",
            "This application may not act for persons.",
            "Aplikasi ini tidak boleh bertindak untuk orang.",
        )
    person, wish = _name(form, "person"), wish_of(form)
    if person is None:
        raise OAuthRefusal("invalid_request", "person is missing.", "person belum diisi.")
    if person == application.client:
        raise OAuthRefusal(
            "invalid_request", "person names the application itself.", "person menyebut aplikasi itu sendiri."
        )
    rights = await access.rights_of_person(
        connection,
        agency=application.agency,
        person=person,
        election=wish.election or application.rights.election,
        at=at,
    )
    if rights is None:
        raise nobody()
    device = _name(form, "device_id")
    if device is not None and device.startswith(DEVICE_PREFIX):
        raise OAuthRefusal(
            "invalid_request",
            "An enrolled device asks for its tokens itself.",
            "Perangkat terdaftar meminta tokennya sendiri.",
        )
    return granted(application, both(application.rights, rights), wish, device=device)


async def _of_device(
    connection: Connection, application: Application, form: Mapping[str, str], *, device: Row, at: datetime
) -> Granted:
    """Return what the token of an enrolled device allows: what its holder may, through the application that runs on it."""
    if form.get("grant_type") != CLIENT_CREDENTIALS:
        raise _unknown_grant()
    wish = wish_of(form)
    if device["person"] is None:
        rights = await access.holder_of_slot(connection, device)
    else:
        election = wish.election or application.rights.election
        rights = await access.rights_of_person(
            connection, agency=device["agency"], person=device["person"], election=election, at=at
        )
    if rights is None:
        raise nobody()
    return granted(
        application,
        both(application.rights, rights),
        wish,
        device=device["id"],
        device_version=device["access_version"],
    )


async def _check_subject_token(
    form: Mapping[str, str], application: Application, verifier: TokenVerifier
) -> None:
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
    if subject.client != application.client or subject.person is not None:
        raise OAuthRefusal(
            "invalid_grant",
            "subject_token must be the application's own token.",
            "subject_token harus token milik aplikasi sendiri.",
        )


def _unknown_grant() -> OAuthRefusal:
    return OAuthRefusal(
        "unsupported_grant_type",
        f"Use {CLIENT_CREDENTIALS} or {TOKEN_EXCHANGE}; a device the first.",
        f"Gunakan {CLIENT_CREDENTIALS} atau {TOKEN_EXCHANGE}; perangkat memakai yang pertama.",
    )


def _name(form: Mapping[str, str], field: str) -> str | None:
    value = form.get(field) or None
    if value is not None and (_NAME.fullmatch(value) is None or mask_text(value) != value):
        raise OAuthRefusal(
            "invalid_request",
            f"{field} is a pseudonym of 2 to 80 letters, digits, dots and dashes, never a NIK or a phone number.",
            f"{field} adalah nama samaran 2 sampai 80 huruf, angka, titik dan tanda hubung, bukan NIK atau nomor telepon.",
        )
    return value
