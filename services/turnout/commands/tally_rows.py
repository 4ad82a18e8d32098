"""A tally under its lock: loaded with all that its next step is judged by, and written back, many at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis.database import Row, UnitOfWork
from chassis.outbox import Origin
from chassis.problems import Problem
from chassis.tps_codes import by_code, code_findings, find_tps
from contracts.former_codes import CODE_MOVED
from contracts.turnout_events import FormFinding, TallyState
from contracts.vocabulary import Milestone
from services.turnout.errors import FormUnknown, TpsUnknown
from services.turnout.events import Standing, Teller
from services.turnout.rules.ballots import RESERVE_RATIO
from services.turnout.rules.form_findings import Surroundings
from services.turnout.rules.publication import results_public_at
from services.turnout.rules.tallies import Hand, Life, Typed
from services.turnout.rules.times import FORMS, Course, VotingDate, entry_findings, judge_time
from services.turnout.rules.voting_days import WALK_INS_FROM


@dataclass(frozen=True, slots=True, order=True)
class FormName:
    """Which form: of which TPS and contest."""

    election: str
    tps_code: str
    contest: str


Times = tuple[datetime, datetime]
"""When something happened by the device, and when the desk recorded it."""


@dataclass(slots=True)
class Form:
    """A tally whose row this transaction holds.

    Attributes:
        life: what the next step is judged by; a command puts the life after its step here.
        numbers: how often figures stood so far; the number of the last ones.
        standing: number of the figures that stand, None where none do.
        times: of the entries of this round, in order.
    """

    name: FormName
    known: Row
    life: Life
    version: int
    numbers: int
    standing: int | None
    choices: list[int]
    around: Surroundings
    times: list[Times]
    touched: bool = False

    @property
    def tally_id(self) -> UUID:
        """Return the aggregate's id."""
        return self.known["tally_id"]

    @property
    def location(self) -> str:
        """Return the form's path."""
        name = self.name
        return f"/v1/elections/{name.election}/tps/{name.tps_code}/forms/{name.contest}"

    @property
    def aggregate(self) -> str:
        """Return what `Desk-Position` calls the form."""
        return f"tally/{self.tally_id}"

    def results_public_at(self) -> datetime:
        """Return when votes per choice may be public."""
        told: datetime | None = self.known["results_public_at"]
        return told or results_public_at(self.known["voting_date"])

    @property
    def date(self) -> VotingDate:
        """Return when its TPS votes."""
        return VotingDate(self.known["voting_date"], self.known["zone"])

    def entry_findings(self, times: Sequence[Times]) -> list[FormFinding]:
        """Return what is to be said of when entries of the form were made, and of the code that they named, each once."""
        at: dict[Milestone, datetime | None] = {
            Milestone.OPENED: self.known["opened_at"],
            Milestone.VOTING_CLOSED: self.known["closed_at"],
        }
        reached = {milestone: moment for milestone, moment in at.items() if moment is not None}
        course = Course(self.date, reached, self.known["voting_closes"])
        found = list(dict.fromkeys(finding for told in times for finding in entry_findings(*told, course)))
        placed = [judge_time(*told, of=self.date, window=FORMS).placed_at for told in times]
        moved = any(code_findings(at, self.known) for at in placed)
        return [*found, self._code_moved()] if moved else found

    def _code_moved(self) -> FormFinding:
        since: datetime | None = self.known["code_since"]
        return FormFinding(
            code=CODE_MOVED,
            where="tps_code",
            written=self.name.tps_code,
            expected=since.isoformat() if since else None,
        )

    def next_number(self) -> int:
        """Return the number of figures that stand from now on."""
        self.numbers += 1
        self.standing = self.numbers
        return self.numbers

    def raise_version(self) -> int:
        """Return the version of the next event."""
        self.version += 1
        self.touched = True
        return self.version

    def teller(self, uow: UnitOfWork, origin: Origin, *, occurred_at: datetime) -> Teller:
        """Return what tells the step that was just judged; `life` is the one after it."""
        return Teller(
            uow=uow,
            origin=origin,
            tally_id=self.tally_id,
            tps_id=self.known["tps_id"],
            tps_code=self.name.tps_code,
            contest=self.name.contest,
            round=self.life.round,
            state=self.life.state,
            occurred_at=occurred_at,
        )


