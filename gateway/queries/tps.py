"""One TPS or many: its day in a few words, the map, and all services' picture of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from pydantic_core import from_json

from chassis.database import Connection
from contracts.registry_events import RiskKind
from gateway.projections import Body, parts_of
from gateway.schemas.lists import BoxesState

_SUMMARISED = ("voting_day", "tps_readiness", "tps_boxes", "tally")


@dataclass(slots=True)
class Summary:
    """What the rows of one TPS come to."""

    day: Body = field(default_factory=dict[str, object])
    risks: dict[str, str | None] = field(default_factory=dict[str, str | None])
    boxes: dict[str, int] | None = None
    forms: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, kind: str, body: Body, figures: dict[str, int]) -> None:
        """Add one row."""
        match kind:
            case "voting_day":
                self.day = body
            case "tps_readiness":
                parts = (
                    (name.rpartition("#")[2], part) for name, part in parts_of(body).items() if "#" in name
                )
                self.risks = {risk: cast(str | None, part["class"]) for risk, part in parts}
            case "tps_boxes":
                self.boxes = figures
            case _:
                self.forms[cast(str, body["contest"])] = cast(str, body["state"])

    def boxes_state(self) -> BoxesState | None:
        """Return whether all sealed boxes are there; None while logistics has told of none."""
        if not self.boxes:
            return None
        if self.boxes.get("supply/tps_discrepancy"):
            return "discrepancy"
        return "complete" if self.boxes.get("supply/tps_done") else "waiting"

    def shown(self, *, agencies: bool, dpt: int) -> dict[str, object]:
        """Return what a list says of the TPS.

        Args:
            agencies: whether the caller may see what only the desk's agencies may.
            dpt: voters on its list.
        """
        slots = cast(dict[str, Body], self.day.get("slots", {}))
        slot = "final" if "final" in slots else max(slots, default=None)
        voted = slots[slot] if slot else {}
        total = cast(int | None, voted.get("total"))
        boxes = self.boxes or {}
        forms = (
            self.forms if agencies else {c: state for c, state in self.forms.items() if state == "verified"}
        )
        return {
            "milestone": self.day.get("milestone"),
            "voted_slot": slot,
            "voted_men": voted.get("men"),
            "voted_women": voted.get("women"),
            "voted_total": total,
            "voted_ratio": round(total / dpt, 4) if total is not None and dpt else None,
            "hazard_class": self.risks.get(RiskKind.HAZARD) if agencies else None,
            "security_class": self.risks.get(RiskKind.SECURITY) if agencies else None,
            "boxes_needed": boxes.get("boxes/needed") if agencies else None,
            "boxes_received": boxes.get("boxes/received", 0) if agencies and boxes else None,
            "boxes_state": self.boxes_state() if agencies else None,
            "forms": dict(sorted(forms.items())),
        }


async def summaries(connection: Connection, codes: Sequence[str], *, election: str) -> dict[str, Summary]:
    """Return the summary of each TPS."""
    rows = await connection.fetch(
        """select tps_code, kind, figures, body from projected
           where election = $1 and kind = any($2::text[]) and tps_code collate "C" = any($3::text[])""",
        election,
        list(_SUMMARISED),
        list(codes),
    )
    found = {code: Summary() for code in codes}
    for row in rows:
        found[row["tps_code"]].take(row["kind"], from_json(row["body"]), from_json(row["figures"]))
    return found
