"""How many voters a TPS has, by kind and sex: counted in the database, told in an event, and nobody's row with it."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.registry_events import TpsVotersCounted
from contracts.vocabulary import Channel
from services.registry.tables.frames import parts_of

AT_ONCE = 200
"""TPS that are counted in one transaction after an import."""

_FIGURES = {
    "dpt": "v.status = 'active' and v.kind = 'dpt'",
    "moved_in": "v.status = 'active' and v.kind = 'pindahan'",
    "moved_in_from_other_kabkota": (
        "v.status = 'active' and v.kind = 'pindahan' and left(v.from_code, 5) <> left(t.code, 5)"
    ),
    "moved_out": "v.status = 'moved' and v.kind = 'dpt'",
    "walk_in": "v.status = 'active' and v.kind = 'tambahan'",
    "struck": "v.status = 'struck'",
}
_SEXES = {"men": "man", "women": "woman"}
_SUMS = ", ".join(
    f"count(*) filter (where {condition} and v.sex = '{sex}') as {name}_{word}"
    for name, condition in _FIGURES.items()
    for word, sex in _SEXES.items()
)
_COUNT = f"""
select t.id, t.code, {_SUMS} from tps t left join voter v on v.tps_id = t.id and not v.canary
where t.id = any($1::uuid[]) group by t.id order by t.id
"""  # noqa: S608 - of the words above
"""Canaries are nobody, and are not counted."""


async def note_uncounted(uow: UnitOfWork, tps_ids: Sequence[UUID], *, import_id: UUID) -> None:
    """Note TPS whose voters an import changes: they are counted once, when it has ended.

    Emits:
        nothing
    """
    await uow.execute(
        """insert into tps_voters (tps_id, version, counts, counting)
           select u, 0, '{}', $2 from unnest($1::uuid[]) u
           on conflict (tps_id) do update set counting = excluded.counting
           where tps_voters.counting is distinct from excluded.counting""",
        *(sorted(set(tps_ids)), import_id),
    )


async def count_voters(uow: UnitOfWork, tps_ids: Sequence[UUID], *, origin: Origin) -> None:
    """Count the voters of some TPS, and tell of those whose figures are not those that were told last.

    Emits:
        tps_voters.counted
    """
    wanted = sorted(set(tps_ids))
    await uow.execute(
        """insert into tps_voters (tps_id, version, counts) select u, 0, '{}' from unnest($1::uuid[]) u
           on conflict do nothing""",
        wanted,
    )
    before = await uow.fetch(
        "select tps_id, version, counts from tps_voters where tps_id = any($1::uuid[]) order by tps_id for update",
        wanted,
    )
    told: dict[UUID, tuple[int, object]] = {
        row["tps_id"]: (row["version"], parts_of(row["counts"])) for row in before
    }
    changed: list[tuple[UUID, int, str]] = []
    for row in await uow.fetch(_COUNT, wanted):
        tps_id: UUID = row["id"]
        counts = {name: {word: row[f"{name}_{word}"] for word in _SEXES} for name in _FIGURES}
        version, last = told[tps_id]
        if counts == last:
            continue
        changed.append((tps_id, version + 1, json.dumps(counts)))
        uow.emit(
            TpsVotersCounted.model_validate({"tps_id": tps_id, "tps_code": row["code"], **counts}),
            aggregate_id=tps_id,
            version=version + 1,
            origin=origin,
            tps_id=tps_id,
        )
    if changed:
        await uow.execute(
            """update tps_voters t set version = u.version, counts = u.counts::jsonb
               from unnest($1::uuid[], $2::bigint[], $3::text[]) u(tps_id, version, counts) where t.tps_id = u.tps_id""",
            *(list(column) for column in zip(*changed, strict=True)),
        )


_ENDED = """
select t.tps_id, i.election, i.actor, i.rehearsal, i.id from tps_voters t join import i on i.id = t.counting
where t.counting is not null and i.state in ('done', 'failed') order by i.id, t.tps_id limit $1 for update of t skip locked
"""


async def count_imported(uow: UnitOfWork, *, now: datetime) -> bool:
    """Count some TPS that an import changed which has ended; return whether there were any.

    Emits:
        tps_voters.counted
    """
    rows = await uow.fetch(_ENDED, AT_ONCE)
    if not rows:
        return False
    first = rows[0]
    taken = [row["tps_id"] for row in rows if row["id"] == first["id"]]
    origin = Origin(first["election"], first["actor"], Channel.IMPORT.value, now, first["rehearsal"])
    await count_voters(uow, taken, origin=origin)
    await uow.execute("update tps_voters set counting = null where tps_id = any($1::uuid[])", taken)
    return True
