"""Who may get a token, as the token endpoint asks; and agencies, applications, people and devices, as operators ask."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chassis.access_changes import Change
from chassis.database import Connection, Row
from chassis.pagination import CursorValue, cut_page
from contracts.access import Role
from contracts.registry_events import AccessKind
from services.registry.errors import ClientUnknown, DeviceUnknown, PersonUnknown
from services.registry.rules.grants import ROLE_OF_DUTY, Application, Reach, Rights, called
from services.registry.schemas.access import (
    Agencies,
    AgencyClientsOut,
    AgencyFacts,
    AgencyOut,
    ClientOut,
    ClientWithSecrets,
    DeviceOut,
    Devices,
    People,
    PersonOut,
    SecretOut,
)
from services.registry.schemas.officers import Duty
from services.registry.tables.access import ALL_COVERED, agency_unknown, agency_within
from services.registry.tables.devices import device_out

_NO_HASH = bytes(32)


async def application_of(
    connection: Connection, client: str, *, secret: str | None, at: datetime
) -> Application | None:
    """Return an application that may get tokens now, None where there is none; in the same time either way.

    Args:
        secret: what it proves itself with; None where something else has proved that it is it.
    """
    row = await connection.fetchrow(
        """select c.*, coalesce(x.version, 0) as access_version,
                  array(select s.sha256 from client_secret s
                        where s.client = c.id and s.revoked_at is null and s.expires_at > $2) as hashes
           from client c join agency a on a.id = c.agency left join access_change x on x.tie = 'client:' || c.id
           where c.id = $1 and a.active and c.revoked_at is null and (c.ends_at is null or c.ends_at > $2)""",
        client,
        at,
    )
    if secret is not None:
        sent = hashlib.sha256(secret.encode()).digest()
        hashes: Sequence[bytes] = row["hashes"] if row is not None else ()
        same = [hmac.compare_digest(sent, held) for held in (_NO_HASH, *hashes)]
        if not any(same[1:]):
            return None
    if row is None:
        return None
    rights = _rights(row, tie=f"{AccessKind.CLIENT.value}:{client}")
    return Application(client, row["agency"], rights, row["may_act_for_persons"])


def _rights(row: Row, *, tie: str) -> Rights:
    roles = frozenset(Role(role) for role in row["roles"] if role in set(Role))
    version = row["access_version"]
    return Rights(tie, version, roles, tuple(row["regions"]), row["election"], row["ends_at"])


async def rights_of_person(
    connection: Connection, *, agency: str, person: str, election: str | None, at: datetime
) -> Rights | None:
    """Return what somebody may: as the agency registered them, else as an officer of a roster; None: nobody knows them.

    Args:
        election: of the roster; where it is left out, the only election on whose rosters the person is.
        at: the machine's time; who has ended is known no more.
    """
    row = await connection.fetchrow(
        """select p.*, coalesce(x.version, 0) as access_version
           from agency_person p left join access_change x on x.tie = 'person:' || p.agency || ':' || p.person
           where p.agency = $1 and p.person = $2 and (p.ends_at is null or p.ends_at > $3)""",
        agency,
        person,
        at,
    )
    if row is not None:
        rights = _rights(row, tie=f"{AccessKind.PERSON.value}:{agency}:{person}")
        return replace(rights, person=called(agency, person))
    rows = await connection.fetch(
        _OFFICER + "where o.person = $1 and ($2::text is null or o.election = $2) limit 2", person, election
    )
    return _officer(rows[0]) if len(rows) == 1 else None


_OFFICER = """
select o.person, o.election, o.duty, t.code, coalesce(x.version, 0) as access_version
from officer o join tps t on t.id = o.tps_id
     left join access_change x on x.tie = 'officer:' || o.election || ':' || o.person
"""


def _officer(row: Row) -> Rights:
    """Return what an officer of a TPS may: the role of the duty, at that TPS, for that election."""
    role = ROLE_OF_DUTY.get(Duty(row["duty"]))
    return Rights(
        tie=f"{AccessKind.OFFICER.value}:{row['election']}:{row['person']}",
        version=row["access_version"],
        roles=frozenset([role] if role else []),
        regions=(row["code"],),
        election=row["election"],
        ends_at=None,
        person=row["person"],
    )


async def device_with_secret(connection: Connection, device: str, *, secret: str) -> Row | None:
    """Return the row of an enrolled device that knows this secret, with its tie's version; None where there is none."""
    row = await connection.fetchrow(
        """select d.*, coalesce(x.version, 0) as access_version
           from device d left join access_change x on x.tie = 'device:' || d.id
           where d.id = $1 and d.revoked_at is null and d.secret_sha256 is not null""",
        device,
    )
    held = row["secret_sha256"] if row is not None else _NO_HASH
    same = hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), held)
    return row if same else None


async def holder_of_slot(connection: Connection, device: Row) -> Rights | None:
    """Return what whoever holds the slot of a TPS that a device is for may; None while it is empty."""
    rows = await connection.fetch(
        _OFFICER + "where o.tps_id = $1 and o.duty = $2 and o.slot = $3",
        device["tps_id"],
        device["duty"],
        device["slot"],
    )
    return _officer(rows[0]) if rows else None


async def access_changes(connection: Connection, since: datetime) -> Mapping[str, Change]:
    """Return the changes after a moment, where they are made."""
    rows = await connection.fetch("select * from access_change where changed_at > $1", since)
    return {row["tie"]: Change(row["version"], row["changed_at"]) for row in rows}


