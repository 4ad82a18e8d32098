"""Which offices people elect where: a governor in most provinces, a mayor or regent in most kota and kabupaten."""

from collections.abc import Iterable
from typing import Final

WITHOUT_GOVERNOR: Final = frozenset({"34"})
"""Provinces whose governor is not elected: DI Yogyakarta. Source: UU 13/2012."""

WITHOUT_MAYOR: Final = frozenset({"31"})
"""Provinces whose mayors and regent are not elected: Jakarta. Source: UU 2/2024."""


def contests_over(kabkota: Iterable[str]) -> list[str]:
    """Return the ids of the contests that are held in kota and kabupaten, those of governors first.

    Example: `contests_over(["35.78"]) == ["gubernur-35", "walikota-35.78"]`, and in Yogyakarta `["walikota-34.71"]`.

    Args:
        kabkota: their Kemendagri codes, `32.71`; of a kota the number begins with 7.
    """
    codes = sorted(kabkota)
    governors = sorted({code[:2] for code in codes} - WITHOUT_GOVERNOR)
    mayors = [code for code in codes if code[:2] not in WITHOUT_MAYOR]
    return [
        *(f"gubernur-{province}" for province in governors),
        *(f"{'walikota' if code[3] == '7' else 'bupati'}-{code}" for code in mayors),
    ]
