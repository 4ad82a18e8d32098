"""What a sender has to look up before it can speak: ids that the desk told to somebody else, or to nobody.

Whoever settles a discrepancy finds it at the TPS. Whoever handles a report of the public finds it in the list of
incidents, by what it is about: the one who reported got a code to ask by, and no id.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from simulator.desk.client import AgainError, Desk, items_of
from simulator.speech.boxes import discrepancy_of
from simulator.speech.saying import Names
from simulator.timeline.actions import Action
from simulator.timeline.commands import (
    AcknowledgeIncident,
    ActOnIncident,
    CloseIncident,
    ReportIncident,
    SettleDiscrepancy,
)

Reports = Mapping[UUID, ReportIncident]
"""What is reported in the days, by the plan's own ids of the incidents."""

PAGE = 200
UNSEEN = 404
"""What is looked for may be there and not to be seen yet: lists follow what happens at a small distance."""


async def look_up(desk: Desk, action: Action, names: Names, reports: Reports) -> dict[UUID, str]:
    """Return the desk's ids that an action needs and its sender must look up.

    Raises:
        AgainError: what is looked for is not to be seen yet, or the desk could not answer.
        RefusedError: the sender may not look.
    """
    match action.command:
        case SettleDiscrepancy() as settling:
            ours = discrepancy_of(settling.box, settling.kind)
            return {} if ours in names else {ours: await _discrepancy(desk, action, settling)}
        case AcknowledgeIncident() | ActOnIncident() | CloseIncident() as step:
            ours = step.incident
            return {} if ours in names else {ours: await _incident(desk, action, reports[ours])}
        case _:
            return {}


async def _discrepancy(desk: Desk, action: Action, settling: SettleDiscrepancy) -> str:
    answer = await desk.read(action.by, f"/tps/{settling.tps}/supply")
    for box in items_of(answer.document(), "boxes"):
        if box.get("box_id") == str(settling.box.id):
            for found in items_of(box, "discrepancies"):
                if found.get("kind") == settling.kind:
                    return str(found["discrepancy_id"])
    raise AgainError(f"no {settling.kind} is to be seen at {settling.tps} yet", status=UNSEEN)


async def _incident(desk: Desk, action: Action, report: ReportIncident) -> str:
    cursor = ""
    while True:
        path = f"/incidents?region={report.region}&limit={PAGE}{cursor}"
        document = (await desk.read(action.by, path)).document()
        for item in items_of(document, "items"):
            if _is_it(item, report):
                return str(item["incident_id"])
        following = document.get("next_cursor")
        if not isinstance(following, str):
            raise AgainError(
                f"the report of {report.occurred_at:%H:%M} UTC is not in the list yet", status=UNSEEN
            )
        cursor = f"&cursor={following}"


def _is_it(item: Mapping[str, object], report: ReportIncident) -> bool:
    occurred_at = item.get("occurred_at")
    return (
        (item.get("source"), item.get("category")) == ("public", report.category)
        and (item.get("region_code"), item.get("tps_code")) == (report.region, report.tps)
        and isinstance(occurred_at, str)
        and datetime.fromisoformat(occurred_at) == report.occurred_at
    )
