"""Commands on agencies, their applications, and the secrets of these."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.actor import region_not_covered
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import AccessKind
from services.registry.commands.access import cut_tokens, locked_agency
from services.registry.commands.frame import judge, lock_names, status_of
from services.registry.errors import (
    ClientOfOtherAgency,
    ClientRevoked,
    ClientUnknown,
    SecretUnknown,
    TooManySecrets,
)
from services.registry.rules.grants import Reach
from services.registry.schemas.access import (
    AgencyIn,
    AgencyReceipt,
    ClientIn,
    ClientReceipt,
    SecretIn,
    SecretReceipt,
)
from services.registry.schemas.shapes import Outcome
from services.registry.tables.access import Agency, Client, ClientSecret, agency_within

MOST_SECRETS = 5
"""Secrets of an application that hold at the same time."""


async def define_agency(
    uow: UnitOfWork,
    agency: str,
    command: AgencyIn,
    *,
    expected: int | None,
    reach: Reach,
    origin: Origin,
) -> Receipt:
    """Define an agency, or change it; one that is not active any more gets no token.

    Emits:
        access.changed for each of its applications, where it ceased to be active.

    Raises:
        RegionNotCovered: something or somebody of it may more than who changes it: to end an agency ends them all.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    await lock_names(uow, [f"agency:{agency}"])
    row = await uow.session.get(Agency, agency, with_for_update=True)
    if row is not None and await agency_within(uow, agency, reach) is None:
        raise region_not_covered()
    facts = command.model_dump(mode="json", exclude={"channel"})
    same = row is not None and row.model_dump(exclude={"id", "version"}) == facts
    outcome = judge(row.version if row else None, expected=expected, same=same)
    ended = row is not None and row.active and not command.active
    if row is None:
        row = Agency.model_validate({**facts, "id": agency, "version": 1})
    elif outcome is Outcome.CHANGED:
        row.sqlmodel_update(facts)
        row.version += 1
    uow.session.add(row)
    await uow.session.flush()
    if ended:
        rows = await uow.fetch("select id from client where agency = $1", agency)
        await cut_tokens(uow, [(AccessKind.CLIENT, each["id"]) for each in rows], origin=origin)
    out = AgencyReceipt.model_validate(
        {**facts, "agency": agency, "version": row.version, "outcome": outcome}
    )
    return Receipt(
        out,
        location=f"/v1/agencies/{agency}",
        aggregate=f"agency/{agency}",
        version=row.version,
        status=status_of(outcome),
    )


async def define_client(
    uow: UnitOfWork,
    agency: str,
    client: str,
    *,
    command: ClientIn,
    expected: int | None,
    reach: Reach,
    origin: Origin,
) -> Receipt:
    """Define an application of an agency, or change what it may do; it can do nothing before it has a secret.

    Emits:
        access.changed, where it was there and changed.

    Raises:
        AgencyUnknown: there is no such agency, or the caller covers a part of it at most.
        RegionNotCovered, ElectionNotCovered: it may, or may until now, more than who defines it.
        ClientOfOtherAgency, ClientRevoked: the id is taken, or was.
        PreconditionRequired, PreconditionFailed: it is there in another version.
    """
    await locked_agency(uow, agency, reach=reach)
    await lock_names(uow, [f"client:{client}"])
    row = await uow.session.get(Client, client, with_for_update=True)
    if row is not None:
        _check_owner(row, agency)
        reach.require(row.regions, row.election)
    if row is not None and row.revoked_at is not None:
        raise revoked()
    facts = {
        "roles": sorted(set(command.roles)),
        "regions": sorted(set(command.regions)),
        "election": command.election,
        "may_act_for_persons": command.may_act_for_persons,
        "ends_at": command.ends_at,
    }
    same = row is not None and all(getattr(row, name) == value for name, value in facts.items())
    outcome = judge(row.version if row else None, expected=expected, same=same)
    if row is None:
        row = Client.model_validate(
            {**facts, "id": client, "agency": agency, "version": 1, "revoked_at": None}
        )
    elif outcome is Outcome.CHANGED:
        row.sqlmodel_update(facts)
        row.version += 1
        await cut_tokens(uow, [(AccessKind.CLIENT, client)], origin=origin)
    uow.session.add(row)
    return _client_receipt(row, outcome)


async def revoke_client(
    uow: UnitOfWork, agency: str, client: str, *, expected: int, reach: Reach, origin: Origin
) -> Receipt:
    """Revoke an application for good: its secrets, its tokens, those of people and devices through it.

    Emits:
        access.changed

    Raises:
        AgencyUnknown, ClientUnknown, ClientRevoked: there is no such application, or not any more.
        PreconditionFailed: it is there in another version.
    """
    row = await _locked_client(uow, agency, client, reach=reach)
    check_version(expected, row.version)
    row.revoked_at = origin.heard_at
    row.version += 1
    uow.session.add(row)
    await cut_tokens(uow, [(AccessKind.CLIENT, client)], origin=origin)
    return _client_receipt(row, Outcome.CHANGED)


