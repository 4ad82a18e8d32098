"""How an operation is asked by the matrix."""

from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """An operation as the matrix asks it.

    Attributes:
        may: what the oracle calls it.
        place: code of what it is about; None where it is of no region.
        given_to: the agency that has what it is about.
        body: members that are other than in the example; a text `{name}` is the room's thing of that name.
        file: the body where it is no JSON.
        item: whether its verdict is that of the first item of a batch.
        before: an operation that makes the thing anew each time, asked by the desk.
        told_by_rows: whether the database alone refuses by changing nothing, whatever is answered: it is of the frame that
            everybody reads, looks to whoever may not see it as if it were not there yet, or is a sum of what they see.
        sign: what stands in the answer to whoever sees the TPS of the room, and in no other one, where it is such a sum.
        of_purpose: what stands in the answer to whoever may ask, and in none to a role that may not, where it is in parts of
            what everybody may know.
        needs_grant: whether a caller without any TPS may be refused or not: nothing comes of it either way.
        gives: whether it gives or takes rights: a group of regions gives itself alone, for others may change what is in it.
    """

    may: str
    place: str | None = None
    given_to: str | None = None
    body: Body = field(default_factory=dict[str, Any])
    file: str | None = None
    query: str = ""
    item: bool = False
    before: str | None = None
    told_by_rows: bool = False
    sign: str | None = None
    of_purpose: str | None = None
    needs_grant: bool = False
    gives: bool = False
