"""The flash flood at TPS 28 Kebon Pedes, 26 November 2024, 14:30 WIB, and the move of the TPS.

The flood, its place, time and depth are real (see `kota_bogor.FLOOD`); who said what when, and the new place, are invented.
"""

from datetime import datetime
from uuid import UUID

from contracts.access import Role
from contracts.incidents_events import Agency, IncidentCategory, Severity
from contracts.vocabulary import Milestone
from simulator import kota_bogor as city
from simulator.plan.model import TpsPlan
from simulator.timeline.actions import Network
from simulator.timeline.book import Book
from simulator.timeline.chance import local
from simulator.timeline.commands import (
    AcknowledgeIncident,
    ActOnIncident,
    AssignTask,
    CloseIncident,
    CompleteTask,
    FollowAdvice,
    GiveAdvice,
    MoveTps,
    RecordMilestone,
    ReportIncident,
)
from simulator.timeline.people import agency, chair

NEW_PLACE = "Aula Sekolah Dasar"
NEW_ADDRESS = "Jalan Simulasi 128, RT 02/RW 07, Kebon Pedes, Tanah Sareal (alamat rekaan)"
NORTH_DEGREES = 0.00145
"""How far the new place lies north, about 160 metres."""


def flooded_tps(book: Book) -> TpsPlan | None:
    """Return the TPS that floods, where the plan has it."""
    return next((tps for tps in book.plan.tps if tps.code == city.FLOOD.tps), None)


def boxes_at_new_place() -> datetime:
    """Return when the moved TPS takes its boxes over: after the move, still on the eve."""
    return _clock("18:40")


def _clock(text: str) -> datetime:
    return local(city.FLOOD.tps, city.FLOOD.day, text)


def write_flood(book: Book) -> None:
    """Write the incident, its handling, and the move; nothing where the plan does not have the TPS."""
    tps = flooded_tps(book)
    if tps is None:
        return
    struck = _clock(city.FLOOD.at.strftime("%H:%M"))
    low, high = city.FLOOD.depth_cm
    report = ReportIncident(
        incident=book.id_at(struck, "flood"),
        category=IncidentCategory.DISASTER,
        severity=Severity.CRITICAL,
        tps=tps.code,
        region=tps.kelurahan,
        title="Banjir bandang di TPS 28 Kebon Pedes",
        description=f"Banjir bandang; TPS terendam {low} sampai {high} cm. Tenda dan meja hanyut, tidak ada korban.",
        occurred_at=struck,
    )
    reported = book.write(
        _clock("14:34"), chair(tps.code), report, name=("flood",), network=Network.ANSWER_CUT
    )
    acted = _write_handling(book, report.incident, reported=reported)
    moved = _write_move(book, tps, incident=report.incident, reported=reported)
    closing = CloseIncident(report.incident, "Air surut; TPS sudah pindah dan siap.")
    bpbd = agency(Role.BPBD, city.REGION)
    book.write(_clock("20:05"), bpbd, closing, name=("flood",), after=(acted, moved))


def _write_handling(book: Book, incident: UUID, *, reported: UUID) -> UUID:
    """Write what the disaster agency does; return the key of its act."""
    bpbd = agency(Role.BPBD, city.REGION)
    acknowledgement = AcknowledgeIncident(incident, "Diterima Pusdalops BPBD Kota Bogor.")
    seen = book.write(_clock("14:39"), bpbd, acknowledgement, name=("flood",), after=(reported,))
    act = ActOnIncident(incident, "Regu dan pompa dikirim; warga dan perlengkapan diamankan.")
    acted = book.write(_clock("14:52"), bpbd, act, name=("flood",), after=(seen,))
    at = _clock("15:20")
    advice = GiveAdvice(
        advice=book.id_at(at, "flood", "advice"),
        on=incident,
        on_incident=True,
        agency=Agency.KPU,
        title="Pindahkan TPS 28 Kebon Pedes",
        text="Tempat tidak layak dipakai besok pagi; pindahkan TPS ke tempat yang lebih tinggi.",
    )
    advised = book.write(at, bpbd, advice, name=("flood",), after=(reported,))
    followed = FollowAdvice(advice.advice, "TPS sudah pindah ke aula sekolah.")
    book.write(_clock("18:10"), agency(Role.DESK, city.REGION), followed, name=("flood",), after=(advised,))
    return acted


def _write_move(book: Book, tps: TpsPlan, *, incident: UUID, reported: UUID) -> UUID:
    """Write the task, the new place and the crew's word that it has moved; return the key of the task's completion."""
    desk = agency(Role.DESK, city.REGION)
    task = AssignTask(
        task=book.id_at(_clock("15:30"), "flood", "task"),
        on=incident,
        on_incident=True,
        agency=Agency.PEMDA,
        title="Tempat pengganti untuk TPS 28 Kebon Pedes",
        text="Siapkan tempat pengganti untuk TPS 28 Kebon Pedes dengan tenda, meja dan penerangan.",
        due_at=_clock("20:00"),
    )
    given = book.write(_clock("15:30"), desk, task, name=("flood",), after=(reported,))
    decided = _clock("17:10")
    move = MoveTps(
        tps=tps.code,
        place=NEW_PLACE,
        address=NEW_ADDRESS,
        lat=None if tps.lat is None else round(tps.lat + NORTH_DEGREES, 5),
        lon=tps.lon,
        reason="Banjir bandang 26 November 2024 pukul 14.30 WIB.",
        occurred_at=decided,
    )
    placed = book.write(decided, desk, move, name=("flood",), after=(reported,))
    there = _clock("17:45")
    note = f"TPS pindah ke {NEW_PLACE} karena banjir."
    milestone = RecordMilestone(tps.code, Milestone.MOVED, there, note)
    book.write(_clock("17:48"), chair(tps.code), milestone, name=("flood",), after=(placed,))
    done = CompleteTask(task.task, "Tempat pengganti siap; perlengkapan sudah di dalam.")
    return book.write(_clock("19:30"), desk, done, name=("flood",), after=(given,))
