"""Migrations of a service's database: Alembic with a lock of its own, and timeouts, so that none can stall a live desk."""

from importlib.resources import files
from pathlib import Path

import asyncpg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 7_202_411_27


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
    command.upgrade(config, revision)


async def run_online() -> None:
    """Run the chosen migrations; called by Alembic's environment file."""
    url: str = context.config.attributes["database_url"]
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    async with engine.connect() as connection:
        await connection.execute(text("set lock_timeout = '4s'"))
        await connection.execute(text("set statement_timeout = '120s'"))
        await connection.execute(text(f"select pg_advisory_lock({_LOCK})"))
        await connection.commit()
        await connection.run_sync(_run)
        await connection.execute(text(f"select pg_advisory_unlock({_LOCK})"))
        await connection.commit()
    await engine.dispose()


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=MetaData(), transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
