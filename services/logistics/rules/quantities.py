"""How much of everything a place needs, and when it must be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

from contracts.logistics_events import ItemNeed, ItemScope
from contracts.registry_events import ElectionSettings

BALLOT_BOX, BALLOT, BOOTH, SPARE_BOX = "ballot_box", "ballot", "voting_booth", "spare_ballot_box"


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One row of the catalogue.

    Attributes:
        per: what the quantity is counted by.
        reserve_ratio: where it is set, the quantity is per voter of the DPT, with this share of the DPT on top.
        sealed: it travels as, or inside, a sealed box.
        verified: somebody saw the source.
        of_election: the quantity is a setting of the election.
    """

    item: str
    name: str
    name_id: str
    unit: str
    per: ItemScope
    quantity: int
    sealed: bool
    source: str
    verified: bool
    reserve_ratio: Decimal | None = None
    of_election: bool = False


def ballots_needed(dpt: int, reserve_ratio: Decimal) -> int:
    """Return the ballots that one TPS gets for one contest: its DPT and a share of it, rounded up per TPS.

    Example: `ballots_needed(533, Decimal("0.025")) == 547`.

    Source: D2, Perpu 1/2014 art. 87.
    """
    return dpt + int((dpt * reserve_ratio).to_integral_value(ROUND_CEILING))


def due_at(voting_date: date, zone: str, *, days_before: int) -> datetime:
    """Return the moment, UTC, before which everything is at the TPS: the end of H-1 where people vote.

    Example: for 27 November 2024 in Bogor and H-1 it is 26 November, 17:00 UTC: midnight WIB.

    Source: D6.
    """
    day = voting_date - timedelta(days=days_before - 1)
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def tps_needs(catalogue: Iterable[CatalogueItem], *, dpt: int, contests: Sequence[str]) -> list[ItemNeed]:
    """Return what one TPS needs of every item that is counted by TPS or by contest.

    Example: with two contests and D5's catalogue it needs two boxes and four booths; a TPS of DI Yogyakarta, with one
    contest, needs one box.

    Source: D2, D5.
    """
    needs: list[ItemNeed] = []
    for item in catalogue:
        match item.per:
            case ItemScope.TPS:
                needs.append(_need(item, None, item.quantity))
            case ItemScope.CONTEST:
                ratio = item.reserve_ratio
                each = item.quantity if ratio is None else item.quantity * ballots_needed(dpt, ratio)
                needs += [_need(item, contest, each) for contest in sorted(contests)]
            case ItemScope.KECAMATAN_CONTEST:
                continue
    return needs


def kecamatan_needs(catalogue: Iterable[CatalogueItem], *, contests: Sequence[str]) -> list[ItemNeed]:
    """Return what one kecamatan needs beside its TPS: spare boxes for each contest.

    Source: D5.
    """
    return [
        _need(item, contest, item.quantity)
        for item in catalogue
        if item.per is ItemScope.KECAMATAN_CONTEST
        for contest in sorted(contests)
    ]


def total_of(needs: Iterable[ItemNeed], item: str) -> int:
    """Return how much of one item is needed over all contests."""
    return sum(need.quantity for need in needs if need.item == item)


def _need(item: CatalogueItem, contest: str | None, quantity: int) -> ItemNeed:
    return ItemNeed(item=item.item, contest=contest, unit=item.unit, quantity=quantity, sealed=item.sealed)


def catalogue_of(settings: ElectionSettings) -> list[CatalogueItem]:
    """Return the catalogue that an election starts with: what the law counts, by the election's own settings.

    Source: D2, D5; what is marked as not verified is usual in the field, and its regulation was not seen.
    """
    counts = {
        BALLOT_BOX: settings.boxes_per_contest,
        BOOTH: settings.booths_per_tps,
        SPARE_BOX: settings.spare_boxes_per_contest,
    }
    items: list[CatalogueItem] = []
    for item in _USUAL:
        if item.item == BALLOT:
            ratio = settings.ballot_reserve_ratio
            changed = replace(item, reserve_ratio=Decimal(str(ratio.value)), source=ratio.source)
        elif setting := counts.get(item.item):
            changed = replace(item, quantity=setting.value, source=setting.source)
        else:
            changed = item
        items.append(changed)
    return items


_SEEN_NOWHERE = "usual in the field; the regulation was not seen"


def _by_election(
    item: str, names: tuple[str, str], *, unit: str, per: ItemScope, sealed: bool
) -> CatalogueItem:
    """Return an item whose quantity the election sets."""
    return CatalogueItem(
        item,
        *names,
        unit=unit,
        per=per,
        quantity=1,
        sealed=sealed,
        source="",
        verified=True,
        of_election=True,
    )


def _by_custom(
    item: str, names: tuple[str, str], quantity: int, *, unit: str, per: ItemScope
) -> CatalogueItem:
    """Return an item that comes beside the sealed boxes, and whose regulation was not seen."""
    return CatalogueItem(
        *(item, *names),
        unit=unit,
        per=per,
        quantity=quantity,
        sealed=False,
        source=_SEEN_NOWHERE,
        verified=False,
    )


_USUAL = (
    _by_election(BALLOT_BOX, ("Ballot box", "Kotak suara"), unit="box", per=ItemScope.CONTEST, sealed=True),
    _by_election(BALLOT, ("Ballot", "Surat suara"), unit="sheet", per=ItemScope.CONTEST, sealed=True),
    _by_election(BOOTH, ("Voting booth", "Bilik suara"), unit="piece", per=ItemScope.TPS, sealed=False),
    _by_election(
        SPARE_BOX,
        ("Spare ballot box", "Kotak suara cadangan"),
        unit="box",
        per=ItemScope.KECAMATAN_CONTEST,
        sealed=False,
    ),
    _by_custom("ink", ("Indelible ink", "Tinta"), 2, unit="bottle", per=ItemScope.TPS),
    _by_custom("nail_set", ("Nail and pad", "Alat coblos dan bantalan"), 4, unit="set", per=ItemScope.TPS),
    _by_custom(
        "tactile_template",
        ("Template for blind voters", "Alat bantu tunanetra"),
        1,
        unit="piece",
        per=ItemScope.CONTEST,
    ),
    _by_custom(
        "choice_poster",
        ("Poster of the choices", "Daftar pasangan calon"),
        1,
        unit="sheet",
        per=ItemScope.CONTEST,
    ),
)
