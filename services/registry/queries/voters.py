"""Where somebody votes: the same statements and comparisons whether the person is on the list or not."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.sealing import SealingKeys
from services.registry.rules.places import polling_place
from services.registry.rules.voters import folded
from services.registry.schemas.regions import PollingPlace
from services.registry.schemas.voters import Person
from services.registry.tables.frames import load_frame, tps_out, tps_state
from services.registry.tables.voters import nik_of, opened, require_same_keys, sealed

_NOBODY: Final = UUID(int=0)
_STAND_IN: Final = Person(
    nik="0" * 16, name="Tidak Ada Pemilih Ini", birth_date=date(2000, 1, 1), disability=None
)
"""Who is opened and compared where nobody has the NIK, so that a miss takes what a hit takes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a question.

    Attributes:
        place: where the person votes; None where NIK and name are not together on the list.
        canary: whether the NIK is one that nobody has and only a stolen list tells of.
    """

    place: PollingPlace | None
    canary: bool
    rehearsal: bool


async def place_of_voter(
    connection: Connection, *, election: str, nik: str, name: str, keys: SealingKeys
) -> Found:
    """Return where somebody votes, if NIK and name are together on the list and the TPS still is.

    Raises:
        ElectionUnknown: there is no such election.
        VotersUnavailable: the keys are not those of the list.
    """
    frame = await load_frame(connection, election)
    await require_same_keys(connection, keys)
    row = await connection.fetchrow(
        """select id, tps_id, status, canary, key_id, sealed from voter
           where election = $1 and nik_index = any($2::bytea[]) and status <> 'moved'""",
        *(election, keys.indexes(nik_of(election, nik))),
    )
    some_tps = await connection.fetchval("select id from tps where election = $1 limit 1", election)
    content = sealed(keys, _NOBODY, _STAND_IN)
    voter, key_id, status, canary, tps_id = _NOBODY, keys.current, "active", False, some_tps
    if row is not None:
        voter, key_id, content = row["id"], row["key_id"], row["sealed"]
        status, canary, tps_id = row["status"], row["canary"], row["tps_id"]
    same_name = _same(opened(keys, voter, key_id=key_id, content=content).name, name)
    tps = await connection.fetchrow("select * from tps where id = $1", tps_id)
    if tps is None:  # the election has no TPS, and so nobody on its list
        return Found(None, canary=False, rehearsal=frame.rehearsal)
    place = polling_place(tps_out(tps_state(tps), frame))
    is_told = all([row is not None, same_name, status == "active", not canary, tps["active"]])
    return Found(place if is_told else None, canary=canary, rehearsal=frame.rehearsal)


def _same(one: str, other: str) -> bool:
    """Compare two names as they are spoken, by hashes of one length, so that time tells nothing of either."""
    return hmac.compare_digest(*(hashlib.sha256(folded(name).encode()).digest() for name in (one, other)))
