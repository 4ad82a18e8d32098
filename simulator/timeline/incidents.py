"""Incidents of the two days: reported by crews, supervisors, agencies and residents, handled by the agency they belong to.

Most are acknowledged, acted on and closed within hours. Some stay open because the law gives days for them, and a few are
acknowledged late.
"""

import re
from datetime import timedelta
from uuid import UUID

from contracts.vocabulary import Channel
from simulator.plan.model import TpsPlan
from simulator.timeline.actions import Person
from simulator.timeline.book import Book
from simulator.timeline.chance import local, minutes
from simulator.timeline.commands import (
    AcknowledgeIncident,
    ActOnIncident,
    CloseIncident,
    ReportIncident,
)
from simulator.timeline.people import AGENCY_OF, agency, chair, kelurahan_committee, resident, supervisor
from simulator.timeline.stories import STORIES, Phase, Story, Teller

LATE_ACKNOWLEDGEMENT_RATIO = 0.06

_HOURS = {Phase.EVE: (-1, "08:00", 12.0), Phase.VOTE: (0, "07:10", 5.6), Phase.COUNT: (0, "13:40", 5.0)}
"""Day relative to the vote, first civil time, and for how many hours."""


def write_incidents(book: Book) -> None:
    """Write the incidents, and what the agencies do about them."""
    tps = book.plan.tps
    told: set[str] = set()
    for number, story in enumerate(STORIES):
        count = round(story.per_thousand * len(tps) / 1000)
        # Every category has its incident, however small the plan.
        count = max(count, 0 if story.category in told else 1)
        told.add(story.category)
        for nth in range(count):
            _tell(book, story, book.rng.choice(tps), name=(number, nth))


def _tell(book: Book, story: Story, tps: TpsPlan, *, name: tuple[int, int]) -> None:
    shift, start, hours = _HOURS[story.phase]
    day = book.plan.voting_day + timedelta(days=shift)
    occurred = local(tps.code, day, start) + minutes(60 * hours * book.rng.random())
    incident = book.id_at(occurred, *name)
    teller = _teller(story, tps, name[1])
    report = ReportIncident(
        incident=incident,
        category=story.category,
        severity=story.severity,
        tps=tps.code if story.at_tps else None,
        region=tps.kelurahan,
        title=headline(story.told),
        description=story.told,
        occurred_at=occurred,
    )
    reported = book.write(
        occurred + minutes(book.rng.triangular(1, 30, 4)),
        teller,
        report,
        name=name,
        channel=Channel.PHONE if story.teller is Teller.AGENCY else Channel.APP,
    )
    _handle(book, story, report, reported=reported, name=name)


def headline(told: str) -> str:
    """Return the first part of a report as its one line for lists. Example: `headline("A; b.") == "A"`."""
    return re.split(r"[;.]", told)[0][:120]


def _teller(story: Story, tps: TpsPlan, number: int) -> Person:
    match story.teller:
        case Teller.CREW:
            return chair(tps.code)
        case Teller.SUPERVISOR:
            return supervisor(tps.code)
        case Teller.KELURAHAN:
            return kelurahan_committee(tps.kelurahan)
        case Teller.AGENCY:
            return agency(AGENCY_OF[story.category], tps.code[:5])
        case Teller.RESIDENT:
            return resident(tps.kelurahan, number)


def _handle(
    book: Book, story: Story, report: ReportIncident, *, reported: UUID, name: tuple[int, int]
) -> None:
    """Write the agency's steps, each after the one before was answered."""
    by = agency(AGENCY_OF[story.category], report.region[:5])
    late = book.rng.random() < LATE_ACKNOWLEDGEMENT_RATIO
    at = book.actions[-1].at + minutes(book.rng.uniform(90, 200) if late else book.rng.triangular(2, 25, 6))
    seen = book.write(
        at, by, AcknowledgeIncident(report.incident, story.acknowledged), name=name, after=(reported,)
    )
    at += minutes(book.rng.triangular(4, 60, 15))
    acted = book.write(at, by, ActOnIncident(report.incident, story.acted), name=name, after=(seen,))
    if story.closed:
        at += minutes(book.rng.triangular(15, 240, 50))
        book.write(at, by, CloseIncident(report.incident, story.closed), name=name, after=(acted,))
