"""What can be asked about one form: its state, and its figures once they stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from chassis.database import Connection, Row
from chassis.problems import NotFound
from contracts.turnout_events import FormFigures, FormFinding, FormPart, TallyState
from services.turnout.errors import FormUnknown, TpsUnknown
from services.turnout.rules.form_figures import differing_parts
from services.turnout.rules.publication import results_public_at, votes_withheld
from services.turnout.rules.tallies import ALLOWED
from services.turnout.schemas.tallies import FormFiguresOut, FormOut, FormVersionOut

_FORM = """
select t.voting_date, e.results_public_at, y.*
from tps_ref t join tally y using (tps_id) left join election_ref e using (election)
where t.election = $1 and t.tps_code = $2 and y.contest = $3 and t.active and y.contest = any(t.contests)
"""
_findings: TypeAdapter[list[FormFinding]] = TypeAdapter(list[FormFinding])


async def form(
    connection: Connection, *, election: str, tps_code: str, contest: str, now: datetime, early: bool
) -> tuple[FormOut, int]:
    """Return a form as it stands and its version; figures only once two persons agree or a third has settled them.

    Args:
        connection: for reads.
        election: id.
        tps_code: in the desk's form.
        contest: id.
        now: the desk's time.
        early: whether the caller may see votes per choice before results are public.

    Raises:
        TpsUnknown, FormUnknown: there is no such form.
    """
    row = await connection.fetchrow(_FORM, election, tps_code, contest)
    if row is None:
        raise await _why_unknown(connection, election=election, tps_code=tps_code)
    public_at = row["results_public_at"] or results_public_at(row["voting_date"])
    withheld = votes_withheld(now=now, public_at=public_at, early=early)
    state = TallyState(row["state"])
    entries = await connection.fetch(
        "select figures::text as figures from tally_entry where tally_id = $1 and round = $2 order by slot",
        row["tally_id"],
        row["round"],
    )
    versions = await _versions(connection, row, withheld=withheld)
    out = FormOut(
        official=False,
        as_of=now,
        tps_code=tps_code,
        contest=contest,
        state=state,
        round=row["round"],
        entries=len(entries),
        differing=_differing(entries) if state is TallyState.DISPUTED else [],
        held=state is TallyState.HELD,
        return_requested=row["return_asked_by"] is not None,
        allowed=list(ALLOWED[state]),
        version=versions[-1] if versions else None,
        history=versions[:-1],
        withheld_until=public_at if withheld else None,
    )
    return out, row["version"]


async def _why_unknown(connection: Connection, *, election: str, tps_code: str) -> NotFound:
    known = await connection.fetchval(
        "select 1 from tps_ref where election = $1 and tps_code = $2", election, tps_code
    )
    if known is None:
        return TpsUnknown(f"No TPS has the code {tps_code}.")
    return FormUnknown(f"TPS {tps_code} has no form of this contest.")


def _differing(entries: Sequence[Row]) -> list[FormPart]:
    first, second = (FormFigures.model_validate_json(entry["figures"]) for entry in entries)
    return differing_parts(first, second)


async def _versions(connection: Connection, row: Row, *, withheld: bool) -> list[FormVersionOut]:
    """Return what stands and what stood before, where figures stand: a new round is entered without sight of the last."""
    if row["standing"] is None:
        return []
    found = await connection.fetch(
        """select number, round, decided_by, settled, reason, figures::text as figures, findings::text as findings,
                  accepted, held, photo_sha256, recorded_at
           from tally_acceptance where tally_id = $1 and number <= $2 order by number""",
        row["tally_id"],
        row["standing"],
    )
    return [_version(one, withheld=withheld) for one in found]


def _version(row: Row, *, withheld: bool) -> FormVersionOut:
    figures = FormFigures.model_validate_json(row["figures"])
    votes: Mapping[int, int | None] | None = None if withheld else figures.votes
    findings = _findings.validate_json(row["findings"])
    return FormVersionOut(
        number=row["number"],
        round=row["round"],
        by=row["decided_by"],
        settled=row["settled"],
        reason=row["reason"],
        figures=FormFiguresOut.model_validate({**figures.model_dump(), "votes": votes}),
        findings=[one for one in findings if not (withheld and one.where.startswith("votes"))],
        accepted=row["accepted"],
        held=row["held"],
        photo_sha256=row["photo_sha256"],
        recorded_at=row["recorded_at"],
    )
