"""Rows are sealed anew with the current key, some at a time: whoever stops in between goes on where it ended."""

import asyncio
from collections.abc import Sequence

from chassis.actor import Actor, require_whole
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from services.registry.commands.frame import lock_names
from services.registry.commands.voter_history import note_key
from services.registry.schemas.voter_changes import ChangeKind, VoterResealIn, VoterResealReceipt
from services.registry.tables.frames import load_frame
from services.registry.tables.voters import (
    family_index_of,
    nik_of,
    opened,
    opened_notes,
    require_same_keys,
    sealed,
    sealed_notes,
)

_OLDER = "election = $1 and key_id in (select id from voter_key where id <> $2)"


async def reseal_voters(
    uow: UnitOfWork, command: VoterResealIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Seal some rows anew that an older key sealed; when none is left, forget the keys that seal nothing.

    The blind indexes are made anew too, those of families where the row has the number of the family.

    Emits:
        nothing

    Raises:
        ElectionUnknown: there is no such election.
        RegionNotCovered: the caller's regions do not cover the whole election, so that they do not see whose keys are in use.
        VotersUnavailable: the keys are not here, or a row does not open.
    """
    election = origin.election
    require_whole(actor, (await load_frame(uow, election)).region_code)
    keys = await require_same_keys(uow, keys)
    await lock_names(uow, [f"voters/{election}"])
    await note_key(uow, keys)
    voters = await uow.fetch(
        f"select id, key_id, sealed, family_index from voter where {_OLDER} limit $3 for update",  # noqa: S608 - our own words
        *(election, keys.current, command.most),
    )
    changes = await uow.fetch(
        f"select id, kind, key_id, sealed from voter_change where {_OLDER} limit $3 for update",  # noqa: S608 - as above
        *(election, keys.current, command.most - len(voters)),
    )
    columns = await asyncio.to_thread(_voters_anew, voters, election, keys)
    await uow.execute(
        """update voter v set key_id = $1, nik_index = u.nik_index, family_index = u.family_index, sealed = u.sealed
           from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[]) u(id, nik_index, family_index, sealed)
           where v.id = u.id""",
        *(keys.current, *columns),
    )
    await uow.execute(
        """update voter_change c set key_id = $1, sealed = u.sealed, former_nik_index = u.former
           from unnest($2::uuid[], $3::bytea[], $4::bytea[]) u(id, sealed, former) where c.id = u.id""",
        *(keys.current, *await asyncio.to_thread(_changes_anew, changes, election, keys)),
    )
    left = await uow.fetch(
        f"""select (select count(*) from voter where {_OLDER}) + (select count(*) from voter_change where {_OLDER}) as n""",  # noqa: S608 - as above
        *(election, keys.current),
    )
    retired = await _retire(uow, keys) if left[0]["n"] == 0 else []
    out = VoterResealReceipt(sealed=len(voters) + len(changes), left=left[0]["n"], retired=retired)
    return Receipt(out, location=f"/v1/elections/{election}", status=200)


def _voters_anew(
    rows: Sequence[Row], election: str, keys: SealingKeys
) -> tuple[list[object], list[bytes], list[bytes | None], list[bytes]]:
    niks: list[bytes] = []
    families: list[bytes | None] = []
    contents: list[bytes] = []
    for row in rows:
        person = opened(keys, row["id"], key_id=row["key_id"], content=row["sealed"])
        niks.append(keys.indexes(nik_of(election, person.nik))[0])
        families.append(family_index_of(keys, election, person, standing=row["family_index"]))
        contents.append(sealed(keys, row["id"], person))
    return [row["id"] for row in rows], niks, families, contents


def _changes_anew(
    rows: Sequence[Row], election: str, keys: SealingKeys
) -> tuple[list[object], list[bytes], list[bytes | None]]:
    notes = [opened_notes(keys, row["id"], key_id=row["key_id"], content=row["sealed"]) for row in rows]
    contents = [sealed_notes(keys, row["id"], each) for row, each in zip(rows, notes, strict=True)]
    former = [
        keys.indexes(nik_of(election, each.before.nik))[0]
        if row["kind"] == ChangeKind.NIK_CORRECTED and each.before is not None
        else None
        for row, each in zip(rows, notes, strict=True)
    ]
    return [row["id"] for row in rows], contents, former


async def _retire(uow: UnitOfWork, keys: SealingKeys) -> list[str]:
    """Forget older keys that seal nothing any more; while a list is being imported its file may be sealed with one."""
    rows = await uow.fetch(
        """delete from voter_key k where k.id <> $1
           and not exists (select 1 from voter v where v.key_id = k.id)
           and not exists (select 1 from voter_change c where c.key_id = k.id)
           and not exists (select 1 from import where kind = 'voters' and state in ('received', 'running'))
           returning k.id""",
        keys.current,
    )
    return sorted(row["id"] for row in rows)
