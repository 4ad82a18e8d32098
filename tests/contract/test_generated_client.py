"""A client that a kept generator makes from the committed document speaks with the real gateway, and none of it by hand."""

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from contracts.access import Role
from tests.harness import ELECTION, RunningService, on_a_socket, running_service, soon, token
from tests.services.gateway.conftest import play
from tests.services.turnout.paper import lay_out, tps
from tests.story import whole_story

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/reference/openapi.json"
PACKAGE = "desk_client_of_the_test"
NOT_MADE = {
    "start_voter_import": "it takes a file as it is, in one of two formats, and the generator knows forms and JSON only",
}
"""Operations that the generator leaves out, and why."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the package of the client, which can be imported while this module runs."""
    folder = tmp_path_factory.mktemp("client")
    told = ConfigFile(post_hooks=[], package_name_override=PACKAGE)
    config = Config.from_sources(
        told, MetaType.NONE, DOCUMENT, "utf-8", overwrite=False, output_path=folder / PACKAGE
    )
    generate(config=config)
    sys.path.insert(0, str(folder))
    yield PACKAGE
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    """A gateway that knows the story, before a turnout that knows two TPS."""
    story = whole_story()
    async with (
        running_service("turnout", database_url=database_url("turnout"), kafka=None) as turnout,
        on_a_socket(turnout.app) as url,
        running_service(
            "gateway", database_url=database_url("gateway"), kafka=None, peers={"turnout": url}
        ) as gateway,
    ):
        await lay_out(turnout, tps_count=2)
        await play(gateway, story.events)
        yield gateway


def client_of(package: str, gateway: RunningService, *roles: Role) -> Any:
    """Return the generated client, on the gateway's application, with a token for its whole region."""
    secret = token(roles)
    made = importlib.import_module(package).AuthenticatedClient(base_url="http://gateway", token=secret)
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway.app),
        base_url="http://gateway",
        headers={"Authorization": f"Bearer {secret}"},
    )
    return made.set_async_httpx_client(http)


async def test_it_reports_and_reads(package: str, gateway: RunningService) -> None:
    desk = client_of(package, gateway, Role.KPPS, Role.DESK)
    report = importlib.import_module(f"{package}.api.turnout.record_turnout_report")
    body = importlib.import_module(f"{package}.models").TurnoutReportIn.from_dict(
        {"slot": "10:00", "men": 96, "women": 104, "occurred_at": soon(), "channel": "app"}
    )
    sent = await report.asyncio_detailed(
        ELECTION, tps(1), client=desk, body=body, idempotency_key=uuid4().hex
    )
    assert sent.status_code == 201, sent.content
    assert (sent.parsed.total, sent.parsed.tps_code) == (200, tps(1))

    overview = importlib.import_module(f"{package}.api.regions.read_overview")
    seen = await overview.asyncio(ELECTION, "32.71", client=desk)
    assert (seen.region, seen.official) == ("32.71", False)
    assert seen.tps_total > 0

    listed = importlib.import_module(f"{package}.api.lists.list_tps")
    page = await listed.asyncio(ELECTION, client=desk, region="32.71", limit=1)
    assert len(page.items) == 1
    following = await listed.asyncio(ELECTION, client=desk, region="32.71", limit=1, cursor=page.next_cursor)
    assert following.items[0].tps_code > page.items[0].tps_code


async def test_a_refusal_comes_as_a_problem(package: str, gateway: RunningService) -> None:
    observer = client_of(package, gateway, Role.OBSERVER)
    report = importlib.import_module(f"{package}.api.turnout.record_turnout_report")
    body = importlib.import_module(f"{package}.models").TurnoutReportIn.from_dict(
        {"slot": "10:00", "men": 1, "women": 1, "occurred_at": soon()}
    )
    refused = await report.asyncio_detailed(
        ELECTION, tps(2), client=observer, body=body, idempotency_key=uuid4().hex
    )
    assert refused.status_code == 403
    assert (refused.parsed.status, refused.parsed.retryable) == (403, False)


async def test_every_operation_is_in_it(package: str) -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    operations = {operation["operationId"] for path in paths.values() for operation in path.values()}
    folder = Path(str(importlib.import_module(package).__file__)).parent
    files = await asyncio.to_thread(lambda: list(folder.glob("api/*/*.py")))
    assert operations - {file.stem for file in files} == set(NOT_MADE)
