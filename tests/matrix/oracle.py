"""What ought to be allowed, written apart from the code under test: who may do what, and where.

Nothing of this is taken from `contracts/access.py`; where the two differ, one of them is wrong.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

NATION = "*"
GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "group:kota": ("32.71",),
    "group:lain": ("32.73", "32.71.01"),
}
"""The groups that the matrix's services know; others are unknown."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEES = _words("see:registry see:logistics see:incidents see:turnout")
_PUBLIC = _words("see:registry see:turnout")
_CREW = _PUBLIC | _words("see:logistics scan report:incident report:turnout check-in")
_PICTURE = _SEES | _words("see:guarding")
_AGENCY = _PICTURE | _words("report:incident handle bring:lists")
_DESK = _AGENCY | _words("change:registry check-in scan change:logistics report:turnout settle:conflicts")

_ROLES: Final[Mapping[str, frozenset[str]]] = {
    # Who stands at a TPS or above it, for what was reported there.
    "kpps": _CREW,
    "ptps": _PUBLIC | _words("see:incidents report:incident report:turnout check-in"),
    "pps": _CREW | _words("see:incidents see:guarding"),
    "ppk": _CREW | _words("see:incidents see:guarding"),
    # The commission's clerks: forms are entered by two, and settled by a third who entered none.
    "operator": _PICTURE | _words("report:incident report:turnout enter bring:voters settle:conflicts"),
    "verifier": _PICTURE | _words("enter"),
    "adjudicator": _PICTURE | _words("settle"),
    # Boxes.
    "warehouse": _PICTURE | _words("scan change:logistics report:incident"),
    "courier": _PUBLIC | _words("see:logistics scan report:incident"),
    # Agencies: incidents, and the lists that are theirs to bring.
    "bpbd": _AGENCY,
    "police": _AGENCY,
    # How somebody's health is, is known to those who screen alone.
    "health": _AGENCY | _words("screen"),
    "oversight": _AGENCY - _words("bring:lists"),
    "camat": _PICTURE | _words("report:incident"),
    "ministry": _PICTURE,
    "observer": _PUBLIC,
    # It reads what was done and who was shown what, and does nothing.
    "auditor": _PICTURE | _words("audit"),
    "desk": _DESK,
    "admin": _DESK | _words("bring:voters govern audit"),
}

_AT: Final[Mapping[str, frozenset[str]]] = {
    "registry": _words("see:registry check-in bring:voters screen audit"),
    "logistics": _words("see:logistics scan change:logistics govern audit settle:conflicts"),
    "incidents": _words("see:incidents report:incident handle govern audit settle:conflicts"),
    "turnout": _words("see:turnout audit settle:conflicts"),
}
"""Who has business at a service at all: a token is for no other one, not even to ask what became of a command."""

CAN: Final[Mapping[str, frozenset[str]]] = {
    role: words | {f"follow:{service}" for service, any_of in _AT.items() if words & any_of}
    for role, words in _ROLES.items()
}
"""What each role may do, by the data that it touches and the purpose."""

OWN_AGENCY: Final[Mapping[str, str]] = {
    "bpbd": "bpbd",
    "police": "police",
    "health": "dinkes",
    "oversight": "bawaslu",
}
"""An agency's people handle what their agency was given."""


class Verdict(Enum):
    """What is to become of a request."""

    ALLOW = "allow"
    REFUSE = "refuse"
    EITHER = "either"


def covered(held: Sequence[str], place: str) -> bool:
    """Say whether grants cover a place, segment by segment; a text that is no code of a region or TPS is none."""
    grants = [code for grant in held for code in GROUPS.get(grant, (grant,))]
    return any(_over(grant.split("."), place.split(".")) for grant in grants)


def _over(grant: Sequence[str], place: Sequence[str]) -> bool:
    if list(grant) == [NATION]:
        return True
    well_formed = [len(segment) for segment in grant] == [2, 2, 2, 4, 3][: len(grant)]
    return well_formed and list(place[: len(grant)]) == list(grant)


def verdict(role: str, held: Sequence[str], *, may: str, place: str | None, given_to: str | None) -> Verdict:
    """Return what is to become of a request.

    Args:
        role: of the token.
        held: its grants.
        may: what the operation asks for.
        place: code of what it is about; None where it is about no region.
        given_to: the agency that has the thing, where only that one and the desk handle it.
    """
    if may not in CAN[role]:
        return Verdict.REFUSE
    if place is not None and not covered(held, place):
        return Verdict.REFUSE
    if given_to is not None and OWN_AGENCY.get(role, given_to) != given_to:
        return Verdict.REFUSE
    return Verdict.ALLOW
