"""The shape of a rule and of a finding's code."""

from dataclasses import dataclass
from enum import StrEnum


class RuleKind(StrEnum):
    """What the desk does with a rule."""

    BLOCKS = "E"
    ASKS_FOR_A_REASON = "W"
    SETTING = "C"


class Topic(StrEnum):
    """The part of an election that a rule belongs to, in the order of the generated page."""

    VOTERS_AND_BALLOTS = "Voters, ballots and logistics"
    OFFICERS_AND_HOURS = "Officers and voting hours"
    FORM = "The form of a TPS"
    STAGES = "Stages, recap and revotes"
    DISPUTES = "Disputes, violations and neutrality"
    PUBLICATION = "Publication, privacy and reports"


class Subject(StrEnum):
    """What a finding is found on."""

    FORM = "the form of a TPS"
    REPORT = "a turnout report, a milestone, a check-in or an entry"
    SAYING = "the time or the code that a report says"
    BOX = "a box and its hand-overs"
    TPS = "a TPS as it was registered"
    FACILITY = "a request of a hospital or another special place"
    VOTER = "a row of a list of voters"
    BOUNDARY = "a boundary of a region"


@dataclass(frozen=True, slots=True)
class LegalRule:
    """One rule of the field.

    Attributes:
        number: `D1` .. `D38`; stable: a number that is not used stays a gap.
        kinds: What the desk does with it; empty where it only describes what officers do.
        en: The rule in one plain sentence, English.
        indonesian: The same in Indonesian.
        source: Regulation with year and article, or who said it when; None where none was found.
        unverified: What about it was not seen in a source, or None when all was.
    """

    number: str
    topic: Topic
    kinds: tuple[RuleKind, ...]
    en: str
    indonesian: str
    source: str | None
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One code of a finding; stable, the same in API, imports and reports.

    Attributes:
        code: `E-...` or `W-...`.
        rule: Number of the rule that it checks, or None where it is arithmetic or completeness alone.
        en: What does not hold, English.
        indonesian: The same in Indonesian.
        subject: What it is found on.
        tells_votes: Whether its values are votes or a sum of votes, which are withheld as votes are (D34).
    """

    code: str
    rule: str | None
    en: str
    indonesian: str
    subject: Subject = Subject.FORM
    tells_votes: bool = False

    @property
    def kind(self) -> RuleKind:
        """Tell whether the code holds the form out of the totals (E) or asks for a reason (W)."""
        return RuleKind(self.code[0])
