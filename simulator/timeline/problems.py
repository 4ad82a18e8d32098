"""Problems that are no incident: each gets advice and a task, and is solved in time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.access import Role
from contracts.incidents_events import Agency, DeskPoint, Severity
from simulator.timeline.book import Book
from simulator.timeline.chance import eve, minutes
from simulator.timeline.commands import (
    AssignTask,
    CompleteTask,
    FollowAdvice,
    GiveAdvice,
    OpenProblem,
    ResolveProblem,
)
from simulator.timeline.people import agency


@dataclass(frozen=True, slots=True)
class _Problem:
    point: DeskPoint
    agency: Agency
    title: str
    description: str
    advice: str
    task: str
    outcome: str


_PROBLEMS = (
    _Problem(
        DeskPoint.PARTICIPATION,
        Agency.KPU,
        "Sinyal telepon lemah di sebagian kelurahan",
        "Laporan jam-jaman dari kelurahan ini sering terlambat.",
        "Laporan lewat telepon ke PPS, lalu dikirim bersama setiap jam.",
        "Siapkan operator telepon di kelurahan",
        "Operator siaga sejak pukul 06.00.",
    ),
    _Problem(
        DeskPoint.LOGISTICS,
        Agency.PEMDA,
        "Jalan menuju beberapa TPS sempit untuk kendaraan kotak",
        "Mobil logistik tidak dapat masuk gang.",
        "Gunakan motor roda tiga milik kelurahan.",
        "Pinjamkan dua motor roda tiga",
        "Dua kendaraan dipakai sampai malam.",
    ),
    _Problem(
        DeskPoint.COUNTING,
        Agency.PEMDA,
        "Penerangan di tempat penghitungan kurang",
        "Penghitungan diperkirakan sampai malam; lampu belum cukup.",
        "Pasang lampu tambahan dan siapkan genset.",
        "Pasang lampu tambahan di TPS yang dilaporkan",
        "Lampu terpasang sebelum pukul 17.00.",
    ),
)


def write_problems(book: Book) -> None:
    """Write the problems with what comes of them."""
    codes = [k.code for k in book.plan.kelurahan]
    for number, problem in enumerate(_PROBLEMS):
        region = codes[(2 * number + 1) * len(codes) // (2 * len(_PROBLEMS))]
        opened_at = eve(book.plan, region, "09:15") + minutes(35 * number)
        _write(book, problem, region=region, number=number, opened_at=opened_at)


def _write(book: Book, problem: _Problem, *, region: str, number: int, opened_at: datetime) -> None:
    desk, name = agency(Role.DESK, region[:5]), (number,)
    opening = OpenProblem(
        problem=book.id_at(opened_at, "problem", number),
        region=region,
        point=problem.point,
        severity=Severity.MEDIUM,
        title=problem.title,
        description=problem.description,
    )
    opened = book.write(opened_at, desk, opening, name=name)
    advised_at = opened_at + minutes(25)
    advice = GiveAdvice(
        advice=book.id_at(advised_at, "advice", number),
        on=opening.problem,
        on_incident=False,
        agency=problem.agency,
        title=problem.title,
        text=problem.advice,
    )
    advised = book.write(advised_at, desk, advice, name=name, after=(opened,))
    task = AssignTask(
        task=book.id_at(advised_at, "task", number),
        on=opening.problem,
        on_incident=False,
        agency=problem.agency,
        title=problem.task,
        text=f"{problem.task}. {problem.advice}",
        due_at=eve(book.plan, region, "20:00"),
    )
    given = book.write(advised_at + minutes(5), desk, task, name=name, after=(opened,))
    done_at = opened_at + timedelta(minutes=round(book.rng.uniform(200, 500)))
    done = book.write(done_at, desk, CompleteTask(task.task, problem.outcome), name=name, after=(given,))
    followed = FollowAdvice(advice.advice, problem.outcome)
    book.write(done_at + minutes(5), desk, followed, name=name, after=(advised,))
    resolved = ResolveProblem(opening.problem, problem.outcome)
    book.write(done_at + minutes(10), desk, resolved, name=name, after=(done,))
