"""How far a device is, from its row."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from services.registry.schemas.access import DeviceOut, DeviceState


def device_out(row: Mapping[str, object], *, tps_code: str | None, at: datetime) -> DeviceOut:
    """Return a device as callers see it.

    Args:
        row: its columns.
        tps_code: of the TPS that it is for, None where it is a person's.
        at: the machine's time; a code that nobody showed by its end is lapsed.
    """
    if row["revoked_at"] is not None:
        state = DeviceState.REVOKED
    elif row["redeemed_at"] is not None:
        state = DeviceState.ENROLLED
    elif cast(datetime, row["code_expires_at"]) <= at:
        state = DeviceState.LAPSED
    else:
        state = DeviceState.WAITING
    return DeviceOut.model_validate({**row, "device": row["id"], "tps_code": tps_code, "state": state})
