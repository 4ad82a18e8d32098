"""How a tally becomes the events of `contracts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.turnout_events import (
    FormFigures,
    FormFinding,
    FormPart,
    TallyDisputed,
    TallyEntryDiscarded,
    TallyEntryRecorded,
    TallyFact,
    TallyReturned,
    TallyReturnRequested,
    TallyState,
    TallyVerified,
)

Settled = Literal["entries_differ", "paper_does_not_add_up"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Figures that stand from now on.

    Attributes:
        number: 1 for the tally's first, one more for each that replaces them.
        settled: what an adjudication settled; None where two entries agreed.
        accepted: blocking codes that the adjudicator let stand.
        persons: how many different persons stand behind the figures.
    """

    number: int
    settled: Settled | None
    figures: FormFigures
    findings: list[FormFinding]
    accepted: Sequence[str]
    held: bool
    persons: int
    photo_sha256: str | None


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what happens to one tally, with one version each; made once a command has locked it.

    Attributes:
        round: of the entries that it tells of.
        state: of the tally after the command.
        occurred_at: when it happened, by the reporter's device.
    """

    uow: UnitOfWork
    origin: Origin
    tally_id: UUID
    tps_id: UUID
    tps_code: str
    contest: str
    round: int
    state: TallyState
    occurred_at: datetime

    def entry_recorded(self, version: int, *, slot: Literal[1, 2], entry_hash: str) -> None:
        """Tell that a person entered the form."""
        self._emit(version, TallyEntryRecorded(**self._fact(), slot=slot, entry_hash=entry_hash))

    def disputed(self, version: int, differing: list[FormPart]) -> None:
        """Tell that two entries differ."""
        self._emit(version, TallyDisputed(**self._fact(), differing=differing))

    def verified(self, version: int, standing: Standing, *, results_public_at: datetime) -> None:
        """Tell the figures that stand."""
        data = TallyVerified(
            **self._fact(),
            number=standing.number,
            by="agreement" if standing.settled is None else "adjudication",
            settled=standing.settled,
            figures=standing.figures,
            findings=standing.findings,
            accepted=list(standing.accepted),
            held=standing.held,
            persons=standing.persons,
            photo_sha256=standing.photo_sha256,
            results_public_at=results_public_at,
        )
        self._emit(version, data)

    def discarded(self, version: int) -> None:
        """Tell that the first entry was taken back."""
        self._emit(version, TallyEntryDiscarded(**self._fact()))

    def return_requested(self, version: int) -> None:
        """Tell that one person asked for a verified form to be returned."""
        self._emit(version, TallyReturnRequested(**self._fact()))

    def returned(self, version: int, *, was: TallyState, persons: int) -> None:
        """Tell that the form is to be entered anew."""
        self._emit(version, TallyReturned(**self._fact(), was=was, persons=persons))

    def _fact(self) -> "_Fact":
        return {
            "tps_id": self.tps_id,
            "tps_code": self.tps_code,
            "contest": self.contest,
            "round": self.round,
            "state": self.state,
        }

    def _emit(self, version: int, data: TallyFact) -> None:
        self.uow.emit(
            data,
            aggregate_id=self.tally_id,
            version=version,
            origin=self.origin,
            occurred_at=self.occurred_at,
            contest=self.contest,
            tps_id=self.tps_id,
        )


class _Fact(TypedDict):
    tps_id: UUID
    tps_code: str
    contest: str
    round: int
    state: TallyState
