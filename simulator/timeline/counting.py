"""The night of the count: each form is typed in twice by two people, and a third settles what does not agree or add up."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.zones import zone_of
from simulator.plan.model import Form, TpsPlan
from simulator.timeline.actions import Person
from simulator.timeline.book import Book, by_kecamatan
from simulator.timeline.chance import local, minutes, pick
from simulator.timeline.commands import EnterForm, Foot, SettleForm, Settlement
from simulator.timeline.people import KPPS_PER_TPS, adjudicator, typists
from simulator.timeline.slips import misadd, mistype
from simulator.timeline.voting_day import plan_hours

MISMATCH_RATIO = 0.02
MISADDED_RATIO = 0.005

CLOSED = "13:00"
"""What crews write as the end of voting. Source: D10; whoever queues then still votes."""

_REASONS = {
    Settlement.ENTRIES_DIFFER: "Dua entri berbeda; angka diambil dari foto C.Hasil.",
    Settlement.PAPER_DOES_NOT_ADD_UP: "C.Hasil salah jumlah; dibetulkan menurut C.Hasil plano, disaksikan saksi dan pengawas.",
}


@dataclass(frozen=True, slots=True)
class _Paper:
    """A form on the desk: what it should say, when it came, and who types it.

    Attributes:
        written: what it says.
        foot: what stands below its figures.
    """

    tps: TpsPlan
    form: Form
    written: Form
    foot: Foot
    came_at: datetime
    by: tuple[Person, Person]

    @property
    def name(self) -> tuple[str, str]:
        return self.tps.code, self.form.contest

    @property
    def photo(self) -> str:
        """Return the hash of the photo; the pixels are invented, the hash is what travels."""
        return hashlib.sha256(f"foto C.Hasil rekaan {'/'.join(self.name)}".encode()).hexdigest()


def write_counting(book: Book) -> None:
    """Write the entries of every form and the settlements; in the end every form stands as in the plan."""
    forms = [(tps.code, form.contest) for tps in book.plan.tps for form in tps.forms]
    misadded = set(pick(book.rng, forms, MISADDED_RATIO))
    mismatched = set(pick(book.rng, [name for name in forms if name not in misadded], MISMATCH_RATIO))
    for kecamatan, group in by_kecamatan(book.plan).items():
        rows = sum(len(tps.forms) for tps in group)
        index = 0
        for tps in group:
            hours = plan_hours(book, tps)
            for form, counted in zip(tps.forms, hours.counted, strict=True):
                written = misadd(book.rng, form) if (tps.code, form.contest) in misadded else form
                by = typists(kecamatan, index=index, forms=rows)
                foot = _foot(book, tps, opened=hours.opened)
                paper = _Paper(tps, form, written, foot, counted + minutes(book.rng.uniform(2, 20)), by)
                _type_in(book, paper, differ=paper.name in mismatched)
                index += 1


def _foot(book: Book, tps: TpsPlan, *, opened: datetime) -> Foot:
    """Return the foot of a form; crews write the hours that the law names where theirs were those."""
    start = local(tps.code, book.plan.voting_day, "07:00")
    late = max(opened - start, timedelta()) // timedelta(minutes=5) * timedelta(minutes=5)
    opened_at = (start + late).astimezone(ZoneInfo(zone_of(tps.code)))
    witnesses = book.rng.choices((2, 3, 4), weights=(2, 3, 5))[0]
    return Foot(opened_at.strftime("%H:%M"), CLOSED, crew=KPPS_PER_TPS, witnesses=witnesses)


def _type_in(book: Book, paper: _Paper, *, differ: bool) -> None:
    """Write both entries and, where they differ or the paper does not add up, the settlement."""
    typed = [paper.written, paper.written]
    if differ:
        typed[book.rng.randrange(2)] = mistype(book.rng, paper.written)
    first = paper.came_at + minutes(book.rng.triangular(2, 60, 15))
    moments = (first, first + minutes(book.rng.triangular(4, 110, 30)))
    keys: list[UUID] = []
    for person, form, at in zip(paper.by, typed, moments, strict=True):
        command = EnterForm(paper.tps.code, form, paper.foot, paper.photo)
        keys.append(book.write(at, person, command, name=(*paper.name, person.role or "")))
    if differ:
        _settle(book, paper, after=keys, since=moments[1], settlement=Settlement.ENTRIES_DIFFER)
    elif paper.written != paper.form:
        _settle(book, paper, after=keys, since=moments[1], settlement=Settlement.PAPER_DOES_NOT_ADD_UP)


def _settle(book: Book, paper: _Paper, *, after: list[UUID], since: datetime, settlement: Settlement) -> None:
    """Settle a form: the same night while the desk is staffed, else on the morning after the vote."""
    at = since + minutes(book.rng.uniform(20, 90))
    night = local(paper.tps.code, book.plan.voting_day, "23:00")
    if settlement is Settlement.PAPER_DOES_NOT_ADD_UP or at > night:
        morning = local(paper.tps.code, book.plan.voting_day + timedelta(days=1), "08:30")
        at = morning + minutes(book.rng.uniform(0, 270))
    command = SettleForm(
        paper.tps.code, paper.form, paper.foot, paper.photo, settlement, _REASONS[settlement]
    )
    book.write(at, adjudicator(paper.tps.kecamatan), command, name=paper.name, after=tuple(after))
