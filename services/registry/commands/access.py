"""What commands on access do alike: ending the tokens that rest upon something that changed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from chassis.actor import Actor
from chassis.database import Row, UnitOfWork
from chassis.outbox import Origin
from chassis.token_verifier import TOKEN_TIE
from contracts.envelope import DESK_WIDE
from contracts.registry_events import AccessChanged, AccessKind
from services.registry.rules.grants import Reach
from services.registry.tables.access import agency_unknown, agency_within


async def cut_tokens(uow: UnitOfWork, ties: Iterable[tuple[AccessKind, str]], *, origin: Origin) -> None:
    """End the tokens that rest upon what changed: those that are issued from the commit on carry a newer version.

    Args:
        ties: what changed: the kind, and its id as the event tells it.

    Emits:
        access.changed, one for each.
    """
    changed = {f"{kind.value}:{subject}": (kind, subject) for kind, subject in ties}
    if not changed:
        return
    changed_at = origin.heard_at.replace(microsecond=0) + timedelta(seconds=1)
    rows = await uow.fetch(
        """insert into access_change (tie, version, changed_at)
           select tie, 1, $2 from unnest($1::text[]) tie order by tie
           on conflict (tie) do update set version = access_change.version + 1,
               changed_at = greatest(access_change.changed_at, excluded.changed_at)
           returning tie, version, changed_at""",
        sorted(changed),
        changed_at,
    )
    for row in rows:
        kind, subject = changed[row["tie"]]
        uow.emit(
            AccessChanged(kind=kind, subject=subject, changed_at=row["changed_at"]),
            aggregate_id=row["tie"],
            version=row["version"],
            origin=replace(origin, election=DESK_WIDE),
        )


async def cut_tokens_of_officers(uow: UnitOfWork, persons: Iterable[str], *, origin: Origin) -> None:
    """End the tokens of officers whose slot changed.

    Emits:
        access.changed, one for each.
    """
    ties = [(AccessKind.OFFICER, f"{origin.election}:{person}") for person in persons]
    await cut_tokens(uow, ties, origin=origin)


async def end_token(uow: UnitOfWork, token: Actor, *, origin: Origin) -> None:
    """End one token, which its holder signed out of; others of the same person go on.

    Emits:
        access.changed
    """
    own = [tie.removeprefix(TOKEN_TIE) for tie, _ in token.ties if tie.startswith(TOKEN_TIE)]
    await cut_tokens(uow, [(AccessKind.TOKEN, each) for each in own], origin=origin)


async def locked_agency(uow: UnitOfWork, agency: str, *, reach: Reach) -> Row:
    """Return an agency all of which the caller covers, and hold it from changing.

    Emits:
        nothing

    Raises:
        AgencyUnknown: there is none, or the caller covers a part of it at most.
    """
    row = await agency_within(uow, agency, reach, lock="for share of a")
    if row is None:
        raise agency_unknown()
    return row
