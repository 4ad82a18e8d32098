"""Voting day as the crews report it: milestones, turnout by the hour, and the last figure at closing."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.vocabulary import Channel, Milestone
from simulator.plan.model import TpsPlan
from simulator.timeline.actions import Network, stable_uuid
from simulator.timeline.book import Book, by_kelurahan
from simulator.timeline.chance import local, minutes, pick
from simulator.timeline.commands import FINAL, RecordMilestone, ReportTurnout, ReportTurnoutBatch
from simulator.timeline.people import chair, kelurahan_committee

SLOTS = ("08:00", "09:00", "10:00", "11:00", "12:00", "13:00")
"""Civil times up to which turnout is reported. Voting is from 07:00 to 13:00."""

CURVE = (0.17, 0.37, 0.58, 0.76, 0.89, 0.985)
"""Mean share of a day's voters who have come by each slot. Assumed."""

MOST_PER_BATCH = 500
"""Reports that the desk takes in one batch."""

MISSED_SLOT_RATIO = 0.03
CORRECTED_RATIO = 0.005
BY_TELEPHONE_RATIO = 0.12
WITHOUT_NETWORK_RATIO = 0.01
INTERRUPTED_RATIO = 0.002


@dataclass(frozen=True, slots=True)
class Hours:
    """When a TPS reached the steps of its day.

    Attributes:
        counted: when each contest's form was written, in the order of the TPS's contests.
    """

    ready: datetime
    opened: datetime
    closed: datetime
    counting: datetime
    counted: tuple[datetime, ...]


def hours_of(seed: int, tps: TpsPlan, day_start: datetime) -> Hours:
    """Return the hours of a TPS; the same for everybody who asks.

    Args:
        seed: the plan's.
        tps: the TPS.
        day_start: 07:00 there, UTC.
    """
    rng = random.Random(f"{seed}:hours:{tps.code}")
    opened = day_start + minutes(
        rng.expovariate(1 / 25) if rng.random() < 0.04 else rng.triangular(-1, 11, 1)
    )
    closed = day_start + timedelta(hours=6) + minutes(rng.triangular(0, 25, 3))
    counting = closed + minutes(rng.uniform(8, 40))
    counted: list[datetime] = []
    done = counting
    for form in tps.forms:
        # Opening and showing a ballot takes about a quarter of a minute; then the forms are written.
        done += minutes(20 + form.ballots_used * rng.uniform(0.19, 0.32))
        counted.append(done)
    return Hours(
        ready=day_start - minutes(rng.uniform(8, 65)),
        opened=opened,
        closed=closed,
        counting=counting,
        counted=tuple(counted),
    )


def plan_hours(book: Book, tps: TpsPlan) -> Hours:
    """Return the hours of a TPS of the book's plan."""
    return hours_of(book.plan.seed, tps, local(tps.code, book.plan.voting_day, "07:00"))


def write_voting_day(book: Book) -> None:
    """Write milestones and turnout of every TPS."""
    groups = by_kelurahan(book.plan)
    telephoned = set(pick(book.rng, list(groups), BY_TELEPHONE_RATIO))
    silent = {tps.code for tps in pick(book.rng, book.plan.tps, WITHOUT_NETWORK_RATIO)}
    interrupted = {tps.code for tps in pick(book.rng, book.plan.tps, INTERRUPTED_RATIO)}
    corrected = {tps.code for tps in pick(book.rng, book.plan.tps, CORRECTED_RATIO)}
    for kelurahan, group in groups.items():
        for tps in group:
            day = _Day(book, tps, network_back=_network_back(book, tps) if tps.code in silent else None)
            _write_milestones(day, interrupted=tps.code in interrupted)
            slots = _slots(book, tps)
            if kelurahan in telephoned:
                slots = [report for report in slots if report.slot == FINAL]
            _write_turnout(day, slots, corrected=tps.code in corrected)
        if kelurahan in telephoned:
            _write_by_telephone(book, kelurahan, group)


@dataclass(frozen=True, slots=True)
class _Day:
    """The reports of one TPS; before `network_back` they wait in the telephone."""

    book: Book
    tps: TpsPlan
    network_back: datetime | None

    def send(
        self, occurred: datetime, command: RecordMilestone | ReportTurnout, *, name: str, delay: float
    ) -> None:
        """Send a report some minutes after it happened, or when the network is back."""
        at = occurred + minutes(delay)
        queued = self.network_back is not None and at < self.network_back
        if queued and self.network_back is not None:
            at = self.network_back + minutes(0.2) + (at - self.network_back) / 3600
        crew = chair(self.tps.code)
        self.book.write(
            at, crew, command, name=(self.tps.code, name), network=Network.QUEUED if queued else None
        )


