"""What turnout tells: milestones and turnout of a TPS's voting day, and the life of the tally of each contest.

A tally is the form C.Hasil of one TPS and contest: entered by one person, entered blind by a second, verified when both
agree, settled by a third where they do not. Until then no event carries a number of an entry.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.envelope import EventData, EventSpec
from contracts.vocabulary import ContestId, DataClass, Milestone, TpsCode


class MilestoneRecorded(EventData):
    """A TPS reached a milestone of its day, or was moved."""

    tps_id: UUID
    tps_code: TpsCode
    milestone: Milestone
    note: str
    findings: list[str]


class TurnoutRecorded(EventData):
    """Voters who voted at a TPS up to a slot, cumulative: it replaces what was known of that slot."""

    tps_id: UUID
    tps_code: TpsCode
    slot: str = Field(
        description="Civil time `HH:MM` in the TPS's zone up to which the figures count, or `final`."
    )
    men: int
    women: int
    total: int
    findings: list[str] = Field(
        description="Codes of rules that the report does not meet; the report stands as it was sent."
    )


class TurnoutSuperseded(TurnoutRecorded):
    """A report of a slot came after one that was made later: it is kept here, and what is known of the slot stays."""


class VotingDayTpsChanged(EventData):
    """The TPS was dissolved, or is back: whether the reports of its day are in the totals."""

    tps_id: UUID
    tps_code: TpsCode
    counts: bool = Field(
        description="False where the TPS was dissolved: reports are kept, and are in no total."
    )


class TallyState(StrEnum):
    """Where the form of one TPS and contest stands.

    `empty` nobody has entered it; `first_entered` one person has; `disputed` two have, and differ; `held` two agree or a
    third has settled, but the figures break a rule that blocks, so that they are in no total; `verified` in the totals.
    """

    EMPTY = "empty"
    FIRST_ENTERED = "first_entered"
    DISPUTED = "disputed"
    HELD = "held"
    VERIFIED = "verified"


class FormPart(StrEnum):
    """A part of the form, to say where two entries differ without saying a number."""

    VOTERS = "voters"
    BALLOTS = "ballots"
    DISABLED = "disabled"
    VOTES = "votes"
    SUMS = "sums"
    SIGNATURES = "signatures"
    HOURS = "hours"


class FormLine(EventData):
    """One line of a form as written: the total is a figure of its own; null is a box that was left empty."""

    men: int | None
    women: int | None
    total: int | None


class FormAdministration(EventData):
    """The administration block of C.Hasil, as written; null where a box was left empty.

    Source: Perpu 1/2014 art. 98 (2), and the form's own lines.
    """

    dpt: FormLine = Field(description="Voters on the list of the TPS.")
    users_dpt: FormLine = Field(description="Of them, those who voted.")
    users_pindahan: FormLine = Field(description="Voters who moved in from another TPS and voted.")
    users_tambahan: FormLine = Field(description="Walk-ins with an e-KTP who voted.")
    users: FormLine = Field(description="Everybody who voted.")
    disabled: FormLine = Field(description="Voters with a disability who voted.")
    ballots_received: int | None = Field(description="With the reserve.")
    ballots_used: int | None
    ballots_spoiled: int | None = Field(description="Returned by voters, damaged or wrongly marked.")
    ballots_unused: int | None = Field(description="Left over, the unused reserve among them.")


CivilTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hours and minutes in the zone of the TPS. Example: `07:00`."""


class FormFigures(EventData):
    """The figures of C.Hasil as they stand on the paper."""

    administration: FormAdministration | None = Field(
        description="Null where the block is missing as a whole."
    )
    votes: Mapping[int, int | None] = Field(
        description="By choice number, the empty column's among them; null is a box that was left empty."
    )
    valid: int | None
    invalid: int | None
    total: int | None = Field(description="Valid and invalid votes, as written.")
    kpps_signatures: int | None
    witness_signatures: int | None
    opened: CivilTime | None
    closed: CivilTime | None


