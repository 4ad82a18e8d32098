"""The steps of a tally beside its entries: settled by a third person, taken back, returned."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError
from contracts.turnout_events import FormFinding, TallyState
from services.turnout.commands.tallies import figures_of
from services.turnout.commands.tally_rows import (
    Accepted,
    Form,
    FormName,
    lock_forms,
    why_unknown,
    write_forms,
)
from services.turnout.errors import FindingNotThere
from services.turnout.events import Standing
from services.turnout.rules.form_figures import canonical
from services.turnout.rules.form_findings import blocking, form_findings, held_out
from services.turnout.rules.tallies import Hand, Life, adjudicate, discard, not_found, send_back
from services.turnout.rules.times import settlement_findings
from services.turnout.schemas.tallies import FormAdjudicationIn, FormAdjudicationOut, FormStepIn, FormStepOut


async def adjudicate_form(
    uow: UnitOfWork, name: FormName, command: FormAdjudicationIn, *, by: Hand, origin: Origin
) -> Receipt:
    """Settle a form that two persons entered differently, or whose paper does not add up, as a third person.

    What the entries said, and what stood before, is kept beside it. Figures that still break a rule that blocks stay out
    of the totals, except for the rules that the adjudicator names and lets stand.

    Emits:
        tally.verified

    Raises:
        TpsUnknown, FormUnknown: there is no such form.
        ThirdPersonRequired: the person made one of the entries.
        ChoiceUnknown, FindingNotThere: the payload does not fit the contest, or its own figures.
        WrongState: there is nothing to settle.
    """
    form = await _locked(uow, name)
    before = form.life
    figures = figures_of(form, command.figures)
    findings = form_findings(figures, around=form.around)
    accepted = sorted(set(command.accepted))
    occurred_at = command.occurred_at or origin.now
    held = held_out(figures, findings, accepted=accepted)
    form.life = adjudicate(before, by, held=held)
    _check_accepted(command, findings)
    standing = Standing(
        number=form.next_number(),
        settled="entries_differ" if _differ(before) else "paper_does_not_add_up",
        figures=figures,
        findings=findings + settlement_findings(occurred_at, origin.now, of=form.date),
        accepted=accepted,
        held=held,
        persons=len(form.life.persons),
        photo_sha256=command.photo_sha256,
    )
    version = form.raise_version()
    teller = form.teller(uow, origin, occurred_at=occurred_at)
    teller.verified(version, standing, results_public_at=form.results_public_at())
    settled = Accepted(
        form=form,
        round=before.round,
        version=version,
        standing=standing,
        figures=canonical(figures),
        persons=(before.entries[0].by.person, before.entries[1].by.person),
        adjudicator=by.person,
        reason=command.reason,
        occurred_at=occurred_at,
        origin=origin,
    )
    await write_forms(uow, [form], accepted=[settled])
    return _settled_receipt(form, standing, origin)


def _differ(before: Life) -> bool:
    first, second = before.entries
    return first.figures != second.figures


def _check_accepted(command: FormAdjudicationIn, findings: list[FormFinding]) -> None:
    strangers = not_found(command.accepted, blocking(findings))
    if strangers:
        raise FindingNotThere(
            "The settled figures do not have one of the findings that are let stand.",
            detail_id="Salah satu temuan yang diterima tidak ada pada angka yang ditetapkan.",
            errors=[
                FieldError(
                    f"/accepted/{place}",
                    "finding-not-there",
                    "The figures do not have this finding.",
                    "Angka ini tidak memiliki temuan tersebut.",
                )
                for place in strangers
            ],
        )


def _settled_receipt(form: Form, standing: Standing, origin: Origin) -> Receipt:
    out = FormAdjudicationOut(
        tps_code=form.name.tps_code,
        contest=form.name.contest,
        round=form.life.round,
        number=standing.number,
        state=form.life.state,
        held=standing.held,
        findings=standing.findings,
        accepted=list(standing.accepted),
        recorded_at=origin.now,
    )
    return Receipt(out, location=form.location, aggregate=form.aggregate, version=form.version)


async def discard_entry(
    uow: UnitOfWork, name: FormName, command: FormStepIn, *, by: Hand, origin: Origin
) -> Receipt:
    """Take the first entry of a form back, by whoever made it, before there is a second.

    Emits:
        tally.entry_discarded

    Raises:
        TpsUnknown, FormUnknown: there is no such form.
        NotYourEntry: somebody else made it.
        WrongState: there is no such entry.
    """
    form = await _locked(uow, name)
    before, form.life = form.life, discard(form.life, by)
    version = form.raise_version()
    form.teller(uow, origin, occurred_at=command.occurred_at or origin.now).discarded(version)
    await _record_step(uow, form, _Step("discarded", before, by, command), origin=origin)
    return _step_receipt(form, origin)


async def return_form(
    uow: UnitOfWork, name: FormName, command: FormStepIn, *, by: Hand, origin: Origin
) -> Receipt:
    """Return a form to be entered anew; all entries of the round are kept, and count no more.

    A verified form is in the totals: the first call asks, and another person's returns it.

    Emits:
        tally.returned, or tally.return_requested.

    Raises:
        TpsUnknown, FormUnknown: there is no such form.
        WrongState: nothing was entered.
    """
    form = await _locked(uow, name)
    before, form.life = form.life, send_back(form.life, by)
    teller = form.teller(uow, origin, occurred_at=command.occurred_at or origin.now)
    version = form.raise_version()
    if form.life.state is TallyState.VERIFIED:
        teller.return_requested(version)
        step = _Step("return_requested", before, by, command)
    else:
        form.standing = None
        persons = 1 if before.return_asked_by in {None, by.person} else 2
        teller.returned(version, was=before.state, persons=persons)
        step = _Step("returned", before, by, command)
    await _record_step(uow, form, step, origin=origin)
    return _step_receipt(form, origin)


@dataclass(frozen=True, slots=True)
class _Step:
    step: str
    before: Life
    by: Hand
    command: FormStepIn


async def _record_step(uow: UnitOfWork, form: Form, step: _Step, *, origin: Origin) -> None:
    occurred_at: datetime = step.command.occurred_at or origin.now
    await write_forms(uow, [form], accepted=[])
    await uow.execute(
        """insert into tally_step (tally_id, version, step, round, state_before, person, asked_by, reason, channel,
                                   occurred_at, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        *(form.tally_id, form.version, step.step, step.before.round, step.before.state.value),
        *(step.by.person, step.before.return_asked_by, step.command.reason, origin.channel),
        *(occurred_at, origin.now),
    )


def _step_receipt(form: Form, origin: Origin) -> Receipt:
    out = FormStepOut(
        tps_code=form.name.tps_code,
        contest=form.name.contest,
        round=form.life.round,
        state=form.life.state,
        return_requested=form.life.return_asked_by is not None,
        recorded_at=origin.now,
    )
    return Receipt(out, location=form.location, aggregate=form.aggregate, version=form.version)


async def _locked(uow: UnitOfWork, name: FormName) -> Form:
    form = (await lock_forms(uow, [name])).get(name)
    if form is None:
        raise await why_unknown(uow, name)
    return form
