"""Commands on TPS. `plan_tps` and `write_tps` work on many at once, so that an import is the same as one PUT."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload
from contracts.vocabulary import kelurahan_of
from services.registry.commands.access import cut_tokens_of_officers
from services.registry.commands.frame import judge, lock_names, refuse, status_of
from services.registry.commands.points import point_findings
from services.registry.errors import TpsCodeTaken, TpsRenumbered, TpsUnknown
from services.registry.events import tps_registered
from services.registry.rules.tps import contests_at, may_renumber, tps_refusals
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.schemas.tps import RenumberingIn, TpsFacts, TpsIn, TpsReceipt
from services.registry.tables.frames import Frame, TpsState, find_tps, load_frame, tps_out


@dataclass(frozen=True, slots=True)
class TpsChange:
    """A TPS as it is to be, with the reason and the moment of the change where somebody said."""

    state: TpsState
    reason: str = ""
    occurred_at: datetime | None = None


async def lock_kelurahan(uow: UnitOfWork, election: str, codes: Sequence[str]) -> None:
    """Hold the kelurahan of these TPS: nobody else registers or renumbers there meanwhile.

    Emits:
        nothing
    """
    await lock_names(uow, [f"tps:{election}:{kelurahan_of(code)}" for code in codes])


def plan_tps(
    code: str, facts: TpsFacts, *, before: TpsState | None, frame: Frame
) -> tuple[TpsState, list[Misfit]]:
    """Return a TPS as it is to be, and why it cannot be so.

    Args:
        code: its code.
        facts: what is said of it.
        before: as it stands.
        frame: what the election says.
    """
    contests = contests_at(code, frame.contests) if facts.contests is None else facts.contests
    misfits = tps_refusals(code, contests, known=frame.contests)
    opens = facts.voting_opens or frame.settings.voting_opens.value
    if opens >= (facts.voting_closes or frame.settings.voting_closes.value):
        misfits.append(
            Misfit(
                "voting_closes",
                "order",
                "Voting closes after it opens.",
                "Pemungutan suara ditutup setelah dibuka.",
            )
        )
    planned = facts.model_copy(update={"contests": contests})
    if before is None:
        return TpsState(uuid7(), code, 1, planned, ()), misfits
    version = before.version if planned == before.facts else before.version + 1
    return replace(before, version=version, facts=planned), misfits


def moves_back(before: TpsState, facts: TpsFacts) -> bool:
    """Say whether facts would give a TPS that was moved by a decision another place: an old list must not."""
    places = ("place", "address", "lat", "lon")
    return before.moved is not None and any(getattr(before.facts, n) != getattr(facts, n) for n in places)


_WRITE = """
insert into tps (id, election, code, version, kind, place, address, lat, lon, voting_date, voting_opens, voting_closes,
                 dpt_men, dpt_women, contests, accessible, active, source, former_codes)
select id, $2, code, version, kind, place, address, lat, lon, voting_date, voting_opens, voting_closes,
       dpt_men, dpt_women, string_to_array(contests, ' '), accessible, active, source, string_to_array(former_codes, ' ')
from unnest($1::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[],
            $10::date[], $11::text[], $12::text[], $13::int[], $14::int[], $15::text[], $16::bool[], $17::bool[],
            $18::text[], $19::text[])
     u(id, code, version, kind, place, address, lat, lon, voting_date, voting_opens, voting_closes, dpt_men, dpt_women,
       contests, accessible, active, source, former_codes)
on conflict (id) do update set code = excluded.code, version = excluded.version, kind = excluded.kind,
    place = excluded.place, address = excluded.address, lat = excluded.lat, lon = excluded.lon,
    voting_date = excluded.voting_date, voting_opens = excluded.voting_opens, voting_closes = excluded.voting_closes,
    dpt_men = excluded.dpt_men, dpt_women = excluded.dpt_women, contests = excluded.contests,
    accessible = excluded.accessible, active = excluded.active, source = excluded.source,
    former_codes = excluded.former_codes