async def make_secret(
    uow: UnitOfWork, agency: str, client: str, *, command: SecretIn, reach: Reach, origin: Origin
) -> Receipt:
    """Make a secret of an application; it is shown once, and stored as its SHA-256.

    Emits:
        nothing: no token changes.

    Raises:
        AgencyUnknown, ClientUnknown, ClientRevoked: there is no such application, or not any more.
        TooManySecrets: it has as many as it may.
    """
    at = origin.heard_at
    await _locked_client(uow, agency, client, reach=reach)
    held = await uow.fetch(
        "select 1 from client_secret where client = $1 and revoked_at is null and expires_at > $2", client, at
    )
    if len(held) >= MOST_SECRETS:
        raise TooManySecrets(
            f"An application has at most {MOST_SECRETS} secrets that hold.",
            detail_id=f"Sebuah aplikasi memiliki paling banyak {MOST_SECRETS} rahasia yang berlaku.",
            current_state=f"{MOST_SECRETS} secrets",
            allowed=["revoke one", "wait until one expires"],
        )
    plain = secrets.token_urlsafe(32)
    row = ClientSecret(
        id=uuid7(),
        client=client,
        sha256=hashlib.sha256(plain.encode()).digest(),
        made_at=at,
        expires_at=at + timedelta(days=command.expires_in_days),
        revoked_at=None,
    )
    uow.session.add(row)
    return _secret_receipt(agency, row, plain=plain)


async def revoke_secret(
    uow: UnitOfWork, agency: str, client: str, *, secret: UUID, reach: Reach, origin: Origin
) -> Receipt:
    """Revoke a secret at once, and end the tokens of its application: one of them may have been got with it.

    Emits:
        access.changed, where it was not revoked yet.

    Raises:
        AgencyUnknown, ClientUnknown, ClientRevoked, SecretUnknown: there is no such thing.
    """
    await _locked_client(uow, agency, client, reach=reach)
    row = await uow.session.get(ClientSecret, secret, with_for_update=True)
    if row is None or row.client != client:
        raise SecretUnknown(
            "The application has no such secret.", detail_id="Aplikasi tidak memiliki rahasia ini."
        )
    if row.revoked_at is None:
        row.revoked_at = origin.heard_at
        uow.session.add(row)
        await cut_tokens(uow, [(AccessKind.CLIENT, client)], origin=origin)
    return _secret_receipt(agency, row)


async def _locked_client(uow: UnitOfWork, agency: str, client: str, *, reach: Reach) -> Client:
    await locked_agency(uow, agency, reach=reach)
    row = await uow.session.get(Client, client, with_for_update=True)
    if row is None or row.agency != agency:
        raise ClientUnknown(
            "The agency has no such application.", detail_id="Instansi tidak memiliki aplikasi ini."
        )
    reach.require(row.regions, row.election)
    if row.revoked_at is not None:
        raise revoked()
    return row


def _check_owner(row: Client, agency: str) -> None:
    if row.agency != agency:
        raise ClientOfOtherAgency(
            "Ids of applications hold on the whole desk; take another one.",
            detail_id="Id aplikasi berlaku di seluruh desk; pakai id lain.",
            current_state="of another agency",
            allowed=["take another id"],
        )


def revoked() -> ClientRevoked:
    """Return the refusal of an application that was revoked."""
    return ClientRevoked(
        "The application was revoked for good.",
        detail_id="Aplikasi sudah dicabut untuk seterusnya.",
        current_state="revoked",
        allowed=["define another application"],
    )


def _client_receipt(row: Client, outcome: Outcome) -> Receipt:
    """Return the answer of a command on an application."""
    out = ClientReceipt.model_validate(
        {**row.model_dump(exclude={"id"}), "client": row.id, "outcome": outcome}
    )
    return Receipt(
        out,
        location=f"/v1/agencies/{row.agency}/clients/{row.id}",
        aggregate=f"client/{row.id}",
        version=row.version,
        status=status_of(outcome),
    )


def _secret_receipt(agency: str, row: ClientSecret, *, plain: str | None = None) -> Receipt:
    out = SecretReceipt(
        client=row.client, id=row.id, expires_at=row.expires_at, revoked_at=row.revoked_at, secret=None
    )
    return Receipt(
        out,
        location=f"/v1/agencies/{agency}/clients/{row.client}",
        status=200 if plain is None else 201,
        shown=None if plain is None else out.model_copy(update={"secret": plain}),
    )
