"""The families of a list, as far as blind indexes tell them apart: how many voters each has at a TPS."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Row
from chassis.row_security import Reads
from services.registry.errors import VotersToReseal

OF_THE_DPT = "kind = 'dpt' and status <> 'struck' and not canary"
"""Whom a TPS's limit counts: who votes elsewhere this time stays on its list."""


async def family_counts(reads: Reads, tps_ids: Sequence[UUID], *, current_key: str) -> list[Row]:
    """Return TPS, family and voters of each family at some TPS; one row without a family for each TPS.

    Raises:
        VotersToReseal: a row has an older key's index, which would be another family.
    """
    older = await reads.fetch(
        f"select 1 from voter where tps_id = any($1::uuid[]) and key_id <> $2 and {OF_THE_DPT} limit 1",  # noqa: S608 - of the words above
        *(list(tps_ids), current_key),
    )
    if older:
        raise VotersToReseal(
            "Rows of these TPS are sealed with an older key, by which families cannot be compared.",
            detail_id="Baris TPS ini masih disegel dengan kunci lama, sehingga keluarga tidak dapat dibandingkan.",
            current_state="older key",
            allowed=["desk voters reseal, then ask again"],
        )
    return await reads.fetch(
        f"""select tps_id, family_index, count(*)::int as voters from voter
            where tps_id = any($1::uuid[]) and {OF_THE_DPT} group by tps_id, family_index""",  # noqa: S608 - as above
        list(tps_ids),
    )
