"""Whatever a panel or a rule names is exposed by the real applications, with the labels and words that it asks for."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import pytest
from promql_parser import AggregateExpr, BinaryExpr, Call, Expr, ParenExpr, VectorSelector

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.vocabulary import Service
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.infrastructure import KafkaServer
from tests.observability.exposition import Exposed, exposed_by, until
from tests.observability.queries import (
    OF_PROMETHEUS,
    domain_names,
    panel_questions,
    questions,
    recorded,
    selections,
)
from tests.services.gateway.conftest import play
from tests.story import OPENS, whole_story

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
OF_THE_TARGET = {"job", "instance", "service"}
MORE: Mapping[str, Mapping[str, object]] = {
    "gateway": {"metrics_every_s": 0.2, "reconcile_every_s": 0.2, "turnout_slots": ("10:00", "final")},
    "incidents": {"figures_every_s": 0.2},
}
OF_SERVICES = tuple(service.value for service in Service)


@pytest.fixture(scope="module")
async def exposed(database_url: Callable[[str], str], kafka: KafkaServer) -> AsyncIterator[Exposed]:
    """What five running applications expose, once each has done some of its work."""
    prefix = f"{uuid4().hex}."
    async with AsyncExitStack() as stack:
        running: dict[str, RunningService] = {}
        for name in (*OF_SERVICES, "gateway"):
            service = running_service(
                name,
                database_url=database_url(name),
                kafka=kafka,
                topic_prefix=prefix,
                desk_time=OPENS + timedelta(hours=4),
                speed=0,
                **MORE.get(name, {}),  # pyright: ignore[reportArgumentType] - settings, none of which is the owner
            )
            running[name] = await stack.enter_async_context(service)
        await play(running["gateway"], whole_story().events)
        await _report_a_flood(running["incidents"])
        await until(
            running["incidents"], lambda seen: bool(seen.of("desk_incidents_open_count")), patience_s=20
        )
        await until(running["gateway"], _is_whole, patience_s=40)
        yield await exposed_by(*running.values())


def _is_whole(seen: Exposed) -> bool:
    return (
        bool(seen.of("desk_forms_waiting_oldest_seconds"))
        and bool(seen.of("desk_consumer_lag_records"))
        and seen.value("desk_part_state", part="consumer", state="ok") == 1
    )


async def _report_a_flood(incidents: RunningService) -> None:
    async with incidents.app.state.database.transaction(
        EVERYWHERE
    ) as uow:  # the registry tells of no TPS in this test
        await uow.execute("insert into election_ref values ($1, '32.71')", ELECTION)
        await uow.execute(
            "insert into tps_ref values (uuidv7(), $1, '32.71.06.1002.028', '{}', true)", ELECTION
        )
    body = {
        "category": "disaster",
        "severity": "high",
        "tps_code": "32.71.06.1002.028",
        "title": "Banjir bandang",
        "description": "Banjir bandang 20-50 cm",
        "occurred_at": "2024-11-26T14:30:00+07:00",
        "channel": "app",
    }
    answer = await incidents.client.post(
        f"/v1/elections/{ELECTION}/incidents", json=body, headers=bearer(Role.KPPS)
    )
    assert answer.status_code == 201, answer.text


async def test_whatever_is_asked_for_is_exposed(exposed: Exposed) -> None:
    known = exposed.names | OF_PROMETHEUS | set(recorded())
    # What is counted only once it happens has no series before: its family is announced all the same.
    known |= {family.name for family in exposed.families} | {
        f"{family.name}_total" for family in exposed.families
    }
    wrong = [
        f"{asked.where}: {selected.name}"
        for asked in questions()
        for selected in selections(asked.parsed())
        if selected.name not in known
    ]
    assert not wrong


async def test_labels_and_words_that_are_asked_for_exist(exposed: Exposed) -> None:
    wrong: list[str] = []
    for asked in questions():
        for selected in selections(asked.parsed()):
            labels = exposed.labels.get(selected.name)
            if labels is None:
                continue
            if missing := selected.labels - labels - OF_THE_TARGET:
                wrong.append(f"{asked.where}: {selected.name} has no label {sorted(missing)}")
            words = {name: word for name, word in selected.equal.items() if name not in OF_THE_TARGET}
            if not exposed.of(selected.name, **words):
                wrong.append(f"{asked.where}: no {selected.name}{words}")
    assert not wrong


async def test_a_legend_names_labels_that_the_answer_has(exposed: Exposed) -> None:
    wrong = [
        f"{asked.where}: {label}"
        for asked in panel_questions()
        for label in _named(asked.legend)
        if label not in _labels_of(asked.parsed(), exposed)
    ]
    assert not wrong


def _named(legend: str) -> list[str]:
    return [part.split("}}")[0] for part in legend.split("{{")[1:]]


def _labels_of(expr: Expr, exposed: Exposed) -> set[str]:
    """The labels that the answer to an expression has, as far as they show in it."""
    match expr:
        case VectorSelector(name=str(name)):
            if name in recorded():
                return _labels_of(recorded()[name].parsed(), exposed)
            return exposed.labels.get(name, {"alertname", "severity"}) | OF_THE_TARGET
        case AggregateExpr():
            modifier = expr.modifier
            inner = _labels_of(expr.expr, exposed)
            if modifier is None:
                return set()
            given = set(modifier.labels)
            return inner - given if str(modifier.type).endswith("Without") else inner & given
        case BinaryExpr():
            return _labels_of(expr.lhs, exposed) | _labels_of(expr.rhs, exposed)
        case ParenExpr():
            return _labels_of(expr.expr, exposed)
        case Call():
            return set[str]().union(*(_labels_of(part, exposed) for part in expr.args))
        case _:
            inner = getattr(expr, "vector_selector", None)
            return _labels_of(inner, exposed) if inner is not None else set()


async def test_places_are_no_finer_than_a_kecamatan(exposed: Exposed) -> None:
    for name in domain_names() - set(recorded()):
        for labels, _ in exposed.of(name):
            assert labels["region"].count(".") <= 2, name
            assert labels["rehearsal"] == "true"
            assert labels["election"] == ELECTION
            assert not {"tps", "tps_code", "box", "person", "device", "id"} & set(labels)


async def test_figures_of_the_election_are_the_gauges_with_an_election(exposed: Exposed) -> None:
    """The list by which `sum` is refused comes from the source; here it is held against what is really exposed."""
    found = {
        family.name for family in exposed.families for sample in family.samples if "election" in sample.labels
    }
    assert found <= domain_names()
    assert domain_names() - set(recorded()) <= found
