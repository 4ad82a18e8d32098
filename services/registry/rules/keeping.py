"""Whose a fact is that an agency brought: the agency's that said it first, and always the desk's too."""

from dataclasses import dataclass
from typing import Final

from contracts.access import Scope


@dataclass(frozen=True, slots=True)
class Keeper:
    """Whoever says something: an agency, or the desk.

    Args:
        agency: the agency; `client:<id>` of an application that is of no agency here; None for the desk.
        gone: agencies that are active no more: what they kept is free for whoever covers the place.
    """

    agency: str | None
    gone: frozenset[str] = frozenset()

    def may_change(self, kept_by: str | None) -> bool:
        """Say whether a fact may be changed that an agency keeps, or nobody yet.

        Example: of what `polda-contoh` keeps, `bpbd-contoh` changes nothing; the desk does, and it stays `polda-contoh`'s.
        """
        return self.agency is None or kept_by in {None, self.agency} or kept_by in self.gone

    def keeps(self, kept_by: str | None) -> str | None:
        """Return who keeps a fact once it was changed: who says it first; what the desk says makes nobody its keeper."""
        return kept_by if self.agency is None else self.agency


DESK: Final = Keeper(None)
"""The desk itself, where a decision of its own changes what agencies said."""


def is_of_the_desk(scopes: frozenset[str]) -> bool:
    """Say whether a caller keeps the registry as a whole."""
    return Scope.REGISTRY_WRITE in scopes
