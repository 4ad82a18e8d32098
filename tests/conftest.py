"""Fixtures for tests that need a real PostgreSQL or a real broker; both start when first asked for."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import infrastructure
from tests.infrastructure import KafkaServer, PostgresServer

# A busy machine is no failure: neither a slow example nor slow drawing of one is judged.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_run_lock = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist belong to the run of their parent
        config.stash[_run_lock] = infrastructure.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if (lock := config.stash.get(_run_lock, None)) is not None:
        infrastructure.end_run(lock)


DEAREST = ("faults", "e2e")
"""Folders whose files take longest: each starts desks of its own."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: short ones fill up the end, so that no worker waits minutes for the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.parent.name not in DEAREST))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio; for the session, so that fixtures of every scope may be async."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """The run's PostgreSQL."""
    return infrastructure.postgres_server()


@pytest.fixture(scope="session")
def kafka() -> KafkaServer:
    """The run's broker: `kafka.bootstrap` is its address, `kafka.idempotent` what it can."""
    return infrastructure.kafka_server()


@pytest.fixture(scope="module")
def database_url() -> Iterator[Callable[[str], str]]:
    """`database_url("registry")` is the address of a database of this module, empty at first."""
    urls: dict[str, str] = {}

    def database(service: str) -> str:
        if service not in urls:
            urls[service] = infrastructure.make_database(service)
        return urls[service]

    yield database
    for url in urls.values():
        infrastructure.drop_database(url)
