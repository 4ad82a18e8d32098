"""Commands on devices of the field: enrolled by a code, redeemed once, revoked when lost."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import AccessKind
from services.registry.commands.access import cut_tokens, locked_agency
from services.registry.commands.agencies import revoked
from services.registry.commands.frame import refuse
from services.registry.errors import ClientUnknown, CodeNotAccepted, DeviceUnknown, TpsUnknown
from services.registry.rules.grants import ROLE_OF_DUTY, Reach
from services.registry.schemas.access import (
    DEVICE_PREFIX,
    DeviceOut,
    DeviceReceipt,
    EnrolmentIn,
    RedemptionIn,
    RedemptionReceipt,
    SlotOfTps,
)
from services.registry.schemas.shapes import Misfit
from services.registry.tables.access import Client, Device
from services.registry.tables.devices import device_out
from services.registry.tables.frames import find_tps

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter that is read as a digit, five bits each."""
_GROUPS: Final = 7
"""Of four letters: 140 bits. Nobody finds such a code by its hash: a plain one is kept, and the database needs no key for it."""

DrawCode = Callable[[str], str]
"""Draws a code as a picture."""


async def enrol_device(
    uow: UnitOfWork,
    agency: str,
    command: EnrolmentIn,
    *,
    draw: DrawCode,
    reach: Reach,
    origin: Origin,
) -> Receipt:
    """Let a device be enrolled by a code that is shown once; what it may do is judged when it asks for a token.

    Emits:
        nothing: no token changes.

    Raises:
        AgencyUnknown, ClientUnknown, TpsUnknown: there is no such thing.
        ClientRevoked: the application was revoked.
        InvalidPayload: the application may not act for persons, or a guard is to send something.
        RegionNotCovered, ElectionNotCovered: the application may more than who enrols the device.
    """
    at = origin.heard_at
    await locked_agency(uow, agency, reach=reach)
    client = await uow.session.get(Client, command.client, with_for_update={"read": True})
    if client is None or client.agency != agency:
        raise ClientUnknown(
            "The agency has no such application.", detail_id="Instansi tidak memiliki aplikasi ini."
        )
    if client.revoked_at is not None:
        raise revoked()
    reach.require(client.regions, client.election)
    refuse(_misfits(client, command))
    shown = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(_GROUPS))
    row = Device(
        id=f"{DEVICE_PREFIX}{uuid7()}",
        agency=agency,
        client=client.id,
        label=command.label,
        person=command.person,
        election=command.slot.election if command.slot else None,
        tps_id=await _tps_of(uow, command.slot) if command.slot else None,
        duty=command.slot.duty.value if command.slot else None,
        slot=command.slot.slot if command.slot else None,
        code_sha256=_digest(shown),
        code_expires_at=at + timedelta(minutes=command.expires_in_minutes),
        made_at=at,
        secret_sha256=None,
        redeemed_at=None,
        revoked_at=None,
    )
    uow.session.add(row)
    out = device_out(row.model_dump(), tps_code=command.slot.tps_code if command.slot else None, at=at)
    return _receipt(out, status=201, code=shown, qr_svg=draw(shown))


def _misfits(client: Client, command: EnrolmentIn) -> list[Misfit]:
    found: list[Misfit] = []
    if not client.may_act_for_persons:
        found.append(
            Misfit(
                "client",
                "may-not-act",
                "It may not act for persons.",
                "Aplikasi ini tidak boleh bertindak untuk orang.",
            )
        )
    if command.slot is not None and command.slot.duty not in ROLE_OF_DUTY:
        found.append(
            Misfit(
                "slot/duty", "sends-nothing", "This duty sends nothing.", "Tugas ini tidak mengirim apa pun."
            )
        )
    return found


async def _tps_of(uow: UnitOfWork, slot: SlotOfTps) -> UUID:
    found = (await find_tps(uow, slot.election, [slot.tps_code])).get(slot.tps_code)
    if found is None:
        raise TpsUnknown(
            "The election has no such TPS.", detail_id="Pemilihan ini tidak memiliki TPS tersebut."
        )
    return found.tps_id


async def redeem_code(uow: UnitOfWork, command: RedemptionIn, *, at: datetime) -> RedemptionReceipt:
    """Take the secret of the first device that shows a code; the same device may ask again, no other one.

    Emits:
        nothing: no token changes.

    Raises:
        CodeNotAccepted: it is wrong, too old, another device's by now, or revoked.
    """
    secret = bytes.fromhex(command.secret_sha256)
    row = await uow.fetch_row(
        """update device set secret_sha256 = $2, redeemed_at = coalesce(redeemed_at, $3)
           where code_sha256 = $1 and code_expires_at > $3 and revoked_at is null
             and (secret_sha256 is null or secret_sha256 = $2)
             and not exists (select 1 from device other where other.secret_sha256 = $2 and other.code_sha256 <> $1)
           returning id, client, label""",
        _digest(command.code),
        secret,
        at,
    )
    if row is None:
        raise CodeNotAccepted("Ask for another code.", detail_id="Mintalah kode lain.")
    return RedemptionReceipt(device=row["id"], client=row["client"], label=row["label"])


async def revoke_device(
    uow: UnitOfWork, agency: str, device: str, *, reach: Reach, origin: Origin
) -> Receipt:
    """Revoke a device for good, lost or given back: its code, its secret and its tokens.

    Emits:
        access.changed, where it was not revoked yet.

    Raises:
        AgencyUnknown, DeviceUnknown: there is no such thing.
        RegionNotCovered, ElectionNotCovered: its application may more than who revokes it.
    """
    await locked_agency(uow, agency, reach=reach)
    row = await uow.session.get(Device, device, with_for_update=True)
    if row is None or row.agency != agency:
        raise DeviceUnknown(
            "The agency has no such device.", detail_id="Instansi tidak memiliki perangkat ini."
        )
    client = await uow.session.get(Client, row.client)
    assert client is not None
    reach.require(client.regions, client.election)
    if row.revoked_at is None:
        row.revoked_at = origin.heard_at
        uow.session.add(row)
        await uow.session.flush()
        await cut_tokens(uow, [(AccessKind.DEVICE, device)], origin=origin)
    codes = await uow.fetch("select code from tps where id = $1", row.tps_id) if row.tps_id else []
    return _receipt(
        device_out(row.model_dump(), tps_code=codes[0]["code"] if codes else None, at=origin.heard_at),
        status=200,
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.replace("-", "").upper().encode()).digest()


def _receipt(out: DeviceOut, *, status: int, code: str | None = None, qr_svg: str | None = None) -> Receipt:
    body = DeviceReceipt(**out.model_dump(), code=None, qr_svg=None)
    return Receipt(
        body,
        location=f"/v1/agencies/{out.agency}/devices/{out.device}",
        status=status,
        shown=body.model_copy(update={"code": code, "qr_svg": qr_svg}) if code else None,
    )
