"""Slips change a form; a paper that does not add up breaks a rule that holds it out of the totals."""

import random

from hypothesis import given
from hypothesis import strategies as st

from simulator.plan.city import plan_city
from simulator.plan.model import Form
from simulator.timeline.slips import misadd, mistype, slip_of
from tests.unit.simulator.rules_of_forms import broken_rules

FORMS = [form for tps in plan_city(2, tps=30).tps for form in tps.forms]


@given(figure=st.integers(0, 100_000))
def test_a_slip_is_another_figure(figure: int) -> None:
    assert slip_of(figure) != figure
    assert slip_of(figure) >= 0


@given(form=st.sampled_from(FORMS), seed=st.integers(0, 10_000))
def test_a_mistyped_form_is_another_form(form: Form, seed: int) -> None:
    assert mistype(random.Random(seed), form) != form


@given(form=st.sampled_from(FORMS), seed=st.integers(0, 10_000))
def test_a_misadded_form_breaks_a_rule(form: Form, seed: int) -> None:
    assert any(code.startswith("E-") for code in broken_rules(misadd(random.Random(seed), form)))