# Each look-up is a probe of an index by itself (`limit 1`): joined, they become scans of whole tables wherever PostgreSQL
# has planned them while the tables were small.
_FIND = by_code("""
select c.election, c.tps_code as asked, t.tps_code, t.tps_id, t.zone, t.voting_date, t.voting_opens, t.voting_closes, c.contest,
       t.dpt_men + t.dpt_women as dpt, t.had_by_another, t.code_since,
       y.tally_id, k.choices, e.results_public_at, e.reserve_ratio, e.walk_ins_from, b.ballots_received,
       (d.reached ->> 'opened')::timestamptz as opened_at, (d.reached ->> 'voting_closed')::timestamptz as closed_at
from unnest($1::text[], $2::text[], $3::text[]) c(election, tps_code, contest)
cross join lateral (<tps>) t
cross join lateral (select tally_id from tally where tps_id = t.tps_id and contest = c.contest limit 1) y
cross join lateral (
    select choices from contest_ref where election = c.election and contest = c.contest limit 1
) k
left join lateral (select reached from voting_day where tps_id = t.tps_id limit 1) d on true
left join lateral (select * from election_ref where election = c.election limit 1) e on true
left join lateral (
    select ballots_received from box_ref where tps_id = t.tps_id and contest = c.contest and not void
    order by box_id desc limit 1
) b on true
where t.active and c.contest = any(t.contests)
""")
_LOCK = """
select tally_id, version, round, state, numbers, standing, return_asked_by
from tally where tally_id = any($1::uuid[]) order by tally_id for update
"""
# A statement of its own: only one that begins after the lock was granted sees what its last holder wrote.
_ENTRIES = """
select w.tally_id, e.person, e.device, e.figures::text as figures, e.occurred_at, e.recorded_at
from unnest($1::uuid[], $2::int[]) w(tally_id, round)
cross join lateral (
    select * from tally_entry where tally_id = w.tally_id and round = w.round order by slot limit 2
) e
"""
_OTHER_USERS = """
select w.tps_id, o.contest, (a.figures -> 'administration' -> 'users' ->> 'total')::int as users
from unnest($1::uuid[]) w(tps_id)
cross join lateral (select * from tally where tps_id = w.tps_id and standing is not null limit 9) o
cross join lateral (
    select figures from tally_acceptance where tally_id = o.tally_id and number = o.standing limit 1
) a
"""
_WRITE_TALLIES = """
update tally y set version = u.version, round = u.round, state = u.state, numbers = u.numbers,
                   standing = u.standing, return_asked_by = u.return_asked_by
from unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::int[], $6::int[], $7::text[])
     u(tally_id, version, round, state, numbers, standing, return_asked_by)
where y.tally_id = u.tally_id and y.tally_id = any($1::uuid[])
"""
_WRITE_STANDING = """
insert into tally_acceptance (tally_id, number, round, version, decided_by, settled, first_person, second_person,
                              adjudicator, reason, figures, findings, accepted, held, photo_sha256, channel,
                              occurred_at, recorded_at)
select tally_id, number, round, version, decided_by, settled, first_person, second_person, adjudicator, reason,
       figures::json, findings::json, string_to_array(accepted, ' '), held, photo_sha256, channel, occurred_at,
       recorded_at
from unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::boolean[], $15::text[], $16::text[],
            $17::timestamptz[], $18::timestamptz[])
     u(tally_id, number, round, version, decided_by, settled, first_person, second_person, adjudicator, reason,
       figures, findings, accepted, held, photo_sha256, channel, occurred_at, recorded_at)
"""


async def lock_forms(uow: UnitOfWork, names: Sequence[FormName]) -> dict[FormName, Form]:
    """Lock tallies, in one order, and return those that exist with all that their next step is judged by.

    Returns:
        forms by the names that were asked for. A form has the present code of its TPS in its own name, and is one form where
        two codes mean it.
    """
    found = await _find_forms(uow, names)
    known: dict[UUID, Row] = {}
    for row in found.values():
        known.setdefault(row["tally_id"], row)
    if not known:
        return {}
    rows = await uow.fetch(_LOCK, list(known))
    entered = [row for row in rows if row["state"] != TallyState.EMPTY]
    entries: dict[UUID, list[tuple[Typed, Times]]] = {}
    users: Mapping[tuple[UUID, str], int] = {}
    if entered:
        ids, rounds = [row["tally_id"] for row in entered], [row["round"] for row in entered]
        for row in await uow.fetch(_ENTRIES, ids, rounds):
            entry = Typed(Hand(row["person"], row["device"]), row["figures"])
            times = (row["occurred_at"], row["recorded_at"])
            entries.setdefault(row["tally_id"], []).append((entry, times))
        places = list({known[tally_id]["tps_id"] for tally_id in ids})
        users = {
            (row["tps_id"], row["contest"]): row["users"]
            for row in await uow.fetch(_OTHER_USERS, places)
            if row["users"] is not None
        }
    forms = {
        row["tally_id"]: _form(known[row["tally_id"]], row, entries.get(row["tally_id"], []), users)
        for row in rows
    }
    return {name: forms[row["tally_id"]] for name, row in found.items()}


