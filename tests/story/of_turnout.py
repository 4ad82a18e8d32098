"""What turnout tells in the story."""

from collections.abc import Sequence

from contracts.envelope import EventData
from contracts.turnout_events import (
    FormAdministration,
    FormFigures,
    FormFinding,
    FormLine,
    MilestoneRecorded,
    TallyDisputed,
    TallyEntryDiscarded,
    TallyEntryRecorded,
    TallyReturned,
    TallyReturnRequested,
    TallyTpsChanged,
    TallyVerified,
    TurnoutRecorded,
    TurnoutSuperseded,
    VotingDayTpsChanged,
)
from contracts.vocabulary import Milestone
from tests.story.telling import PUBLIC_AT, Place, Story


def tell_day(story: Story, place: Place, *, final: int = 200) -> None:
    """Tell the voting day of a TPS."""
    for milestone in (Milestone.READY, Milestone.OPENED):
        story.tell(
            MilestoneRecorded(
                tps_id=place.id, tps_code=place.code, milestone=milestone, note="", findings=[]
            ),
            place.id,
            tps=place,
        )
    for kind, slot, men in (
        (TurnoutRecorded, "10:00", final // 2),
        (TurnoutRecorded, "final", final),
        (TurnoutSuperseded, "10:00", final // 4),
    ):
        told = kind(
            tps_id=place.id,
            tps_code=place.code,
            slot=slot,
            men=men,
            women=men + 10,
            total=2 * men + 10,
            findings=[],
        )
        story.tell(told, place.id, tps=place)


def form(votes: Sequence[int], *, invalid: int = 5) -> FormFigures:
    """Return a form that adds up."""
    valid = sum(votes)
    total = valid + invalid
    half = FormLine(men=total // 2, women=total - total // 2, total=total)
    none = FormLine(men=0, women=0, total=0)
    return FormFigures(
        administration=FormAdministration(
            dpt=FormLine(men=250, women=260, total=510),
            users_dpt=half,
            users_pindahan=none,
            users_tambahan=none,
            users=half,
            disabled=none,
            ballots_received=523,
            ballots_used=total,
            ballots_spoiled=0,
            ballots_unused=523 - total,
        ),
        votes=dict(enumerate(votes, start=1)),
        valid=valid,
        invalid=invalid,
        total=total,
        kpps_signatures=7,
        witness_signatures=3,
        opened="07:00",
        closed="13:00",
    )


def tally(place: Place, contest: str, state: str, **more: object) -> dict[str, object]:
    """Return what every event of a tally says."""
    return {
        "tps_id": place.id,
        "tps_code": place.code,
        "contest": contest,
        "round": 1,
        "state": state,
    } | more


def verified(
    place: Place, contest: str, votes: Sequence[int], *, held: bool = False, number: int = 1, invalid: int = 5
) -> TallyVerified:
    """Return the event that makes the figures of a form stand."""
    finding = FormFinding(code="E-CAND-SUM", where="", written=101, expected=100)
    return TallyVerified.model_validate(
        {
            **tally(place, contest, "held" if held else "verified"),
            "number": number,
            "by": "agreement",
            "settled": None,
            "figures": form(votes, invalid=invalid).model_dump(),
            "findings": [finding.model_dump()] if held else [],
            "accepted": [],
            "held": held,
            "persons": 2,
            "photo_sha256": None,
            "results_public_at": PUBLIC_AT,
        }
    )


def tell_tally(story: Story, place: Place, contest: str, votes: Sequence[int]) -> None:
    """Tell of a form that two persons enter alike."""
    for slot in (1, 2):
        entry = tally(place, contest, "first_entered", slot=slot, entry_hash="0" * 64)
        story.tell(
            TallyEntryRecorded.model_validate(entry), tally_id(place, contest), tps=place, contest=contest
        )
    story.tell(verified(place, contest, votes), tally_id(place, contest), tps=place, contest=contest)


def tally_id(place: Place, contest: str) -> str:
    """Return the id of a tally."""
    return f"{place.id}.{contest}"


def tell_disputed_tally(story: Story, place: Place, contest: str) -> None:
    """Tell of a form with every turn that there is: taken back, disputed, settled, to be returned, returned, and a TPS that was
    dissolved by mistake."""
    one = tally_id(place, contest)

    def told(model: type[EventData], state: str, **more: object) -> None:
        story.tell(
            model.model_validate(tally(place, contest, state, **more)), one, tps=place, contest=contest
        )

    entry = {"entry_hash": "1" * 64}
    told(TallyEntryRecorded, "first_entered", slot=1, **entry)
    told(TallyEntryDiscarded, "empty")
    told(TallyEntryRecorded, "first_entered", slot=1, **entry)
    told(TallyEntryRecorded, "disputed", slot=2, **entry)
    told(TallyDisputed, "disputed", differing=["votes"])
    story.tell(verified(place, contest, [10, 20]), one, tps=place, contest=contest)
    told(TallyReturnRequested, "verified")
    told(TallyReturned, "empty", was="verified", persons=2, round=2)
    for counts in (False, True):
        told(TallyTpsChanged, "empty", counts=counts, round=2)
        tell_whether_day_counts(story, place, counts=counts)


def tell_whether_day_counts(story: Story, place: Place, *, counts: bool) -> None:
    """Tell that a TPS was dissolved, or is back."""
    changed = {"tps_id": place.id, "tps_code": place.code, "counts": counts}
    story.tell(VotingDayTpsChanged.model_validate(changed), place.id, tps=place)
