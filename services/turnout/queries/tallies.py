"""What can be asked about one form: its state, and its figures once they stand."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from chassis.database import Connection, Row
from chassis.row_security import beyond_regions
from chassis.tps_codes import find_tps
from contracts.access import Scope
from contracts.turnout_events import FormFigures, FormFinding, FormPart, TallyState
from contracts.vocabulary import kelurahan_of
from contracts.withholding import VOTE_FIGURES, without_votes
from services.turnout.errors import FormUnknown, TpsUnknown
from services.turnout.rules.form_figures import differing_parts
from services.turnout.rules.form_findings import Area, outliers
from services.turnout.rules.publication import results_public_at, votes_withheld
from services.turnout.rules.tallies import ALLOWED
from services.turnout.schemas.tallies import FormFiguresOut, FormOut, FormVersionOut

_FORM = """
select t.voting_date, e.results_public_at, y.*
from tps_ref t join tally y using (tps_id) left join election_ref e using (election)
where t.tps_id = $1 and y.contest = $2 and t.active and y.contest = any(t.contests)
"""
_ENTRIES = "select figures::text as figures from tally_entry where tally_id = $1 and round = $2 order by slot"
# A kelurahan's TPS differ in the last three digits only.
_AREA = """
select v.key::int as choice, sum(v.value::int) as votes, count(*) as forms
from tps_ref t join tally y on y.tps_id = t.tps_id and y.contest = $3 and y.state = 'verified'
join tally_acceptance a on a.tally_id = y.tally_id and a.number = y.standing
cross join lateral json_each_text(a.figures -> 'votes') v
where t.election = $1 and t.tps_code between $2 || '.000' and $2 || '.999' and t.active and y.tally_id <> $4
group by v.key
"""
_findings: TypeAdapter[list[FormFinding]] = TypeAdapter(list[FormFinding])


async def form(
    connection: Connection, *, election: str, tps_code: str, contest: str, now: datetime, early: bool
) -> tuple[FormOut, int, bool]:
    """Return a form, its version, and whether it shows votes that others do not see yet.

    Figures are in it only once two persons agree or a third has settled them.

    Args:
        connection: for reads.
        election: id.
        tps_code: in the desk's form; a former code answers with the TPS that had it.
        contest: id.
        now: the desk's time.
        early: whether the caller may see votes per choice before results are public.

    Raises:
        TpsUnknown, FormUnknown: there is no such form.
    """
    tps = await find_tps(connection, election, tps_code)
    if tps is None:
        raise TpsUnknown(
            f"No TPS has the code {tps_code}.", detail_id=f"Tidak ada TPS dengan kode {tps_code}."
        )
    row = await connection.fetchrow(_FORM, tps["tps_id"], contest)
    if row is None:
        raise FormUnknown(
            f"TPS {tps_code} has no form of this contest.",
            detail_id=f"TPS {tps_code} tidak memiliki formulir pemilihan ini.",
        )
    public_at = row["results_public_at"] or results_public_at(row["voting_date"])
    withheld = votes_withheld(now=now, public_at=public_at, early=early)
    state = TallyState(row["state"])
    # Of entries it is told how many there are and where they differ, of neighbours how far a form is from their sum.
    async with beyond_regions(connection, purposes=[Scope.TURNOUT_ENTER]):
        entries = await connection.fetch(_ENTRIES, row["tally_id"], row["round"])
        area = await _area(connection, row, election=election, tps_code=tps["tps_code"])
    versions = await _versions(connection, row, area=area, withheld=withheld)
    out = FormOut(
        official=False,
        as_of=now,
        tps_code=tps["tps_code"],
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
    return out, row["version"], out.version is not None and early and now < public_at


def _differing(entries: Sequence[Row]) -> list[FormPart]:
    first, second = (FormFigures.model_validate_json(entry["figures"]) for entry in entries)
    return differing_parts(first, second)


async def _area(connection: Connection, row: Row, *, election: str, tps_code: str) -> Area | None:
    """Return the verified forms of the contest at the kelurahan's other TPS, where this form's figures stand."""
    if row["standing"] is None:
        return None
    found = await connection.fetch(_AREA, election, kelurahan_of(tps_code), row["contest"], row["tally_id"])
    forms: int = max((one["forms"] for one in found), default=0)
    return Area(forms=forms, votes={one["choice"]: one["votes"] for one in found})


async def _versions(
    connection: Connection, row: Row, *, area: Area | None, withheld: bool
) -> list[FormVersionOut]:
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
    return [
        _version(one, area=area if one["number"] == row["standing"] else None, withheld=withheld)
        for one in found
    ]


def _version(row: Row, *, area: Area | None, withheld: bool) -> FormVersionOut:
    figures = FormFigures.model_validate_json(row["figures"])
    findings = [*_findings.validate_json(row["findings"]), *outliers(figures, area)]
    secret = dict.fromkeys(VOTE_FIGURES) if withheld else {}
    return FormVersionOut(
        number=row["number"],
        round=row["round"],
        by=row["decided_by"],
        settled=row["settled"],
        reason="" if withheld else row["reason"],
        figures=FormFiguresOut.model_validate({**figures.model_dump(), **secret}),
        findings=[without_votes(one) if withheld else one for one in findings],
        accepted=row["accepted"],
        held=row["held"],
        photo_sha256=row["photo_sha256"],
        recorded_at=row["recorded_at"],
    )
