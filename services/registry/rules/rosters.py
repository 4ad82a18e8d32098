"""Rules of posts: which a place has, how far they are filled, and which step may follow which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.registry_events import ElectionSettings, RosterCount
from contracts.registry_people_events import Duty, PostCount
from services.registry.schemas.officers import PostStatus, Trained

TPS_DUTIES = (Duty.KPPS, Duty.LINMAS, Duty.PTPS)
CHAIR = 1
"""The slot of the KPPS that is its chair (D7)."""

AREA_SLOTS: Mapping[str, Mapping[Duty, int]] = {
    "kecamatan": {Duty.PPK: 5, Duty.PANWASCAM: 3, Duty.CAMAT: 1},
    "kelurahan": {Duty.PPS: 3, Duty.PKD: 1, Duty.LURAH: 1, Duty.BHABINKAMTIBMAS: 1, Duty.BABINSA: 1},
}
"""The posts of an area by its level. Five PPK and three PPS as in 2024 (PKPU 8/2022, not seen); the others as is usual."""

FEWEST_FOR_HEALTH = 5
"""With fewer people behind it, a figure of health would tell of one of them."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a post.

    Attributes:
        trained: as somebody said.
        attended: of a training session for this duty, as its list says.
        screened: their health was looked at and the result is known; not what it is.
        present: checked in on the voting day; None where nobody said.
        present_at: the moment that counts for `present`.
    """

    person: str
    display_name: str
    trained: Trained
    status: PostStatus = PostStatus.APPOINTED
    attended: bool = False
    screened: bool = False
    present: bool | None = None
    present_at: datetime | None = None

    def training(self) -> Trained:
        """Return whether they were trained: who attended was, whatever was said before."""
        return Trained.YES if self.attended else self.trained


def slots_of(settings: ElectionSettings) -> Mapping[Duty, int]:
    """Return how many slots a TPS has for each duty.

    Example: seven KPPS, two Linmas and one PTPS.

    Source: D7, D8, D9.
    """
    return {
        Duty.KPPS: settings.kpps_per_tps.value,
        Duty.LINMAS: settings.linmas_per_tps.value,
        Duty.PTPS: settings.ptps_per_tps.value,
    }


def slots_at(code: str, settings: ElectionSettings) -> Mapping[Duty, int]:
    """Return how many slots a place has for each duty; none where a place of its level has no posts.

    Example: a kecamatan (`32.71.06`) has five PPK, three Panwascam and a camat.

    Args:
        code: of a TPS or a region.
    """
    match code.count("."):
        case 4:
            return slots_of(settings)
        case 3:
            return AREA_SLOTS["kelurahan"]
        case 2:
            return AREA_SLOTS["kecamatan"]
        case _:
            return {}


def is_named(holder: Holder) -> bool:
    """Say whether a post's holder is more than proposed."""
    return holder.status is not PostStatus.PROPOSED


def post_counts(held: Iterable[tuple[Duty, Holder]], *, slots: Mapping[Duty, int]) -> list[PostCount]:
    """Return how far the posts of a place are filled, by duty.

    Example: of seven KPPS four named and screened: `screened` is null, for four are too few to hide in.

    Args:
        held: each post that is filled.
        slots: how many the place has.

    Source: D7, D8, D9; D35 for `screened`.
    """
    holders = list(held)
    counts: list[PostCount] = []
    for duty, number in slots.items():
        of_duty = [holder for of, holder in holders if of is duty]
        named = [holder for holder in of_duty if is_named(holder)]
        training = [holder.training() for holder in named]
        counts.append(
            PostCount(
                duty=duty,
                slots=number,
                proposed=len(of_duty) - len(named),
                named=len(named),
                sworn_in=sum(holder.status is PostStatus.SWORN_IN for holder in named),
                trained=training.count(Trained.YES),
                training_unknown=training.count(Trained.UNKNOWN),
                screened=sum(h.screened for h in named) if len(named) >= FEWEST_FOR_HEALTH else None,
                present=sum(holder.present is True for holder in named),
            )
        )
    return counts


def roster_counts(counts: Iterable[PostCount]) -> Mapping[Duty, RosterCount]:
    """Return the same in the four figures that a roster always told.

    Example: one trained KPPS of seven is `RosterCount(slots=7, named=1, trained=1, training_unknown=0)`.
    """
    return {
        count.duty: RosterCount(
            slots=count.slots,
            named=count.named,
            trained=count.trained,
            training_unknown=count.training_unknown,
        )
        for count in counts
    }


def chair_trained(held: Iterable[tuple[Duty, int, Holder]]) -> bool | None:
    """Return whether the chair of the KPPS is trained; None where there is none, or nobody said.

    Source: D7.
    """
    for duty, slot, holder in held:
        if duty is Duty.KPPS and slot == CHAIR and is_named(holder):
            training = holder.training()
            return None if training is Trained.UNKNOWN else training is Trained.YES
    return None


_ORDER = list(PostStatus)


def may_step(before: PostStatus, after: PostStatus, *, correction: bool) -> bool:
    """Say whether the holder of a post may come from one status to another.

    Forward always, for what happened is recorded even where a step before it was not told; back as a correction only.

    Example: from sworn in back to appointed only where it was entered wrongly.
    """
    return correction or _ORDER.index(after) >= _ORDER.index(before)


def with_status(holder: Holder, status: PostStatus | None) -> Holder:
    """Return a holder at another status, the same where none is named."""
    return holder if status is None else replace(holder, status=status)
