"""Routes of the forms: who may enter, settle, take back, return and read; a named person stands behind each change."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from chassis.access_trail import Trail
from chassis.actor import Actor
from chassis.conditional import etag_of
from chassis.hot import KEYED, HotDoor
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.reading import DeskTime, ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ContestId, ElectionId, TpsCode
from services.turnout.commands import tally_steps
from services.turnout.commands.tallies import EnterForm
from services.turnout.commands.tally_rows import FormName
from services.turnout.queries import tallies as queries
from services.turnout.rules.tallies import Hand
from services.turnout.schemas.tallies import (
    FormAdjudicationIn,
    FormAdjudicationOut,
    FormEntryIn,
    FormEntryOut,
    FormOut,
    FormStepIn,
    FormStepOut,
)

router = APIRouter(prefix="/v1/elections/{election}/tps/{code}/forms/{contest}", tags=["forms"])

Typist = Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, region_param="code", person=True))]
Adjudicator = Annotated[
    Actor, Depends(permission(Scope.TURNOUT_ADJUDICATE, region_param="code", person=True))
]
Reader = Annotated[Actor, Depends(permission(Scope.TURNOUT_READ, region_param="code"))]
Entries = Annotated[HotDoor[EnterForm], Depends(HotDoor.named("form_entries"))]


@router.post("/entries", status_code=201, response_model=FormEntryOut, openapi_extra=KEYED)
async def enter_form(
    election: ElectionId,
    code: TpsCode,
    contest: ContestId,
    body: FormEntryIn,
    typist: Typist,
    entries: Entries,
) -> Response:
    """Enter the form of a contest as it is written; a second person enters it again, without sight of the first."""
    command = EnterForm(code, contest, body, _hand(typist), typist.client)
    return await entries.one(
        command,
        aggregate=f"{code}/{contest}",
        place=code,
        actor=typist,
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/adjudications", status_code=201, response_model=FormAdjudicationOut)
async def adjudicate_form(
    election: ElectionId,
    code: TpsCode,
    contest: ContestId,
    body: FormAdjudicationIn,
    adjudicator: Adjudicator,
    once: OnceDep,
) -> Response:
    """Settle a form whose entries differ, or that does not add up, as a third person."""
    name, by = FormName(election, code, contest), _hand(adjudicator)
    return await once(
        adjudicator,
        lambda uow, origin: tally_steps.adjudicate_form(uow, name, body, by=by, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/discards", status_code=201, response_model=FormStepOut)
async def discard_form_entry(
    election: ElectionId, code: TpsCode, contest: ContestId, body: FormStepIn, typist: Typist, once: OnceDep
) -> Response:
    """Take one's own entry back while there is no second."""
    name, by = FormName(election, code, contest), _hand(typist)
    return await once(
        typist,
        lambda uow, origin: tally_steps.discard_entry(uow, name, body, by=by, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/returns", status_code=201, response_model=FormStepOut)
async def return_form(
    election: ElectionId,
    code: TpsCode,
    contest: ContestId,
    body: FormStepIn,
    adjudicator: Adjudicator,
    once: OnceDep,
) -> Response:
    """Return a form to be entered anew; a verified one takes the calls of two persons."""
    name, by = FormName(election, code, contest), _hand(adjudicator)
    return await once(
        adjudicator,
        lambda uow, origin: tally_steps.return_form(uow, name, body, by=by, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("")
async def read_form(
    election: ElectionId,
    code: TpsCode,
    contest: ContestId,
    reader: Reader,
    read: ReaderDep,
    trail: Trail,
    now: DeskTime,
    response: Response,
) -> FormOut:
    """Show where a form stands; its figures once two persons agree or a third has settled them.

    A former code answers with the form of the TPS that had it.
    """
    out, version, ahead = await queries.form(
        read,
        election=election,
        tps_code=code,
        contest=contest,
        now=now,
        early=Scope.RESULTS_EARLY in reader.scopes,
    )
    if ahead:
        subject = f"form/{out.tps_code}/{contest}"
        await trail.seen(read, reader, subject=subject, election=election, place=out.tps_code)
    response.headers["ETag"] = etag_of(version)
    response.headers["Content-Location"] = f"/v1/elections/{election}/tps/{out.tps_code}/forms/{contest}"
    return out


def _hand(actor: Actor) -> Hand:
    return Hand(actor.pseudonym, actor.device)
