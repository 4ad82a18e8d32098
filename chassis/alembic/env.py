"""Alembic's entry: everything is in `chassis.migrations`."""

import asyncio

from chassis.migrations import run_online

asyncio.run(run_online())
