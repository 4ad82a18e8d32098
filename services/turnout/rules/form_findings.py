"""What is wrong with the figures of a form: one pure evaluator, which the API, imports and recomputation share.

Nothing here refuses a form. The paper may be illogical: it is recorded as written (D21); a code that begins with `E-` holds
it out of the totals until a third person has settled it, one that begins with `W-` asks for a reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from contracts.turnout_events import FormAdministration, FormFigures, FormFinding, FormLine
from services.turnout.rules.ballots import ballots_needed

LINES = ("dpt", "users_dpt", "users_pindahan", "users_tambahan", "users", "disabled")
BALLOTS = ("ballots_received", "ballots_used", "ballots_spoiled", "ballots_unused")
COLUMNS = ("men", "women", "total")

INVALID_SHARE = 0.15
"""Share of invalid votes from which a reason is asked for. The desk's own: D20 names none; Kota Bogor's mayor had 0.049."""

OUTLIER_SHARE = 0.35
"""Distance of a choice's share from its share in the kelurahan from which a reason is asked for. The desk's own, as above."""

OUTLIER_FORMS = 5
"""Fewer forms of other TPS than these make no area to compare with."""


@dataclass(frozen=True, slots=True)
class Area:
    """The verified forms of a contest in the kelurahan of a TPS, without the one that is judged."""

    forms: int
    votes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the evaluator knows beside the form.

    Attributes:
        reserve_ratio: ballots beyond the DPT. Source: D2.
        opens: civil time of the TPS. Source: D10.
        closes: civil time of the TPS. Source: D10.
        walk_ins_from: civil time of the TPS. Source: D11.
        registered_dpt: voters on the list of the TPS as the registry tells; None where it is not known.
        receipt: ballots that logistics counted when the box of this contest was received; None where nobody did.
        governor: whether this is the governor's contest.
        other_users: people who voted in the TPS's other contest, where its form stands; None where not known.
        area: None where too few forms stand.
    """

    reserve_ratio: Decimal = Decimal("0.025")
    opens: str = "07:00"
    closes: str = "13:00"
    walk_ins_from: str = "12:00"
    registered_dpt: int | None = None
    receipt: int | None = None
    governor: bool = False
    other_users: int | None = None
    area: Area | None = field(default=None)


ALONE = Surroundings()
"""The law's defaults, and nothing known of other forms."""


def form_findings(figures: FormFigures, *, around: Surroundings = ALONE) -> list[FormFinding]:
    """Return the rules that the figures of a form do not meet, those that block first, each with both values.

    A box that was left empty is compared with nothing: it is a finding of its own.

    Example: a form with 300 valid votes whose choices have 180 and 119 gives `E-CAND-SUM` with written 300 and
    expected 299.

    Args:
        figures: as written.
        around: what is known beside the form.

    Source: D2, D4, D10, D11, D13, D15 to D21.
    """
    checks: tuple[Callable[[FormFigures, Surroundings], Iterator[FormFinding]], ...] = (
        _negatives,
        _votes_add_up,
        _votes_meet_ballots,
        _lines_add_up,
        _list_bounds,
        _list_is_registered,
        _ballots_add_up,
        _ballots_meet_need,
        _hours,
        _other_contest,
        _unusual_votes,
        _gaps,
    )
    found = [finding for check in checks for finding in check(figures, around)]
    return sorted(found, key=lambda finding: finding.code[0])


def outliers(figures: FormFigures, area: Area | None) -> list[FormFinding]:
    """Return the choices whose share is far from their share in the area; `form_findings` holds them where it has the area.

    What is far depends on the forms that stand at the moment, so it is asked anew whenever somebody looks.

    Example: 83 % for a choice that has 14 % in the kelurahan gives `W-OUTLIER`.

    Args:
        figures: as written.
        area: forms of the other TPS; too few of them, or None, give nothing.

    Source: D20.
    """
    votes = {number: count for number, count in figures.votes.items() if count is not None}
    cast = sum(votes.values())
    if cast <= 0 or len(votes) < len(figures.votes):
        return []
    return [finding for number, count in votes.items() for finding in _outlier(number, count / cast, area)]


def blocking(findings: list[FormFinding]) -> list[str]:
    """Return the codes that hold a form out of the totals, each once. Source: D21."""
    return sorted({finding.code for finding in findings if finding.code.startswith("E-")})