async def _find_forms(uow: UnitOfWork, names: Sequence[FormName]) -> dict[FormName, Row]:
    found: dict[FormName, Row] = {}
    for statement in _FIND:
        missing = sorted(set(names) - found.keys())
        if not missing:
            break
        columns = _columns([(name.election, name.tps_code, name.contest) for name in missing])
        for row in await uow.fetch(statement, *columns):
            found[FormName(row["election"], row["asked"], row["contest"])] = row
    return found


def _form(
    known: Row,
    row: Row,
    entries: Sequence[tuple[Typed, Times]],
    users: Mapping[tuple[UUID, str], int],
) -> Form:
    life = Life(
        state=TallyState(row["state"]),
        round=row["round"],
        entries=tuple(entry for entry, _ in entries),
        return_asked_by=row["return_asked_by"],
    )
    return Form(
        name=FormName(known["election"], known["tps_code"], known["contest"]),
        known=known,
        life=life,
        version=row["version"],
        numbers=row["numbers"],
        standing=row["standing"],
        choices=known["choices"],
        around=_surroundings(known, users),
        times=[times for _, times in entries],
    )


def _surroundings(row: Row, users: Mapping[tuple[UUID, str], int]) -> Surroundings:
    governor = _is_governors(row["contest"])
    others = [
        count
        for (tps_id, contest), count in users.items()
        if tps_id == row["tps_id"] and _is_governors(contest) != governor
    ]
    return Surroundings(
        reserve_ratio=Decimal(row["reserve_ratio"]) if row["reserve_ratio"] else RESERVE_RATIO,
        opens=row["voting_opens"],
        closes=row["voting_closes"],
        walk_ins_from=row["walk_ins_from"] or WALK_INS_FROM,
        registered_dpt=row["dpt"],
        receipt=row["ballots_received"],
        governor=governor,
        other_users=others[0] if others else None,
    )


def _is_governors(contest: str) -> bool:
    return contest.startswith("gubernur-")


async def why_unknown(uow: UnitOfWork, name: FormName) -> Problem:
    """Return what is wrong with the name of a form that was not found: its TPS, or its contest."""
    if await find_tps(uow, name.election, name.tps_code) is None:
        return TpsUnknown(
            f"No TPS has the code {name.tps_code}.", detail_id=f"Tidak ada TPS dengan kode {name.tps_code}."
        )
    return FormUnknown(
        f"TPS {name.tps_code} has no form of this contest.",
        detail_id=f"TPS {name.tps_code} tidak memiliki formulir pemilihan ini.",
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """Figures that stand from now on, with who stands behind them.

    Attributes:
        version: of the event that tells them.
        persons: of the two entries, in order.
        reason: the adjudicator's; kept here, in no event.
    """

    form: Form
    round: int
    version: int
    standing: Standing
    figures: str
    persons: tuple[str, str]
    adjudicator: str | None
    reason: str
    occurred_at: datetime
    origin: Origin


async def write_forms(uow: UnitOfWork, forms: Sequence[Form], *, accepted: Sequence[Accepted]) -> None:
    """Write tallies back, and the figures that stand."""
    if accepted:
        await uow.execute(_WRITE_STANDING, *_columns([_acceptance(one) for one in accepted]))
    rows = [
        (
            *(form.tally_id, form.version, form.life.round, form.life.state.value),
            *(form.numbers, form.standing, form.life.return_asked_by),
        )
        for form in {form.tally_id: form for form in forms}.values()
        if form.touched
    ]
    if rows:
        await uow.execute(_WRITE_TALLIES, *_columns(rows))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _acceptance(one: Accepted) -> tuple[object, ...]:
    standing, origin = one.standing, one.origin
    decided_by = "agreement" if standing.settled is None else "adjudication"
    findings = "[" + ",".join(finding.model_dump_json() for finding in standing.findings) + "]"
    return (
        *(one.form.tally_id, standing.number, one.round, one.version, decided_by, standing.settled),
        *(*one.persons, one.adjudicator, one.reason, one.figures, findings, " ".join(standing.accepted)),
        *(standing.held, standing.photo_sha256, origin.channel, one.occurred_at, origin.now),
    )
