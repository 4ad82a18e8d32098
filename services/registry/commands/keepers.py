"""As whom a caller says something in the registry, and the refusal of what another agency keeps."""

from chassis.actor import Actor, region_not_covered
from chassis.database import UnitOfWork
from contracts.access import Scope
from services.registry.rules.keeping import DESK, Keeper, is_of_the_desk


async def keeper_of(uow: UnitOfWork, actor: Actor) -> Keeper:
    """Return as whom a caller says something: the desk, or the agency of the application.

    Emits:
        nothing
    """
    if is_of_the_desk(actor.scopes):
        return DESK
    async with uow.beyond_regions(purposes=[Scope.DESK_ADMIN]):
        row = await uow.fetch_row(
            """select (select agency from client where id = $1) as agency,
                      array(select id from agency where not active) as gone""",
            actor.client,
        )
    assert row is not None
    return Keeper(row["agency"] or f"client:{actor.client}", frozenset(row["gone"]))


def require_keeper(keeper: Keeper, kept_by: str | None) -> None:
    """Refuse an agency what another one keeps, as it is refused what lies outside its regions.

    Raises:
        RegionNotCovered: another agency keeps it.
    """
    if not keeper.may_change(kept_by):
        raise region_not_covered()
