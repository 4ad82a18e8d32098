"""A box as its events and answers carry it."""

from typing import TypeVar

from contracts.logistics_events import BoxFacts
from services.logistics.rules.boxes import Box
from services.logistics.schemas.boxes import BoxStanding

F = TypeVar("F", bound=BoxFacts)


def box_event(model: type[F], box: Box, **more: object) -> F:
    """Return an event of a box: the box as it stands, and what the event says beside."""
    return model.model_validate(
        {
            "box_id": box.box_id,
            "tps_id": box.tps_id,
            "tps_code": box.tps_code,
            "contest": box.contest,
            "seal_number": box.seal_number,
            "ballots_packed": box.ballots_packed,
            "state": box.state,
            "state_at": box.state_at,
            "place": box.place,
            "holder": box.holder,
            "shipment_id": box.shipment_id,
            "arrived_at": box.arrived_at,
            "received_at": box.received_at,
            "received_on_time": box.received_on_time,
            "receipt_outcome": box.receipt_outcome,
            "ballots_received": box.ballots_received,
            "open_discrepancies": list(box.open),
            "due_at": box.due_at,
            **more,
        }
    )


def box_standing(box: Box) -> BoxStanding:
    """Return a box as an answer shows it."""
    return BoxStanding.model_validate(box, from_attributes=True)
