"""The caller of a request, and the regions that its token grants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chassis.problems import RegionNotCovered, ScopeMissing
from chassis.row_security import Remit
from contracts.access import GROUP_PREFIX, NATION, covers, grant, place_code


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of one request, as its token says.

    Args:
        subject: `sub`: the person's pseudonym, or the client's id where there is no person.
        person: the person's pseudonym, None for an application alone.
        client: `client_id`, the application.
        acting_client: the client that acts for the person (`act`), None where the person is there in person.
        device: the device that the token is bound to by name, None where there is none.
        regions: the token's grants, groups replaced by their regions; `*` is the nation.
        election: the one election that the token is for, None for every one.
        grants: the token's grants as they stand in it, groups by their names.
        expires_at: from when on the token is not accepted here any more, in seconds since 1970; None where there is no
            token.
        ties: what the token rests upon (`client:bpbd-jabar`, `person:bpbd-jabar:p-17`, `device:…`), with the versions that it
            was issued by; None where it does not say.
        issued_at: the token's `iat`.
    """

    subject: str
    person: str | None
    client: str
    acting_client: str | None
    device: str | None
    roles: frozenset[str]
    scopes: frozenset[str]
    regions: tuple[str, ...]
    election: str | None
    grants: tuple[str, ...] = ()
    expires_at: int | None = None
    ties: tuple[tuple[str, int | None], ...] = ()
    issued_at: int = 0

    @property
    def pseudonym(self) -> str:
        """Return what events and rows call this caller: the person, or `client:<id>` for an application alone."""
        return self.person if self.person is not None else f"client:{self.client}"

    @property
    def remit(self) -> Remit:
        """Return where and what for a transaction of this caller works."""
        return Remit(self.regions, self.scopes)

    def as_of(self, groups: "RegionGroups") -> "Actor":
        """Return the same caller with the regions that its grants name now; groups change while a token lives."""
        return replace(self, regions=groups.resolve(self.grants)) if self.grants else self

    def granted_region(self, code: str) -> str | None:
        """Return the widest of the caller's own grants that covers a region or TPS, or None.

        Example: with the grant `32.71`, `granted_region("32.71.06.1002.028") == "32.71"`. `32.7` is no region.

        Args:
            code: region or TPS code; KPU's 13 digits are understood.
        """
        return widest_over(self.regions, code)

    def may_touch(self, code: str) -> bool:
        """Say whether one of the caller's own grants covers a region or TPS."""
        return self.granted_region(code) is not None


def widest_over(regions: Iterable[str], code: str) -> str | None:
    """Return the first of some regions, the widest first, that covers a region or TPS, or None."""
    place = place_code(code)
    if place is None:
        return None
    return next((held for held in regions if covers(held, place)), None)


def region_not_covered() -> RegionNotCovered:
    """Return the one refusal of a region, the same whether it exists or not."""
    return RegionNotCovered(
        "No region of the token covers this one.",
        detail_id="Tidak ada wilayah token yang mencakup wilayah ini.",
    )


def scope_not_there() -> ScopeMissing:
    """Return the refusal of a purpose by the database, which does not say whose rows it kept."""
    return ScopeMissing(
        "None of the token's scopes is for this.",
        detail_id="Tidak ada cakupan token untuk hal ini.",
    )


def require_region(actor: Actor, code: str) -> str:
    """Return the caller's grant that covers a region which is named in a body or a query.

    Raises:
        RegionNotCovered: none does, or the code is no code.
    """
    held = actor.granted_region(code)
    if held is None:
        raise region_not_covered()
    return held


def require_whole(actor: Actor, region: str | None) -> None:
    """Refuse who would change what all of an election stands on, without a grant of all its region.

    Args:
        region: of the election; None where it is the nation's.

    Raises:
        RegionNotCovered: no grant covers it.
    """
    if NATION not in actor.regions and (region is None or actor.granted_region(region) is None):
        raise region_not_covered()


class RegionGroups:
    """Named groups of regions (`group:bakorwil-1`), which may stand among a token's regions beside codes.

    In a path or a query of the gateway a group stands where a region does; in a body stands a region's code.

    Empty until filled. `generation` changes with the content: whoever resolved a group then does it again.
    """

    def __init__(self) -> None:
        self._members: Mapping[str, tuple[str, ...]] = {}
        self.generation = 0

    def replace(self, groups: Mapping[str, Iterable[str]]) -> None:
        """Put other groups in the place of all; names without `group:`, members are region codes."""
        self._members = {
            name: tuple(code for member in members if (code := place_code(member)) is not None)
            for name, members in groups.items()
        }
        self.generation += 1

    def members(self, group: str) -> tuple[str, ...]:
        """Return the regions of a group, the widest first, none of which lies in another; none where it is unknown.

        Args:
            group: its name with `group:`.
        """
        found = self.resolve([group]) if group.startswith(GROUP_PREFIX) else ()
        return tuple(code for code in found if not any(held != code and covers(held, code) for held in found))

    def resolve(self, grants: Iterable[str]) -> tuple[str, ...]:
        """Return the regions of a token's grants, widest first; what is no grant and no known group falls away."""
        found: set[str] = set()
        for held in map(grant, grants):
            if held is None:
                continue
            if held.startswith(GROUP_PREFIX):
                found.update(self._members.get(held.removeprefix(GROUP_PREFIX), ()))
            else:
                found.add(held)
        return tuple(sorted(found, key=lambda code: (code != NATION, len(code), code)))
