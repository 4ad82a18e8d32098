"""What of a form is withheld with its votes (D34): every figure from which they, or a sum of them, can be told."""

from typing import Final

from contracts.legal_rules import FINDING_CODES
from contracts.turnout_events import FormFinding

VOTE_FIGURES: Final = ("votes", "valid", "invalid", "total")
"""The figures of a form that are votes, and the sums of them."""


def without_votes(finding: FormFinding) -> FormFinding:
    """Return a finding as it may be told while votes are withheld: its code, and no number of votes.

    Example: `E-CAND-SUM` on 300 valid votes keeps its code and loses both numbers; `W-UNANIMOUS` at `votes.3` keeps `votes`.

    Source: D34.
    """
    box = finding.where.partition(".")[0]
    known = FINDING_CODES.get(finding.code)
    if box not in VOTE_FIGURES and known is not None and not known.tells_votes:
        return finding
    where = box if box in VOTE_FIGURES else finding.where
    return finding.model_copy(update={"where": where, "written": None, "expected": None})