def countable(figures: FormFigures) -> bool:
    """Say whether the figures can be added to a total: the votes of every choice and the valid votes are known.

    Example: a form without the votes of one choice is not countable; its gap is not a zero.
    """
    return figures.valid is not None and bool(figures.votes) and None not in figures.votes.values()


def held_out(figures: FormFigures, findings: list[FormFinding], *, accepted: Sequence[str] = ()) -> bool:
    """Say whether a form stays out of the totals.

    Example: a form with `E-BALLOT-SUM` is held; one that an adjudicator settled, letting that finding stand with a
    reason, is not.

    Args:
        figures: as written, or as settled.
        findings: of these figures.
        accepted: blocking codes that an adjudicator let stand; a paper that nobody can set right is not made right here.

    Source: D21.
    """
    return not countable(figures) or any(code not in accepted for code in blocking(findings))


def _differs(code: str, where: str, written: int | None, expected: int | None) -> Iterator[FormFinding]:
    if written is not None and expected is not None and written != expected:
        yield FormFinding(code=code, where=where, written=written, expected=expected)


def _exceeds(code: str, where: str, written: int | None, most: int | None) -> Iterator[FormFinding]:
    if written is not None and most is not None and written > most:
        yield FormFinding(code=code, where=where, written=written, expected=most)


def _sum(*parts: int | None) -> int | None:
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def _boxes(figures: FormFigures) -> Iterator[tuple[str, int | None]]:
    """Yield every box of the form that must have a number, by its name."""
    block = figures.administration
    if block is not None:
        for name in LINES:
            line: FormLine = getattr(block, name)
            yield f"{name}.men", line.men
            yield f"{name}.women", line.women
            yield f"{name}.total", line.total
        for name in BALLOTS:
            yield name, getattr(block, name)
    for number, votes in figures.votes.items():
        yield f"votes.{number}", votes
    yield "valid", figures.valid
    yield "invalid", figures.invalid
    yield "total", figures.total