async def agencies(
    connection: Connection,
    *,
    reach: Reach,
    limit: int,
    start: tuple[CursorValue, ...] | None,
    now: datetime,
) -> Agencies:
    """Return a page of the agencies that somebody covers the whole of, by id."""
    rows = await connection.fetch(
        f"select a.* from agency a where ($3::text is null or a.id > $3) and {ALL_COVERED} order by a.id limit $4",  # noqa: S608 - of constants
        *(list(reach.grants), reach.election, _after(start), limit + 1),
    )
    page, cursor = cut_page(rows, limit=limit, key=lambda row: (row["id"],), listing=AGENCIES)
    return Agencies(items=[_agency(row) for row in page], next_cursor=cursor, as_of=now)


AGENCIES, PEOPLE, DEVICES = "agencies|id", "people|person", "devices|id"


def _after(start: tuple[CursorValue, ...] | None) -> CursorValue:
    return start[0] if start else None


def _agency(row: Row) -> AgencyOut:
    facts = {name: row[name] for name in AgencyFacts.model_fields}
    return AgencyOut.model_validate({**facts, "agency": row["id"], "version": row["version"]})


async def agency(connection: Connection, agency_id: str, *, reach: Reach) -> AgencyClientsOut:
    """Return an agency with its applications.

    Raises:
        AgencyUnknown: there is none, or only a part of it is covered.
    """
    row = await _agency_row(connection, agency_id, reach)
    rows = await connection.fetch("select * from client where agency = $1 order by id", agency_id)
    return AgencyClientsOut(**_agency(row).model_dump(), clients=[_client(each) for each in rows])


async def _agency_row(connection: Connection, agency_id: str, reach: Reach) -> Row:
    row = await agency_within(connection, agency_id, reach)
    if row is None:
        raise agency_unknown()
    return row


def _client(row: Row) -> ClientOut:
    return ClientOut.model_validate({**dict(row), "client": row["id"]})


async def client(
    connection: Connection, agency_id: str, client_id: str, *, reach: Reach
) -> ClientWithSecrets:
    """Return an application with what is known of its secrets.

    Raises:
        AgencyUnknown: there is no such agency, or only a part of it is covered.
        ClientUnknown: the agency has no such application.
    """
    await _agency_row(connection, agency_id, reach)
    row = await connection.fetchrow(
        "select * from client where id = $1 and agency = $2", client_id, agency_id
    )
    if row is None:
        raise ClientUnknown(
            "The agency has no such application.", detail_id="Instansi tidak memiliki aplikasi ini."
        )
    rows = await connection.fetch(
        "select id, made_at, expires_at, revoked_at from client_secret where client = $1 order by made_at desc, id",
        client_id,
    )
    secrets = [SecretOut.model_validate(dict(each)) for each in rows]
    return ClientWithSecrets(**_client(row).model_dump(), secrets=secrets)


async def people(
    connection: Connection,
    agency_id: str,
    *,
    reach: Reach,
    limit: int,
    start: tuple[CursorValue, ...] | None,
    now: datetime,
) -> People:
    """Return a page of an agency's people, by pseudonym.

    Raises:
        AgencyUnknown: there is no such agency, or only a part of it is covered.
    """
    await _agency_row(connection, agency_id, reach)
    rows = await connection.fetch(
        """select * from agency_person where agency = $1 and ($2::text is null or person > $2)
           order by person limit $3""",
        agency_id,
        _after(start),
        limit + 1,
    )
    page, cursor = cut_page(rows, limit=limit, key=lambda row: (row["person"],), listing=PEOPLE)
    return People(items=[PersonOut.model_validate(dict(row)) for row in page], next_cursor=cursor, as_of=now)


async def person(connection: Connection, agency_id: str, name: str, *, reach: Reach) -> PersonOut:
    """Return somebody of an agency.

    Raises:
        AgencyUnknown: there is no such agency, or only a part of it is covered.
        PersonUnknown: the agency has nobody of that pseudonym.
    """
    await _agency_row(connection, agency_id, reach)
    row = await connection.fetchrow(
        "select * from agency_person where agency = $1 and person = $2", agency_id, name
    )
    if row is None:
        raise PersonUnknown(
            "The agency has nobody of this pseudonym.", detail_id="Instansi tidak memiliki orang ini."
        )
    return PersonOut.model_validate(dict(row))


_DEVICE = "select d.*, t.code as tps_code from device d left join tps t on t.id = d.tps_id "


async def devices(
    connection: Connection,
    agency_id: str,
    *,
    reach: Reach,
    limit: int,
    start: tuple[CursorValue, ...] | None,
    now: datetime,
    at: datetime,
) -> Devices:
    """Return a page of an agency's devices, by id.

    Raises:
        AgencyUnknown: there is no such agency, or only a part of it is covered.
    """
    await _agency_row(connection, agency_id, reach)
    rows = await connection.fetch(
        _DEVICE + "where d.agency = $1 and ($2::text is null or d.id > $2) order by d.id limit $3",
        agency_id,
        _after(start),
        limit + 1,
    )
    page, cursor = cut_page(rows, limit=limit, key=lambda row: (row["id"],), listing=DEVICES)
    items = [device_out(dict(row), tps_code=row["tps_code"], at=at) for row in page]
    return Devices(items=items, next_cursor=cursor, as_of=now)


async def device(
    connection: Connection, agency_id: str, device_id: str, *, reach: Reach, at: datetime
) -> DeviceOut:
    """Return a device of an agency.

    Raises:
        AgencyUnknown: there is no such agency, or only a part of it is covered.
        DeviceUnknown: the agency has no such device.
    """
    await _agency_row(connection, agency_id, reach)
    row = await connection.fetchrow(_DEVICE + "where d.agency = $1 and d.id = $2", agency_id, device_id)
    if row is None:
        raise DeviceUnknown(
            "The agency has no such device.", detail_id="Instansi tidak memiliki perangkat ini."
        )
    return device_out(dict(row), tps_code=row["tps_code"], at=at)
