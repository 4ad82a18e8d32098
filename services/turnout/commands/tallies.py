"""The entry of a form: written for a list; the single route reaches it through the coalescer.

Until two persons agree, the figures of an entry go nowhere but into its row, and its findings to whoever made it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.coalescer import Item
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, Problem
from contracts.turnout_events import FormFigures, FormFinding, TallyState
from services.turnout.commands.tally_rows import (
    Accepted,
    Form,
    FormName,
    lock_forms,
    why_unknown,
    write_forms,
)
from services.turnout.errors import ChoiceUnknown
from services.turnout.events import Standing
from services.turnout.rules.form_figures import (
    canonical,
    differing_parts,
    entry_hash,
    in_one_form,
    unknown_choices,
)
from services.turnout.rules.form_findings import form_findings, held_out
from services.turnout.rules.tallies import Hand, Life, Typed, enter
from services.turnout.schemas.tallies import FormEntryIn, FormEntryOut, FormFiguresIn

_WRITE_ENTRIES = """
insert into tally_entry (tally_id, round, slot, person, device, client, channel, figures, salt, entry_hash,
                         photo_sha256, occurred_at, recorded_at, granted_region)
select tally_id, round, slot, person, device, client, channel, figures::json, salt, entry_hash,
       photo_sha256, occurred_at, recorded_at, granted_region
from unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::bytea[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::text[])
     u(tally_id, round, slot, person, device, client, channel, figures, salt, entry_hash, photo_sha256,
       occurred_at, recorded_at, granted_region)
"""


@dataclass(frozen=True, slots=True)
class EnterForm:
    """An entry, the form that it is of, and whose it is.

    Attributes:
        client: the application that it came through.
    """

    tps_code: str
    contest: str
    entry: FormEntryIn
    by: Hand
    client: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """An entry once the rules have let it in."""

    form: Form
    slot: Literal[1, 2]
    round: int
    figures: FormFigures
    text: str
    findings: list[FormFinding]
    before: Life


async def record_entries(uow: UnitOfWork, items: Sequence[Item[EnterForm]]) -> list[Receipt | Problem]:
    """Record entries of forms, many in one transaction, each judged alone.

    The first entry of a form waits for a second by another person. Where both say the same, the figures stand as written;
    held out of the totals where they break a rule that blocks. Where they differ the form is disputed.

    Returns:
        one result per item, in their order: the receipt, or the refusal (`TpsUnknown`, `FormUnknown`, `ChoiceUnknown`,
        `SecondPersonRequired`, `SecondDeviceRequired`, `WrongState`).

    Emits:
        tally.entry_recorded for each; after a second one tally.verified or tally.disputed.
    """
    names = [FormName(item.origin.election, item.command.tps_code, item.command.contest) for item in items]
    forms = await lock_forms(uow, names)
    results: list[Receipt | Problem] = []
    entries: list[tuple[object, ...]] = []
    accepted: list[Accepted] = []
    for item, name in zip(items, names, strict=True):
        form = forms.get(name)
        if form is None:
            results.append(await why_unknown(uow, name))
            continue
        try:
            judged = _judge(form, item.command, now=item.origin.now)
        except Problem as refusal:
            results.append(refusal)
            continue
        entries.append(_tell_entry(uow, judged, item))
        if judged.slot == 2:
            accepted += _tell_outcome(uow, judged, item)
        results.append(_receipt(judged, item.origin))
    if entries:
        await uow.execute(_WRITE_ENTRIES, *(list(column) for column in zip(*entries, strict=True)))
        await write_forms(uow, list(forms.values()), accepted=accepted)
    return results


def _judge(form: Form, command: EnterForm, *, now: datetime) -> _Judged:
    """Ask the rules, and move the form's life on.

    Raises:
        ChoiceUnknown, SecondPersonRequired, SecondDeviceRequired, WrongState: the entry is not let in.
    """
    figures = figures_of(form, command.entry.figures)
    text = canonical(figures)
    findings = form_findings(figures, around=form.around)
    before = form.life
    form.life = enter(before, Typed(command.by, text), held=held_out(figures, findings))
    form.times.append((command.entry.occurred_at, now))
    slot: Literal[1, 2] = 1 if before.state is TallyState.EMPTY else 2
    return _Judged(form, slot, before.round, figures, text, findings, before)


def figures_of(form: Form, sent: FormFiguresIn) -> FormFigures:
    """Return figures as they were sent, in the form in which they are compared.

    Raises:
        ChoiceUnknown: there are votes for a number that is no choice of the contest.
    """
    figures = FormFigures.model_validate(sent, from_attributes=True)
    strangers = unknown_choices(figures, choices=form.choices)
    if strangers:
        raise ChoiceUnknown(
            "The contest has no choice with one of these numbers.",
            detail_id="Pemilihan ini tidak memiliki pilihan dengan salah satu nomor tersebut.",
            errors=[
                FieldError(
                    f"/figures/votes/{number}",
                    "choice-unknown",
                    "No choice has this number.",
                    "Tidak ada pilihan dengan nomor ini.",
                )
                for number in strangers
            ],
        )
    return in_one_form(figures, choices=form.choices)


def _tell_entry(uow: UnitOfWork, judged: _Judged, item: Item[EnterForm]) -> tuple[object, ...]:
    """Tell of the entry without its figures, and return its row."""
    form, command, origin = judged.form, item.command, item.origin
    entry = command.entry
    salt = secrets.token_bytes(32)
    hidden = entry_hash(salt, judged.text)
    teller = form.teller(uow, origin, occurred_at=entry.occurred_at)
    teller.entry_recorded(form.raise_version(), slot=judged.slot, entry_hash=hidden)
    return (
        *(form.tally_id, judged.round, judged.slot, command.by.person, command.by.device),
        *(command.client, origin.channel, judged.text, salt, hidden, entry.photo_sha256),
        *(entry.occurred_at, origin.now, origin.granted_region),
    )


def _tell_outcome(uow: UnitOfWork, judged: _Judged, item: Item[EnterForm]) -> list[Accepted]:
    """Tell what the second entry led to, and return the figures that stand from now on, if any do."""
    form, entry = judged.form, item.command.entry
    teller = form.teller(uow, item.origin, occurred_at=entry.occurred_at)
    first = judged.before.entries[0]
    if form.life.state is TallyState.DISPUTED:
        other = FormFigures.model_validate_json(first.figures)
        teller.disputed(form.raise_version(), differing_parts(other, judged.figures))
        return []
    standing = Standing(
        number=form.next_number(),
        settled=None,
        figures=judged.figures,
        findings=judged.findings + form.entry_findings(form.times),
        accepted=(),
        held=form.life.state is TallyState.HELD,
        persons=len(form.life.persons),
        photo_sha256=entry.photo_sha256,
    )
    version = form.raise_version()
    teller.verified(version, standing, results_public_at=form.results_public_at())
    return [
        Accepted(
            form=form,
            round=judged.round,
            version=version,
            standing=standing,
            figures=judged.text,
            persons=(first.by.person, item.command.by.person),
            adjudicator=None,
            reason="",
            occurred_at=entry.occurred_at,
            origin=item.origin,
        )
    ]


def _receipt(judged: _Judged, origin: Origin) -> Receipt:
    form = judged.form
    out = FormEntryOut(
        tps_code=form.name.tps_code,
        contest=form.name.contest,
        round=judged.round,
        slot=judged.slot,
        state=form.life.state,
        findings=judged.findings + form.entry_findings(form.times[-1:]),
        recorded_at=origin.now,
    )
    return Receipt(out, location=form.location, aggregate=form.aggregate, version=form.version)