def _negatives(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    for where, written in _boxes(figures):
        if written is not None and written < 0:
            yield FormFinding(code="E-NEGATIVE", where=where, written=written, expected=0)


def _votes_add_up(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    """Source: D15."""
    if figures.votes:
        yield from _differs("E-CAND-SUM", "valid", figures.valid, _sum(*figures.votes.values()))
    yield from _differs("E-TOTAL-SUM", "total", figures.total, _sum(figures.valid, figures.invalid))


def _votes_meet_ballots(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    """Source: D16, D17."""
    block = figures.administration
    if block is None:
        return
    yield from _differs("E-USED-TOTAL", "ballots_used", block.ballots_used, figures.total)
    yield from _differs("E-USERS-TOTAL", "users.total", block.users.total, figures.total)
    yield from _differs("E-USED-USERS", "ballots_used", block.ballots_used, block.users.total)


def _lines_add_up(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    """Source: D17."""
    block = figures.administration
    if block is None:
        return
    for column in COLUMNS:
        own = (
            getattr(line, column) for line in (block.users_dpt, block.users_pindahan, block.users_tambahan)
        )
        yield from _differs("E-USERS-SUM", f"users.{column}", getattr(block.users, column), _sum(*own))
    for name in LINES:
        line: FormLine = getattr(block, name)
        yield from _differs("E-SEX-SUM", name, line.total, _sum(line.men, line.women))


def _list_bounds(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    """Source: D19."""
    block = figures.administration
    if block is None:
        return
    for column in COLUMNS:
        most = getattr(block.dpt, column)
        yield from _exceeds("E-DPT-USERS", f"users_dpt.{column}", getattr(block.users_dpt, column), most)


def _list_is_registered(figures: FormFigures, around: Surroundings) -> Iterator[FormFinding]:
    """Every other check of the list is against the form itself, which a slip in the list may meet all the same."""
    written = figures.administration.dpt.total if figures.administration else None
    yield from _differs("W-DPT-REGISTER", "dpt.total", written, around.registered_dpt)


def _ballots_add_up(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    """Source: D18, D19."""
    block = figures.administration
    if block is None:
        return
    parts = _sum(block.ballots_used, block.ballots_spoiled, block.ballots_unused)
    yield from _differs("E-BALLOT-SUM", "ballots_received", block.ballots_received, parts)
    yield from _exceeds("E-BALLOT-CAP", "ballots_used", block.ballots_used, block.ballots_received)


def _ballots_meet_need(figures: FormFigures, around: Surroundings) -> Iterator[FormFinding]:
    """The reserve replaces spoiled ballots and serves who is not on the list, so both count. Source: D2, D4, D19."""
    block = figures.administration
    if block is None:
        return
    yield from _differs("W-RECEIPT", "ballots_received", block.ballots_received, around.receipt)
    if block.dpt.total is None:
        return
    need = ballots_needed(block.dpt.total, ratio=around.reserve_ratio)
    yield from _differs("W-BALLOT-NEED", "ballots_received", block.ballots_received, need)
    gone = _sum(block.ballots_used, block.ballots_spoiled)
    yield from _exceeds("W-RESERVE", "ballots_used", gone, block.dpt.total)


def _hours(figures: FormFigures, around: Surroundings) -> Iterator[FormFinding]:
    """Times are text of one width, so that their order is that of the alphabet. Source: D10, D11."""
    opened, closed = figures.opened, figures.closed
    if opened is not None and not around.opens <= opened <= around.closes:
        yield FormFinding(code="W-HOURS", where="opened", written=opened, expected=around.opens)
    if closed is not None and closed > around.closes:
        yield FormFinding(code="W-HOURS", where="closed", written=closed, expected=around.closes)
    walk_ins = figures.administration.users_tambahan.total if figures.administration else None
    if walk_ins and closed is not None and closed < around.walk_ins_from:
        yield FormFinding(
            code="W-WALKIN-HOURS", where="closed", written=closed, expected=around.walk_ins_from
        )


def _other_contest(figures: FormFigures, around: Surroundings) -> Iterator[FormFinding]:
    """A voter from another kab/kota gets the governor's ballot only. Source: D13."""
    users = figures.administration.users.total if figures.administration else None
    if around.governor:
        yield from _exceeds("W-CROSS-CONTEST", "users.total", around.other_users, users)
    else:
        yield from _exceeds("W-CROSS-CONTEST", "users.total", users, around.other_users)


def _unusual_votes(figures: FormFigures, around: Surroundings) -> Iterator[FormFinding]:
    """Source: D20."""
    total, invalid = figures.total, figures.invalid
    if total and invalid is not None and invalid / total > INVALID_SHARE:
        share = round(invalid / total, 4)
        yield FormFinding(code="W-INVALID-SHARE", where="invalid", written=share, expected=INVALID_SHARE)
    votes = {number: count for number, count in figures.votes.items() if count is not None}
    cast = sum(votes.values())
    if cast <= 0 or len(votes) < len(figures.votes):
        return
    for number, count in votes.items():
        if count == cast and len(votes) > 1:
            yield FormFinding(code="W-UNANIMOUS", where=f"votes.{number}", written=count, expected=None)
    yield from outliers(figures, around.area)


def _outlier(number: int, share: float, area: Area | None) -> Iterator[FormFinding]:
    if area is None or area.forms < OUTLIER_FORMS or (cast := sum(area.votes.values())) <= 0:
        return
    there = area.votes.get(number, 0) / cast
    if abs(share - there) > OUTLIER_SHARE:
        yield FormFinding(
            code="W-OUTLIER", where=f"votes.{number}", written=round(share, 4), expected=round(there, 4)
        )


def _gaps(figures: FormFigures, _: Surroundings) -> Iterator[FormFinding]:
    """What was left empty is not known, and never zero."""
    if figures.administration is None:
        yield FormFinding(code="W-INCOMPLETE", where="administration", written=None, expected=None)
    if not any(figures.votes.values()):
        yield FormFinding(code="W-INCOMPLETE", where="votes", written=None, expected=None)
    for where, written in _boxes(figures):
        if written is None:
            yield FormFinding(code="W-MISSING-FIELD", where=where, written=None, expected=None)


def is_empty(block: FormAdministration) -> bool:
    """Say whether no box of an administration block has a number."""
    lines = (getattr(block, name) for name in LINES)
    boxes = [getattr(line, column) for line in lines for column in COLUMNS]
    return all(box is None for box in (*boxes, *(getattr(block, name) for name in BALLOTS)))