def _network_back(book: Book, tps: TpsPlan) -> datetime:
    return local(tps.code, book.plan.voting_day, "10:30") + minutes(book.rng.uniform(0, 180))


def _write_milestones(day: _Day, *, interrupted: bool) -> None:
    rng, code = day.book.rng, day.tps.code
    hours = plan_hours(day.book, day.tps)
    steps = [
        (hours.ready, Milestone.READY, ""),
        (hours.opened, Milestone.OPENED, ""),
        (hours.closed, Milestone.VOTING_CLOSED, ""),
        (hours.counting, Milestone.COUNTING_STARTED, ""),
        (hours.counted[-1] + minutes(rng.uniform(5, 25)), Milestone.FORM_POSTED, ""),
    ]
    if interrupted:
        stopped = hours.opened + minutes(rng.uniform(90, 180))
        again = stopped + minutes(rng.uniform(15, 40))
        steps += [
            (stopped, Milestone.SUSPENDED, "Hujan deras dan angin; bilik dan kotak diamankan."),
            (again, Milestone.RESUMED, "Hujan reda; pemungutan suara dilanjutkan."),
        ]
    for occurred, milestone, note in steps:
        command = RecordMilestone(code, milestone, occurred, note)
        day.send(occurred, command, name=milestone, delay=rng.triangular(0.3, 18, 3))


def _slots(book: Book, tps: TpsPlan) -> list[ReportTurnout]:
    """Return the cumulative reports of a TPS, the last one being what its form will say. Some slots are never reported."""
    rng = random.Random(f"{book.plan.seed}:slots:{tps.code}")
    pace = rng.gauss(0, 0.35)
    reports: list[ReportTurnout] = []
    lowest = 0.0
    for slot, mean in zip(SLOTS, CURVE, strict=True):
        logit = math.log(mean / (1 - mean)) + pace + rng.gauss(0, 0.12)
        share = max(lowest, 1 / (1 + math.exp(-logit)))
        lowest = share
        if rng.random() < MISSED_SLOT_RATIO:
            continue
        men, women = int(tps.voted.men * share), int(tps.voted.women * share)
        occurred = local(tps.code, book.plan.voting_day, slot)
        reports.append(ReportTurnout(tps.code, slot, men, women, occurred))
    closed = plan_hours(book, tps).closed
    return [*reports, ReportTurnout(tps.code, FINAL, tps.voted.men, tps.voted.women, closed)]


def _write_turnout(day: _Day, reports: list[ReportTurnout], *, corrected: bool) -> None:
    rng = day.book.rng
    for index, report in enumerate(reports):
        # Crews are quick with an hour's figure, and close their lists before they send the last one.
        delay = rng.triangular(6, 50, 16) if report.slot == FINAL else rng.triangular(1, 28, 8)
        if corrected and index == len(reports) // 2 and report.slot != FINAL:
            # A slip: two figures changed places, and the crew sends the slot again.
            slip = ReportTurnout(report.tps, report.slot, report.women, report.men, report.occurred_at)
            day.send(report.occurred_at, slip, name=f"{report.slot}-slip", delay=delay)
            delay += rng.uniform(4, 12)
        day.send(report.occurred_at, report, name=report.slot, delay=delay)


def _write_by_telephone(book: Book, kelurahan: str, group: list[TpsPlan]) -> None:
    """Write the hourly reports that a kelurahan takes by telephone and sends together; the last figure is the crew's own."""
    reports = [report for tps in group for report in _slots(book, tps)]
    for slot in SLOTS:
        of_slot = tuple(report for report in reports if report.slot == slot)
        for first in range(0, len(of_slot), MOST_PER_BATCH):
            _send_batch(book, kelurahan, slot=slot, reports=of_slot[first : first + MOST_PER_BATCH])


def _send_batch(book: Book, kelurahan: str, *, slot: str, reports: tuple[ReportTurnout, ...]) -> None:
    at = local(kelurahan, book.plan.voting_day, slot) + minutes(book.rng.uniform(12, 28))
    keys = tuple(
        stable_uuid(at, book.plan.seed, book.plan.election, "telephone", report.tps, slot)
        for report in reports
    )
    book.write(
        at,
        kelurahan_committee(kelurahan),
        ReportTurnoutBatch(keys, reports),
        name=(kelurahan, slot, reports[0].tps),
        channel=Channel.PHONE,
    )
