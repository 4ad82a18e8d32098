"""Routes of the field's devices: enrolled by an operator, redeemed by the device without a token, revoked when lost."""

import io
from functools import partial

import segno
from fastapi import APIRouter, Depends, Request, Response

from chassis.clock import wall_now
from chassis.database import Database
from chassis.idempotency import OnceDep
from chassis.identity import public_route
from chassis.pagination import known_parameters_only
from chassis.problem_responses import problem_responses
from chassis.problems import TooManyRequests
from chassis.public_budgets import PublicBudgets, spender_of
from chassis.reading import ReaderDep
from chassis.row_security import everywhere_for
from contracts.access import Scope
from contracts.envelope import DESK_WIDE
from services.registry.commands import devices as commands
from services.registry.errors import CodeNotAccepted
from services.registry.queries import access as queries
from services.registry.routes.doors import (
    Admin,
    RowCursor,
    RowLimit,
    note_change_of_access,
    page_start,
    reach_of,
)
from services.registry.schemas.access import (
    DeviceId,
    DeviceOut,
    DeviceReceipt,
    Devices,
    EnrolmentIn,
    Name,
    RedemptionIn,
    RedemptionReceipt,
)
from services.registry.settings import Settings

router = APIRouter(
    prefix="/v1/agencies/{agency}/devices",
    tags=["access"],
    dependencies=[Depends(known_parameters_only), Depends(note_change_of_access)],
)


def redemption_budgets(settings: Settings) -> PublicBudgets:
    """Return what may be tried of codes from one network address."""
    return PublicBudgets({"code": settings.enrolment_codes_per_address})


async def _budget(request: Request) -> None:
    budgets: PublicBudgets = request.app.state.redemption_budgets
    await budgets.spend("code", spender_of(request))


public_router = APIRouter(
    prefix="/v1/public/devices:redeem",
    tags=["access"],
    dependencies=[Depends(public_route), Depends(known_parameters_only), Depends(_budget)],
)


@router.get("")
async def list_devices(
    request: Request,
    agency: Name,
    admin: Admin,
    read: ReaderDep,
    limit: RowLimit = 100,
    cursor: RowCursor = None,
) -> Devices:
    """Show the devices of an agency."""
    start = page_start(cursor, listing=queries.DEVICES)
    now = request.app.state.clock.now()
    return await queries.devices(
        read, agency, reach=reach_of(admin), limit=limit, start=start, now=now, at=wall_now()
    )


@router.post("", status_code=201, response_model=DeviceReceipt)
async def enrol_device(
    request: Request, agency: Name, body: EnrolmentIn, admin: Admin, once: OnceDep
) -> Response:
    """Let a device be enrolled: its code stands in this answer and never again, as text and as QR code."""
    draw = partial(_drawn, request.app.state.settings.issuer)
    return await once(
        admin,
        lambda uow, origin: commands.enrol_device(
            uow, agency, body, draw=draw, reach=reach_of(admin), origin=origin
        ),
        election=DESK_WIDE,
        channel=body.channel,
        body=body,
    )


@router.get("/{device}")
async def read_device(agency: Name, device: DeviceId, admin: Admin, read: ReaderDep) -> DeviceOut:
    """Show a device of an agency, and how far it is."""
    return await queries.device(read, agency, device, reach=reach_of(admin), at=wall_now())


@router.delete("/{device}", status_code=200, response_model=DeviceReceipt)
async def revoke_device(agency: Name, device: DeviceId, admin: Admin, once: OnceDep) -> Response:
    """Revoke a device for good, lost or given back; its tokens end."""
    return await once(
        admin,
        lambda uow, origin: commands.revoke_device(uow, agency, device, reach=reach_of(admin), origin=origin),
        election=DESK_WIDE,
    )


@public_router.post("", responses=problem_responses(CodeNotAccepted, TooManyRequests))
async def redeem_device_code(request: Request, body: RedemptionIn) -> RedemptionReceipt:
    """Redeem the code of an enrolment, once: the device brings the hash of a secret that it alone has."""
    database: Database = request.app.state.database
    async with database.transaction(everywhere_for(Scope.DESK_ADMIN)) as uow:
        return await commands.redeem_code(uow, body, at=wall_now())


def _drawn(desk: str, code: str) -> str:
    """Return a code with the desk's address as a QR code, for the camera of the field's app."""
    picture = io.BytesIO()
    segno.make(f"desk-enrol:{desk}#{code}", error="m").save(picture, kind="svg", scale=6, xmldecl=False)
    return picture.getvalue().decode()
