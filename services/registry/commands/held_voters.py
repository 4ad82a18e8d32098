"""What commands on one voter begin with and end with: the voter's row held, the TPS judged, the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.actor import Actor, require_region
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload
from chassis.sealing import SealingKeys
from services.registry.commands.frame import lock_names, status_of
from services.registry.commands.voter_history import note_key
from services.registry.errors import TpsUnknown, VoterMoved, VoterStruck
from services.registry.rules.voters import NIK_BIRTH, birth_part
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.voter_changes import VoterReceipt, WhichVoter
from services.registry.schemas.voters import Person, Sex
from services.registry.tables.frames import Frame, TpsState, find_tps, load_frame, tps_state
from services.registry.tables.voter_histories import voter_unknown
from services.registry.tables.voters import nik_of, opened, require_same_keys, voter_out


@dataclass(frozen=True, slots=True)
class Held:
    """A voter whose row a command holds."""

    row: Row
    person: Person
    tps: TpsState
    keys: SealingKeys
    frame: Frame

    @property
    def voter(self) -> UUID:
        """The row's id."""
        return self.row["id"]

    @property
    def home(self) -> str:
        """TPS or region of the DPT that the voter is on."""
        return self.row["from_code"] or self.tps.code


async def hold_voter(
    uow: UnitOfWork, which: WhichVoter, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Held:
    """Return a voter of the caller's regions and hold the list, so that nobody else changes it meanwhile.

    Emits:
        nothing

    Raises:
        ElectionUnknown: there is no such election.
        VotersUnavailable: the keys are not here.
        VoterUnknown: there is no such voter, or not in these regions.
        VoterMoved: the id is that of a row which the voter has left.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    keys = await require_same_keys(uow, keys)
    await lock_names(uow, [f"voters/{origin.election}"])
    await note_key(uow, keys)
    indexes = keys.indexes(nik_of(origin.election, which.nik)) if which.nik is not None else []
    row = await uow.fetch_row(
        """select * from voter
           where election = $1 and (id = $2 or (nik_index = any($3::bytea[]) and status <> 'moved')) for update""",
        *(origin.election, which.voter_id, indexes),
    )
    tps = await _tps_of(uow, row["tps_id"]) if row is not None else None
    if row is None or tps is None or not actor.may_touch(tps.code):
        raise voter_unknown()
    if row["status"] == "moved":
        raise VoterMoved(
            "This is the row of a TPS that the voter has left.",
            detail_id="Ini baris TPS yang sudah ditinggalkan pemilih.",
            current_state="moved",
            allowed=["name the voter by NIK", "read the voter's history, which has the row that counts"],
        )
    person = opened(keys, row["id"], key_id=row["key_id"], content=row["sealed"])
    return Held(row, person, tps, keys, frame)


async def _tps_of(uow: UnitOfWork, tps_id: UUID) -> TpsState | None:
    row = await uow.fetch_row("select * from tps where id = $1", tps_id)
    return tps_state(row) if row is not None else None


async def open_tps(uow: UnitOfWork, code: str, *, actor: Actor, origin: Origin) -> TpsState:
    """Return a TPS of the caller's regions that voters can be put at.

    Emits:
        nothing

    Raises:
        RegionNotCovered: the code lies elsewhere; judged before anything is looked up.
        TpsUnknown: there is none, or it was dissolved.
    """
    require_region(actor, code)
    tps = (await find_tps(uow, origin.election, [code])).get(code)
    if tps is not None:
        require_region(actor, tps.code)
    if tps is None or not tps.facts.active:
        raise TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    return tps


def require_not_struck(held: Held) -> None:
    """Refuse what is done to a voter who is on the list.

    Raises:
        VoterStruck: the voter is not.
    """
    if held.row["status"] == "struck":
        raise VoterStruck(
            "The voter was struck from the list.",
            detail_id="Pemilih sudah dicoret dari daftar.",
            current_state="struck",
            allowed=["restore the voter first, with evidence"],
        )


def refuse_misfits(found: Sequence[FieldError]) -> None:
    """Refuse a payload with places that do not fit.

    Raises:
        InvalidPayload: there is one.
    """
    if found:
        raise InvalidPayload(
            f"{len(found)} place(s) of the request do not fit.",
            detail_id=f"{len(found)} bagian permintaan tidak sesuai.",
            errors=found,
        )


def birth_findings(person: Person, sex: Sex) -> list[str]:
    """Return what is asked about a person's NIK and birth date."""
    return [] if person.nik[6:12] == birth_part(person.birth_date, sex) else [NIK_BIRTH]


def voter_receipt(row: Row, tps: TpsState, outcome: Outcome, findings: Sequence[str] = ()) -> Receipt:
    """Return what a command on a voter answers: the desk's id of the row, and nothing of the person.

    Emits:
        nothing
    """
    out = VoterReceipt(**voter_out(row, tps).model_dump(), outcome=outcome, findings=list(findings))
    location = f"/v1/elections/{row['election']}/voters/{row['id']}"
    return Receipt(out, location=location, status=status_of(outcome))
