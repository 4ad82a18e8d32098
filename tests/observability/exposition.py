"""What a process exposes at /metrics, read as Prometheus reads it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.harness import RunningService

Series = tuple[dict[str, str], float]


@dataclass(frozen=True)
class Exposed:
    """The metrics of one or more processes at one moment."""

    families: tuple[Metric, ...]

    @property
    def names(self) -> set[str]:
        """Every name that a query may select, those of histograms' parts and of counters included."""
        return {sample.name for family in self.families for sample in family.samples}

    @property
    def labels(self) -> dict[str, set[str]]:
        """The labels of each name."""
        found: dict[str, set[str]] = {}
        for family in self.families:
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
        return found

    def of(self, name: str, **labels: str) -> list[Series]:
        """The series of a name that have these labels."""
        return [
            (sample.labels, sample.value)
            for family in self.families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def value(self, name: str, **labels: str) -> float:
        """The value of the one series that has these labels."""
        found = self.of(name, **labels)
        assert len(found) == 1, f"{name}{labels}: {found}"
        return found[0][1]


def read(text: str) -> Exposed:
    """What a text of the exposition format says."""
    return Exposed(tuple(text_string_to_metric_families(text)))


async def exposed_by(*services: RunningService) -> Exposed:
    """What these services expose now."""
    families: list[Metric] = []
    for service in services:
        families += read((await service.client.get("/metrics")).text).families
    return Exposed(tuple(families))


async def until(
    service: RunningService, condition: Callable[[Exposed], bool], *, patience_s: float
) -> Exposed:
    """Look until what a service exposes meets a condition, and return it."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while not condition(found := await exposed_by(service)):
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.2)
    return found
