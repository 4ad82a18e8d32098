"""The first applications of a desk: taken in once, while it has none; from then on the API alone changes them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from services.registry.commands.frame import lock_names
from services.registry.schemas.access import AgencyKind
from services.registry.schemas.clients_file import FirstClient
from services.registry.tables.access import Agency, Client, ClientSecret

FIRST_SECRETS_LIVE = timedelta(days=366)


async def take_in_first_clients(uow: UnitOfWork, clients: Sequence[FirstClient], *, at: datetime) -> int:
    """Take in the applications of the clients file, unless the desk has had an application before.

    Emits:
        nothing: no token rests upon them yet.

    Returns:
        how many were taken in.
    """
    await lock_names(uow, ["first-clients"])
    if await uow.fetch_row("select 1 from client limit 1") is not None:
        return 0
    for agency in sorted({client.agency for client in clients}):
        if await uow.session.get(Agency, agency) is None:
            uow.session.add(
                Agency(
                    id=agency,
                    version=1,
                    kind=AgencyKind.DESK.value,
                    name="Desk Pilkada",
                    name_en="Desk Pilkada",
                    contact="Desk Pilkada",
                    active=True,
                )
            )
    await uow.session.flush()
    for client in clients:
        uow.session.add(
            Client(
                id=client.client_id,
                agency=client.agency,
                version=1,
                roles=sorted(client.roles),
                regions=sorted(client.regions),
                election=client.election,
                may_act_for_persons=client.may_act_for_persons,
                ends_at=None,
                revoked_at=None,
            )
        )
    await uow.session.flush()
    for client in clients:
        uow.session.add(
            ClientSecret(
                id=uuid7(),
                client=client.client_id,
                sha256=bytes.fromhex(client.secret_sha256),
                made_at=at,
                expires_at=at + FIRST_SECRETS_LIVE,
                revoked_at=None,
            )
        )
    return len(clients)
