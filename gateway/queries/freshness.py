"""How fresh an answer is: up to when each service's facts are in it, and so the answer itself."""

from collections.abc import Collection, Sequence
from datetime import datetime

from chassis.clock import wall_now
from chassis.watermark import Watermarks
from contracts.vocabulary import Service
from gateway.schemas.regions import Source


def sources_of(watermarks: Watermarks, *, now: datetime) -> list[Source]:
    """Return how fresh what came from each service is.

    Args:
        watermarks: what is known of the services.
        now: the desk's time, which no source is ahead of.
    """
    found: list[Source] = []
    for service in Service:
        reached, up_to = watermarks.reached(service), watermarks.caught_up_to(service)
        lag_s = round((wall_now() - up_to).total_seconds(), 3) if up_to else None
        found.append(Source(service=service, as_of=min(reached, now) if reached else None, lag_s=lag_s))
    return found


def as_of(
    watermarks: Watermarks, *, now: datetime, services: Collection[Service] = tuple(Service)
) -> datetime:
    """Return as of when an answer is that shows rows of some services."""
    return reached_by(sources_of(watermarks, now=now), now=now, services=services)


def reached_by(
    sources: Sequence[Source], *, now: datetime, services: Collection[Service] = tuple(Service)
) -> datetime:
    """Return as of when an answer is: the earliest that the sources of its figures reach, where that is known.

    Example: with turnout at 10:00 and registry at 10:02, results of 10:03 are as of 10:00.

    Args:
        sources: as `sources_of` returned them.
        now: the desk's time.
        services: those that the figures come from.
    """
    known = [source.as_of for source in sources if source.as_of and source.service in services]
    return min(known, default=now)
