"""While votes are withheld, no finding of a form has a number that is votes or a sum of them."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.turnout_events import FormFinding
from contracts.withholding import VOTE_FIGURES, without_votes
from services.turnout.rules.form_findings import Area, Surroundings, form_findings
from tests.unit.turnout.papers import Paper


@given(st.lists(st.integers(10_000, 99_999), min_size=2, max_size=5), st.data())
def test_no_number_of_votes_is_left(votes: list[int], data: st.DataObject) -> None:
    valid, invalid, total = (data.draw(st.integers(10_000, 99_999)) for _ in range(3))
    figures = (
        Paper()
        .figures()
        .model_copy(
            update={
                "votes": dict(enumerate(votes, start=1)),
                "valid": valid,
                "invalid": invalid,
                "total": total,
            }
        )
    )
    area = Area(forms=9, votes={1: 1})
    findings = form_findings(figures, around=Surroundings(area=area))
    assert {"E-USED-TOTAL", "E-USERS-TOTAL"} <= {one.code for one in findings}
    for one in (without_votes(found) for found in findings):
        assert "." not in one.where or one.where.partition(".")[0] not in VOTE_FIGURES
        numbers = [each for each in (one.written, one.expected) if isinstance(each, int)]
        assert all(number < 10_000 for number in numbers), one
        assert not any(isinstance(each, float) for each in (one.written, one.expected)), one
    assert [one.code for one in findings] == [without_votes(one).code for one in findings]


def test_what_is_no_vote_stays_and_what_is_not_known_goes() -> None:
    hours = FormFinding(code="W-HOURS", where="closed", written="14:00", expected="13:00")
    assert without_votes(hours) == hours
    later = FormFinding(code="W-NEW", where="", written=5, expected=6)
    assert (without_votes(later).code, without_votes(later).written) == ("W-NEW", None)
