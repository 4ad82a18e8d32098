"""The rules of the field by number, and the codes of findings: what they say, in two languages, and where that is written.

The one home of every rule number (`D1` .. `D38`) and every code (`E-CAND-SUM` ..) that code, API answers, reports and
documents cite. Pure data: the numbers that a rule uses are settings of an election, the evaluation is in each service's
`rules`. `docs/rules.md` is generated from here. Clients accept codes that they do not know.
"""

from typing import Final

from contracts.legal_rules.field_codes import FIELD_CODES
from contracts.legal_rules.form_codes import FORM_CODES
from contracts.legal_rules.model import FindingCode, LegalRule, RuleKind, Subject, Topic
from contracts.legal_rules.place_codes import PLACE_CODES
from contracts.legal_rules.rules import LEGAL_RULES
from contracts.legal_rules.voter_codes import VOTER_CODES

FINDING_CODES: Final[dict[str, FindingCode]] = FORM_CODES | FIELD_CODES | VOTER_CODES | PLACE_CODES

__all__ = ["FINDING_CODES", "LEGAL_RULES", "FindingCode", "LegalRule", "RuleKind", "Subject", "Topic"]