class FormFinding(EventData):
    """A rule that the figures of a form do not meet, with the two figures that it compares."""

    code: str = Field(description="Stable; `E-` holds the form out of the totals, `W-` asks for a reason.")
    where: str = Field(description="The line or box concerned, empty where it is the form as a whole.")
    written: int | float | str | None = Field(
        description="What the form says: a number, a ratio where the rule is about a share, or a civil time."
    )
    expected: int | float | str | None = Field(description="What the rule compares it with.")


class TallyFact(EventData):
    """What every event of a tally says.

    Attributes:
        round: 1, and one more each time that all entries were discarded; entries of two rounds are never compared.
        state: of the tally after the command that this event comes from.
    """

    tps_id: UUID
    tps_code: TpsCode
    contest: ContestId
    round: int
    state: TallyState


class TallyEntryRecorded(TallyFact):
    """A person entered the form of a contest; its figures stay hidden until two persons agree."""

    slot: Literal[1, 2]
    entry_hash: str = Field(
        description="SHA-256 of a random salt and the entry: binds the desk to it, tells nothing of it."
    )


class TallyEntryDiscarded(TallyFact):
    """The person who made the first entry took it back before there was a second."""


class TallyDisputed(TallyFact):
    """Two persons entered the form differently; a third must settle it."""

    differing: list[FormPart]


class TallyVerified(TallyFact):
    """The figures of a form stand: two persons agree on them, or a third has settled them.

    They replace what stood for this TPS and contest before. In the totals only when `held` is false.
    """

    number: int = Field(
        description="1 for the first figures that stood, one more for each that replaced them."
    )
    by: Literal["agreement", "adjudication"]
    settled: Literal["entries_differ", "paper_does_not_add_up"] | None = Field(
        description="What an adjudication settled; null for an agreement."
    )
    figures: FormFigures
    findings: list[FormFinding]
    accepted: list[str] = Field(
        description="Codes that block, and which the adjudicator let stand, with a reason kept by turnout."
    )
    held: bool = Field(
        description="True: as written, or as settled, it breaks a rule that blocks; in no total."
    )
    persons: int = Field(description="How many different persons stand behind the figures; 2 or 3.")
    photo_sha256: str | None
    results_public_at: datetime = Field(
        description="Until then votes per choice are only for those who may see results early."
    )


class TallyReturnRequested(TallyFact):
    """A person asked for a verified form to be returned; it stands until a second person agrees."""


class TallyReturned(TallyFact):
    """All entries of the round were discarded, with a reason; the form is to be entered anew and is in no total."""

    was: TallyState
    persons: int = Field(description="How many persons decided it; a verified form takes two.")


class TallyTpsChanged(TallyFact):
    """The TPS was dissolved or is back, or votes in the contest no more or again: whether the form is in the totals."""

    counts: bool = Field(
        description="False where it does not: the form is kept as it stands, and is in no total."
    )


EVENTS: dict[str, EventSpec] = {
    "voting_day.milestone_recorded": (MilestoneRecorded, DataClass.PUBLIC, "tps"),
    "voting_day.turnout_recorded": (TurnoutRecorded, DataClass.PUBLIC, "tps"),
    "voting_day.turnout_superseded": (TurnoutSuperseded, DataClass.PUBLIC, "tps"),
    "voting_day.tps_changed": (VotingDayTpsChanged, DataClass.PUBLIC, "tps"),
    "tally.entry_recorded": (TallyEntryRecorded, DataClass.OPERATIONAL, "tps"),
    "tally.entry_discarded": (TallyEntryDiscarded, DataClass.OPERATIONAL, "tps"),
    "tally.disputed": (TallyDisputed, DataClass.OPERATIONAL, "tps"),
    "tally.verified": (TallyVerified, DataClass.RESTRICTED, "tps"),
    "tally.return_requested": (TallyReturnRequested, DataClass.OPERATIONAL, "tps"),
    "tally.returned": (TallyReturned, DataClass.OPERATIONAL, "tps"),
    "tally.tps_changed": (TallyTpsChanged, DataClass.OPERATIONAL, "tps"),
}
