"""What a token may allow: the least of what the application, the person and the request allow."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.problems import ElectionNotCovered, RegionNotCovered
from contracts.access import NATION, Role, Scope, grant, scopes_of, within
from services.registry.errors import OAuthRefusal
from services.registry.schemas.officers import Duty

_ELECTION = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")

ROLE_OF_DUTY: Mapping[Duty, Role] = {Duty.KPPS: Role.KPPS, Duty.PTPS: Role.PTPS}
"""What an officer of a TPS's roster is to the desk; a guard of the TPS sends nothing."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody or something may do where, until when.

    Args:
        tie: what changes of it are called (`person:bpbd-jabar:p-17`).
        version: of its last change, 0 where there was none.
        election: the only one, None for every one.
        person: what a token calls the person whose they are, None of an application (`called`).
    """

    tie: str
    version: int
    roles: frozenset[Role]
    regions: tuple[str, ...]
    election: str | None
    ends_at: datetime | None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application that has proved itself."""

    client: str
    agency: str
    rights: Rights
    may_act_for_persons: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token will allow, and to whom.

    Args:
        access: what it rests upon, by tie, with the version of each.
    """

    client: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    regions: tuple[str, ...]
    election: str | None
    access: Mapping[str, int]
    ends_at: datetime | None
    person: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for; nothing asked is all that may be had."""

    roles: frozenset[str] = field(default_factory=frozenset[str])
    scopes: frozenset[str] = field(default_factory=frozenset[str])
    regions: frozenset[str] = field(default_factory=frozenset[str])
    election: str | None = None


def wish_of(form: Mapping[str, str]) -> Wish:
    """Return what the fields of a token request ask for; lists have spaces between.

    Raises:
        OAuthRefusal: the election is none.
    """
    words = {name: frozenset(form.get(name, "").split()) for name in ("roles", "scope", "regions")}
    election = form.get("election") or None
    if election is not None and _ELECTION.fullmatch(election) is None:
        raise OAuthRefusal("invalid_request", "This is no election's id.", "Ini bukan id pemilihan.")
    return Wish(words["roles"], words["scope"], words["regions"], election)


def called(agency: str, person: str) -> str:
    """Return what a token calls a person whom an agency registered: by the agency too, for another's may have the same pseudonym.

    No pseudonym has a slash in it, so nobody else is called so: an officer of a roster, whom the desk itself names, has none.

    Example: `called("bpbd-jabar", "p-17") == "bpbd-jabar/p-17"`.
    """
    return f"{agency}/{person}"


def both(application: Rights, person: Rights) -> Rights:
    """Return what an application and a person both may; it goes by the person's name.

    A region of one counts where it lies within one of the other. Example: `32.71` and `32.71.06` have `32.71.06` in common.

    Raises:
        OAuthRefusal: they are for different elections.
    """
    if application.election and person.election and application.election != person.election:
        raise nobody()
    ends = [at for at in (application.ends_at, person.ends_at) if at is not None]
    return Rights(
        tie=person.tie,
        version=person.version,
        roles=application.roles & person.roles,
        regions=common(application.regions, person.regions),
        election=person.election or application.election,
        ends_at=min(ends) if ends else None,
        person=person.person,
    )


def common(ones: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Return the grants that lie within both lists, each once.

    Example: `common(["32.71"], ["32.71.06", "32.73"]) == ("32.71.06",)`.
    """
    inner = [one for one in ones if any(within(one, other) for other in others)]
    inner += [other for other in others if any(within(other, one) for one in ones)]
    return tuple(dict.fromkeys(inner))


def granted(
    application: Application,
    rights: Rights,
    wish: Wish,
    *,
    device: str | None = None,
    device_version: int | None = None,
) -> Granted:
    """Return what a token allows: what its holder may, or the fewer that was asked for.

    Args:
        rights: the application's own, or what it and the person both may.
        device_version: of a device that proved itself; None where the application only names one.

    Raises:
        OAuthRefusal: more was asked for, or nothing is left.
    """
    roles = _asked_roles(application, rights, wish)
    allowed = scopes_of(roles)
    if not wish.scopes <= allowed:
        raise _more(
            "A scope was asked for that the roles do not have.", "Diminta cakupan yang tidak dimiliki peran."
        )
    election = wish.election or rights.election
    if rights.election is not None and election != rights.election:
        raise OAuthRefusal(
            "invalid_request",
            "The application or the person is not for this election.",
            "Aplikasi atau orang ini bukan untuk pemilihan tersebut.",
        )
    regions = _asked_regions(rights, wish)
    if not roles or not regions:
        raise nobody()
    access = {application.rights.tie: application.rights.version, rights.tie: rights.version}
    if device is not None and device_version is not None:
        access[f"device:{device}"] = device_version
    return Granted(
        client=application.client,
        roles=roles,
        scopes=frozenset(Scope(scope) for scope in wish.scopes) or allowed,
        regions=regions,
        election=election,
        access=access,
        ends_at=rights.ends_at,
        person=rights.person,
        device=device,
    )


def _asked_roles(application: Application, rights: Rights, wish: Wish) -> frozenset[Role]:
    if not wish.roles <= application.rights.roles:
        raise _more(
            "A role was asked for that the application does not have.",
            "Diminta peran yang tidak dimiliki aplikasi.",
        )
    return rights.roles & frozenset(Role(role) for role in wish.roles) if wish.roles else rights.roles


def _asked_regions(rights: Rights, wish: Wish) -> tuple[str, ...]:
    found: list[str] = []
    for word in sorted(wish.regions):
        held = grant(word)
        if held is None or not any(within(held, own) for own in rights.regions):
            raise _more(
                "A region was asked for that the application or the person does not have.",
                "Diminta wilayah yang tidak dimiliki aplikasi atau orangnya.",
            )
        found.append(held)
    return tuple(found) or rights.regions


def _more(description: str, description_id: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_scope", description, description_id)


def nobody() -> OAuthRefusal:
    """Return the one refusal of a person, whatever the reason: who is on which list is not told."""
    return OAuthRefusal(
        "invalid_grant",
        "The person is on no list of this agency and no roster, or may nothing that the application may.",
        "Orang ini tidak ada dalam daftar instansi maupun petugas, atau tidak berhak atas apa yang boleh dilakukan aplikasi.",
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """How far somebody who gives rights may give them: no further than their own token."""

    grants: tuple[str, ...]
    election: str | None

    def require(self, regions: Iterable[str], election: str | None) -> None:
        """Refuse rights beyond the giver's own.

        Raises:
            RegionNotCovered: a region lies in none of the giver's.
            ElectionNotCovered: the giver is for another election, or for one only.
        """
        if self.election is not None and election != self.election:
            raise ElectionNotCovered(
                "Your token is for one election; what it gives is for that one too.",
                detail_id="Token Anda untuk satu pemilihan; yang diberikannya juga hanya untuk pemilihan itu.",
            )
        if NATION in self.grants:
            return
        if not all(any(within(region, own) for own in self.grants) for region in regions):
            raise RegionNotCovered(
                "No region of the token covers this one.",
                detail_id="Tidak ada wilayah token yang mencakup wilayah ini.",
            )
