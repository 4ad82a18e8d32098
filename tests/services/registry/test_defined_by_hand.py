"""`desk define`'s engine at a real registry: what is defined, what stays, and what nobody can define yet."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path

from cli.api import Api
from cli.definition import define_election
from deploy.desk_settings import ChoiceSetting, DeskSettings
from deploy.keys import ensure_keys
from deploy.run_folder import RunFolder
from tests.harness import on_a_socket, running_service
from tests.infrastructure import free_ports

ELECTION = "pilkada-2024"
CHOICES = tuple(
    ChoiceSetting(contest="walikota-91.71", number=number, name=f"Pasangan {number}", kind="pair")
    for number in (1, 2)
)


async def test_a_contest_for_which_nobody_stands_is_named(
    database_url: Callable[[str], str], tmp_path: Path
) -> None:
    port = free_ports(10)
    folder = RunFolder(tmp_path / str(port), first_port=port)
    folder.keys.mkdir(parents=True)
    keys = ensure_keys(folder.keys, regions=["91.71"], election=ELECTION)
    settings = DeskSettings(
        region="91.71",
        election=ELECTION,
        name="Pemilihan (contoh)",
        voting_date=date(2024, 11, 27),
        rehearsal=False,
        choices=CHOICES,
    )
    said: list[str] = []

    async def define() -> list[str]:
        said.clear()
        await asyncio.to_thread(define_election, Api(folder, settings), settings, say=said.append)
        return said

    async with (
        running_service(
            "registry",
            database_url=database_url("registry"),
            kafka=None,
            jwks=str(keys.public_keys),
            issuer=folder.url("gateway"),
        ) as registry,
        on_a_socket(registry.app, port=port),
    ):
        missing = "not defined, for nobody said who stands: gubernur-91 (`desk define --choices FILE`)"
        assert await define() == [f"{ELECTION}: created", "walikota-91.71: created, 2 choices", missing]
        assert await define() == [missing], "what stands stays"