"""


async def write_tps(uow: UnitOfWork, changes: Sequence[TpsChange], *, frame: Frame, origin: Origin) -> None:
    """Write TPS with one statement and tell of each; the caller holds their rows and has raised their versions.

    Emits:
        tps.registered, one for each.
    """
    if not changes:
        return
    columns: list[tuple[object, ...]] = [_column_values(change.state) for change in changes]
    ids, *others = (list(column) for column in zip(*columns, strict=True))
    await uow.execute(_WRITE, ids, frame.election, *others)
    reasons = [(c.state.tps_id, c.state.version, c.reason) for c in changes if c.reason]
    if reasons:
        await uow.execute(
            "insert into tps_reason select * from unnest($1::uuid[], $2::bigint[], $3::text[])",
            *(list(column) for column in zip(*reasons, strict=True)),
        )
    for change in changes:
        tps_id: UUID = change.state.tps_id
        uow.emit(
            tps_registered(change.state, frame),
            aggregate_id=tps_id,
            version=change.state.version,
            origin=origin,
            occurred_at=change.occurred_at,
            tps_id=tps_id,
        )


def _column_values(state: TpsState) -> tuple[object, ...]:
    facts = state.facts
    return (
        *(state.tps_id, state.code, state.version, facts.kind.value, facts.place, facts.address),
        *(facts.lat, facts.lon, facts.voting_date, facts.voting_opens, facts.voting_closes),
        *(facts.dpt_men, facts.dpt_women, " ".join(state.contests()), facts.accessible, facts.active),
        *(facts.source, " ".join(state.former_codes)),
    )


async def register_tps(
    uow: UnitOfWork, code: str, command: TpsIn, *, expected: int | None, origin: Origin
) -> Receipt:
    """Register a TPS, or register it again with other facts; the same facts again change nothing.

    Args:
        code: its code.
        command: the TPS, whole.
        expected: the version that is to be changed, None for a new one.

    Emits:
        tps.registered, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        TpsRenumbered: the code is a former one.
        InvalidPayload: it does not fit the election.
        PreconditionRequired, PreconditionFailed: the TPS is there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    await lock_kelurahan(uow, origin.election, [code])
    before = (await find_tps(uow, origin.election, [code], lock=True)).get(code)
    if before is not None and before.code != code:
        raise renumbered(before)
    facts = TpsFacts.model_validate(command.model_dump(exclude={"reason", "channel"}))
    state, misfits = plan_tps(code, facts, before=before, frame=frame)
    refuse(misfits)
    same = before is not None and state.version == before.version
    outcome = judge(before.version if before else None, expected=expected, same=same)
    if outcome is not Outcome.UNCHANGED:
        await write_tps(uow, [TpsChange(state, command.reason)], frame=frame, origin=origin)
    return tps_receipt(state, frame, outcome, asked=await asked_of_point(uow, state, origin=origin))


async def renumber_tps(
    uow: UnitOfWork, code: str, command: RenumberingIn, *, expected: int | None, origin: Origin
) -> Receipt:
    """Give a TPS another code; its UUID stays, and the old code answers with it. Its officers' tokens name the old one, and end.

    Emits:
        tps.registered and access.changed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
        TpsCodeTaken: another TPS has the new code.
        InvalidPayload: the new code lies in another kab/kota.
        PreconditionFailed: the TPS is there in another version than the caller named, where they named one.
    """
    new = command.new_code
    frame = await load_frame(uow, origin.election, lock="for share")
    await lock_kelurahan(uow, origin.election, [code, new])
    found = await find_tps(uow, origin.election, [code, new], lock=True)
    before, holder = found.get(code), found.get(new)
    if before is None:
        raise TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    if before.code == new:
        return tps_receipt(before, frame, Outcome.UNCHANGED)
    if before.code != code:
        raise renumbered(before)
    check_version(expected, before.version)
    if not may_renumber(code, new):
        error = FieldError(
            "/new_code", "other-kabkota", "A TPS keeps its kab/kota.", "TPS tetap di kabupaten/kotanya."
        )
        raise InvalidPayload(
            "The new code lies in another kab/kota.",
            detail_id="Kode baru berada di kabupaten/kota lain.",
            errors=[error],
        )
    if holder is not None and holder.code == new:
        raise TpsCodeTaken(
            f"Another TPS has the code {new}.",
            detail_id=f"Kode {new} dipakai TPS lain.",
            current_state="taken",
            allowed=["take another code", "renumber the TPS that has it first"],
        )
    former = (*(each for each in before.former_codes if each != new), code)
    facts = before.facts.model_copy(update={"source": command.source})
    state = replace(before, code=new, version=before.version + 1, facts=facts, former_codes=former)
    await write_tps(uow, [TpsChange(state, command.reason)], frame=frame, origin=origin)
    officers = await uow.fetch("select person from officer where tps_id = $1", state.tps_id)
    await cut_tokens_of_officers(uow, [row["person"] for row in officers], origin=origin)
    return tps_receipt(state, frame, Outcome.CHANGED)


async def locked_tps(uow: UnitOfWork, code: str, *, origin: Origin) -> TpsState:
    """Return a TPS by its code or a former one, and hold its row.

    Emits:
        nothing

    Raises:
        TpsUnknown: the election has and had no such TPS.
    """
    found = (await find_tps(uow, origin.election, [code], lock=True)).get(code)
    if found is None:
        raise TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    return found


def renumbered(state: TpsState) -> TpsRenumbered:
    """Return the refusal of a former code, with the way out."""
    return TpsRenumbered(
        f"This TPS has the code {state.code} by now.",
        detail_id=f"TPS ini sekarang memakai kode {state.code}.",
        current_state="renumbered",
        allowed=[f"use {state.code}"],
    )


async def asked_of_point(uow: UnitOfWork, state: TpsState, *, origin: Origin) -> list[str]:
    """Return the codes of what is asked about the point of a TPS, as of a row of a file.

    Emits:
        nothing
    """
    found = await point_findings(uow, origin.election, [(1, state)])
    return [each.code for each in found.get(1, ())]


def tps_receipt(state: TpsState, frame: Frame, outcome: Outcome, *, asked: Sequence[str] = ()) -> Receipt:
    """Return what a command on a TPS answers.

    Args:
        asked: codes of findings of the command's own.

    Emits:
        nothing
    """
    out = TpsReceipt(**tps_out(state, frame).model_dump(), outcome=outcome)
    out.findings.extend(asked)
    return Receipt(
        out,
        location=f"/v1/elections/{frame.election}/tps/{state.code}",
        aggregate=f"tps/{state.tps_id}",
        version=state.version,
        status=status_of(outcome),
    )
