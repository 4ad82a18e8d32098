"""What the gateway can be asked about a region; answers come from the projections alone."""

from collections.abc import Sequence
from datetime import datetime

from chassis.clock import wall_now
from chassis.database import Connection
from chassis.watermark import Watermarks
from contracts.vocabulary import Service
from gateway.errors import RegionUnknown
from gateway.feed import end_of_feed
from gateway.schemas import NOT_OFFICIAL, Overview, SlotTurnout, Source, Turnout
from gateway.totals import Totals, totals_of

_MILESTONES = ("ready", "opened", "voting_closed", "counting_started", "form_posted")


def sources_of(watermarks: Watermarks) -> list[Source]:
    """Return how fresh what came from each service is."""
    now = wall_now()
    found: list[Source] = []
    for service in Service:
        at = watermarks.caught_up_to(service)
        found.append(
            Source(service=service, as_of=at, lag_s=round((now - at).total_seconds(), 3) if at else None)
        )
    return found


def turnout_of(totals: Totals) -> Turnout:
    """Return the turnout that a region's figures say; null where no TPS has reported."""
    reported, listed = totals.get("voted.tps", 0), totals.get("dpt_men", 0) + totals.get("dpt_women", 0)
    total = totals.get("voted.total", 0) if reported else None
    return Turnout(
        tps_reported=reported,
        tps_total=totals.get("tps", 0),
        men=totals.get("voted.men", 0) if reported else None,
        women=totals.get("voted.women", 0) if reported else None,
        total=total,
        ratio=round(total / listed, 4) if total is not None and listed else None,
    )


def slots_of(totals: Totals) -> list[SlotTurnout]:
    """Return the turnout of each slot that anybody reported, in order, the final one last."""
    slots = sorted(
        {name.split(".")[1] for name in totals if name.startswith("slot.")}, key=lambda s: (s == "final", s)
    )
    return [
        SlotTurnout(
            slot=s, tps_reported=totals.get(f"slot.{s}.tps", 0), total=totals.get(f"slot.{s}.total", 0)
        )
        for s in slots
    ]


async def overview(
    connection: Connection,
    *,
    election: str,
    region: str,
    rehearsal: bool,
    now: datetime,
    sources: Sequence[Source],
) -> Overview:
    """Return a region at a glance.

    Raises:
        RegionUnknown: no TPS of the election lies in it.
    """
    cursor = await end_of_feed(connection)
    totals = await totals_of(connection, election=election, region=region)
    if not totals.get("tps"):
        raise RegionUnknown(f"No TPS of {election} lies in {region}.")
    return Overview(
        election=election,
        region=region,
        region_name=region,
        rehearsal=rehearsal,
        official=False,
        label=NOT_OFFICIAL,
        tps_total=totals["tps"],
        dpt_men=totals.get("dpt_men", 0),
        dpt_women=totals.get("dpt_women", 0),
        milestones={name: totals.get(f"milestone.{name}", 0) for name in _MILESTONES},
        turnout=turnout_of(totals),
        slots=slots_of(totals),
        points=[],
        as_of=now,
        sources=list(sources),
        cursor=cursor.pack(),
    )
