"""Migrations of a service's database: Alembic with a lock of its own, and timeouts, so that none can stall a live desk.

They run as the role that owns the database, `<login>_owner`; the service logs in as another one that owns nothing. What that
one may do is said here, after the last revision: read and write rows, and what it may never do with some of them.
"""

from importlib.resources import files
from pathlib import Path

import asyncpg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

_LOCK = 7_202_411_27
OWNER_SUFFIX = "_owner"

_GRANT = """
do $$
declare login text := quote_ident(left(current_user, -length('_owner'))); kept regclass;
begin
    execute 'grant select, insert, update, delete, maintain on all tables in schema public to ' || login;
    execute 'revoke insert, update, delete, maintain on alembic_version from ' || login;
    -- What is only ever added says so by its trigger.
    for kept in select tgrelid::regclass from pg_trigger where tgname = 'only_added' loop
        execute format('revoke update, delete on %s from %s', kept, login);
    end loop;
    -- The ledger: an event is marked as published, and nothing else ever happens to it.
    if to_regclass('outbox') is not null then
        execute 'revoke update, delete on outbox from ' || login;
        execute 'grant update (published_at) on outbox to ' || login;
    end if;
end $$
"""
_GRANT_TRUNCATE = "grant truncate on all tables in schema public to "
"""For the gateway, whose tables are made again from the topics."""


def migrate(database_url: str, *, package: str, revision: str = "head") -> None:
    """Bring a database to a revision.

    Args:
        database_url: `postgresql://…` of the service's own database.
        package: the service's, with the folder `migrations/versions` in it.
    """
    versions = files(package) / "migrations" / "versions"
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic").replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["database_url"] = database_url
    config.attributes["emptied"] = package == "gateway"
    command.upgrade(config, revision)


async def run_online() -> None:
    """Run the chosen migrations; called by Alembic's environment file."""
    url: str = context.config.attributes["database_url"]
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    async with engine.connect() as connection:
        await connection.execute(text("set lock_timeout = '4s'"))
        await connection.execute(text("set statement_timeout = '120s'"))
        await connection.execute(text(f"select pg_advisory_lock({_LOCK})"))
        await connection.execute(
            text("select set_config('app.regions', '*', false), set_config('app.purposes', '*', false)")
        )  # policies bind owners too
        await connection.commit()
        await connection.run_sync(_run)
        await _let_in(connection)
        await connection.execute(text(f"select pg_advisory_unlock({_LOCK})"))
        await connection.commit()
    await engine.dispose()


async def _let_in(connection: AsyncConnection) -> None:
    """Give the login role its privileges, where the owner is not itself the login role."""
    owner: str = (await connection.execute(text("select current_user"))).scalar_one()
    if owner.endswith(OWNER_SUFFIX):
        await connection.execute(text(_GRANT))
        if context.config.attributes["emptied"]:
            login = owner.removesuffix(OWNER_SUFFIX)
            await connection.execute(text(_GRANT_TRUNCATE + f'"{login}"'))
    await connection.commit()


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=MetaData(), transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
