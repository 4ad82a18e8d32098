"""What a process tells of itself: masked lines, traces, metrics."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import cast

import pytest
import structlog
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chassis.identity import public_route
from chassis.masking import mask, mask_text
from chassis.telemetry import (
    begin_trace,
    configure_logging,
    current_trace_id,
    current_traceparent,
    tell_broker_reached,
)
from tests.unit.chassis.mint import Mint, application, calling

NIK = "3271064508900001"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


# --- masking -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"NIK {NIK}.", "NIK [nik]."),
        (f"nik={NIK}", "nik=[nik]"),
        ("327106 450890 0001", "[nik]"),
        ("327106.450890.0001", "[nik]"),
        ("3271-0645-0890-0001", "[nik]"),
        ("32.71.01.234567.0001", "[nik]"),
        ("32.71.06.4508.900.001", "[nik]"),
        ("32/71/06/450890/0001", "[nik]"),
        ("32 71 06 45 08 90 00 01", "[nik]"),
        ("3.2.7.1.0.6.4.5.0.8.9.0.0.0.0.1", "[nik]"),
        ("TPS 32.71.06.1002.028 NIK 32.71.01.234567.0001", "TPS 32.71.06.1002.028 NIK [nik]"),
        ("No.1/32.71.01.234567.0001", "No.1/[nik]"),
        ("No 12 32.71.01.234567.0001", "No 12 [nik]"),
        (f"/voters/{NIK}", "/voters/[nik]"),
        (f'{{"nik":"{NIK}"}}', '{"nik":"[nik]"}'),
        ("call 081234567890 now", "call [phone] now"),
        ("+62 812-3456-7890", "[phone]"),
        ("0812 3456 7890", "[phone]"),
        ("6281234567890", "[phone]"),
        ("budi.s+tps@contoh.go.id", "[email]"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: [bearer]"),
        ("basic dXNlcjpwYXNzd29yZA==", "[bearer]"),
        ("token eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.c2ln", "token [token]"),  # pragma: allowlist secret
    ],
)
def test_personal_data_and_secrets_are_hidden(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "TPS 32.71.06.1002.028 reported 412",
        "32.71.06.1002.028 412",
        "3271061002028 412",
        "3271061002028 2024-11-27",
        "32.71.06.1002.028 07.00",
        "/tps/32.71.06.1002.028/412",
        "2024-11-27 2024-11-28",
        "2024-11-27/32.71.06.1002.028",
        "2024-11-27 07:00:00+07:00/2024-11-27 13:00:00+07:00",
        "12345678-1234-4123-8123-081234567890",
        "12345678-1234-4123-abcd-0812345678ab",
        "18f2d4e8-abcd-4123-8123-081234567890",
        "3271061002028",
        "2024-11-27T07:00:00.123456Z",
        f"trace {TRACE}",
        "018f2d4e-8c1a-7b3d-9f00-081234567890",
        "desk.turnout.report.recorded.v1 offset 1234567890123",
        "127.0.0.1:8004",
        "815249 voters, 836324 ballots",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert mask_text(text) == text


def test_whatever_is_nested_is_masked() -> None:
    held = {"a": [{NIK: (NIK, int(NIK), 7, 0.5, None, True)}], "b": ValueError(NIK)}
    assert NIK not in repr(mask(held))
    assert mask({"n": 7, "ok": True, "x": None}) == {"n": 7, "ok": True, "x": None}


@example("1100000000000000", [*[""] * 12, " ", "", "."])
@example("1100000000000000", [*["", "."] * 3, "", "", "", ".", "", "", "-", " ", ""])
@given(
    st.from_regex(r"\A(1[1-9]|2[1-9]|[3-9]\d)[0-9]{14}\Z"),
    st.lists(st.sampled_from(["", "", ".", "/", " ", "-"]), min_size=15, max_size=15),
)
def test_no_grouping_shows_a_number_of_sixteen_digits(number: str, between: list[str]) -> None:
    written = "".join(digit + gap for digit, gap in zip(number, [*between, ""], strict=True))
    # A number of 13 digits, or a TPS code, with a whole one after it is no NIK.
    assume(not re.match(r"(\d{13} |\d\d\.\d\d\.\d\d\.\d{4}\.\d{3}[ /-])\d{3}\Z", written))
    assert mask_text(written) != written


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Nd", "No", "L"], exclude_characters="_.-"), max_size=20
    ),
    st.from_regex(r"\A[1-9]\d{15}\Z"),
)
def test_no_text_around_it_shows_a_number_of_sixteen_digits(around: str, number: str) -> None:
    assert number not in mask_text(f"{around}{number}{around}")


@example("081234567")
@example("BASIC dXNlcjpw")
@example("+62 812-3456-7")
@given(st.from_regex(r"\A((\+62 |62|0)8|[0-9 .@/-]|eyJ|bearer |Basic )([0-9 ./@-]|[a-zB]){0,24}\Z"))
def test_the_quick_look_lets_nothing_through(text: str) -> None:
    """An `@` is worth a look by itself, so that the text beside it is looked through whole."""
    assert mask_text(f"{text} @") == f"{mask_text(text)} @"


# --- lines -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("turnout", "INFO", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [cast(dict[str, object], json.loads(line)) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_service_level_and_time(lines: io.StringIO) -> None:
    structlog.get_logger("x").warning("late", tps="32.71.06.1002.028", phone="081234567890")
    (line,) = read(lines)
    assert line["event"] == "late"
    assert (line["service"], line["level"], line["logger"]) == ("turnout", "warning", "x")
    assert (line["tps"], line["phone"]) == ("32.71.06.1002.028", "[phone]")
    assert str(line["timestamp"]).endswith("Z")


def test_the_libraries_lines_are_json_and_masked_too(lines: io.StringIO) -> None:
    logging.getLogger("asyncpg").error("Key (nik)=(%s) already exists", NIK)
    (line,) = read(lines)
    assert line["event"] == "Key (nik)=([nik]) already exists"


def test_a_traceback_is_one_masked_line(lines: io.StringIO) -> None:
    try:
        int(f"{NIK}x")
    except ValueError:
        structlog.get_logger("x").exception("fault")
    (line,) = read(lines)
    assert "ValueError: invalid literal" in str(line["exception"])
    assert NIK not in lines.getvalue()


def test_lines_below_the_level_are_not_written(lines: io.StringIO) -> None:
    structlog.get_logger("x").debug("detail")
    logging.getLogger("httpx").info("every request")
    assert read(lines) == []


def test_a_broker_that_starts_later_is_no_error_until_it_was_there(lines: io.StringIO) -> None:
    client = logging.getLogger("aiokafka.client")
    client.error('Unable connect to "127.0.0.1:9092": [Errno 111]')
    logging.getLogger("asyncpg").error("something else")
    tell_broker_reached()
    client.error('Unable connect to "127.0.0.1:9092": [Errno 111]')
    assert [line["level"] for line in read(lines)] == ["warning", "error", "error"]


def test_the_broker_is_noted_whatever_the_level(lines: io.StringIO) -> None:
    configure_logging("turnout", "ERROR", stream=lines)
    logging.getLogger("aiokafka.client").error("not there yet")
    tell_broker_reached()
    logging.getLogger("aiokafka.client").error("gone")
    assert [(line["event"], line["level"]) for line in read(lines)] == [
        ("not there yet", "warning"),
        ("gone", "error"),
    ]


# --- traces ------------------------------------------------------------------------------------------------------


def test_a_trace_goes_on_with_a_span_of_our_own() -> None:
    trace = begin_trace(PARENT)
    assert trace.trace_id == TRACE
    assert trace.traceparent.startswith(f"00-{TRACE}-")
    assert trace.span_id != "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "header",
    [None, "", "x", PARENT.upper(), f"01-{PARENT[3:]}", f"00-{'0' * 32}-00f067aa0ba902b7-01", PARENT + "-x"],
)
def test_a_malformed_trace_is_replaced(header: str | None) -> None:
    trace = begin_trace(header)
    assert trace.trace_id != TRACE
    assert len(trace.trace_id) == 32
    assert len(trace.span_id) == 16


def test_a_trace_that_could_hold_a_nik_is_replaced_and_none_of_ours_is() -> None:
    for hidden in (f"{'0' * 16}{NIK}", f"{NIK}{'a' * 16}", f"ab{NIK}{'c' * 14}"):
        trace = begin_trace(f"00-{hidden}-00f067aa0ba902b7-01")
        assert NIK not in trace.traceparent
    made = [begin_trace(None) for _ in range(3_000)]
    assert [begin_trace(each.traceparent).trace_id for each in made] == [each.trace_id for each in made]


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=[Depends(public_route)])

    @router.get("/tps/{code}")
    async def trace_of_this(code: str) -> list[str | None]:
        await asyncio.sleep(0)
        return [current_trace_id(), current_traceparent()]

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError(NIK)

    _ = trace_of_this, broken
    return router


async def test_a_request_carries_its_trace_and_no_other(mint: Mint) -> None:
    async with calling(application(mint, routes())) as http:
        answers = await asyncio.gather(
            http.get("/v1/tps/1", headers={"traceparent": PARENT}),
            http.get("/v1/tps/2"),
            http.get("/v1/tps/3"),
        )
    traces = [answer.json()[0] for answer in answers]
    assert traces[0] == TRACE
    assert len(set(traces)) == 3
    assert current_trace_id() is None


async def test_the_trace_of_a_fault_is_in_its_answer_and_in_its_line(mint: Mint, lines: io.StringIO) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.get("/v1/broken", headers={"traceparent": PARENT})
    assert answer.json()["trace_id"] == TRACE
    fault = next(line for line in read(lines) if line["event"] == "fault")
    assert fault["trace_id"] == TRACE
    assert NIK not in lines.getvalue()
    assert NIK not in answer.text


async def test_a_request_is_one_line_without_its_path_unless_it_failed(
    mint: Mint, lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    async with calling(application(mint, routes())) as http:
        await http.get("/v1/tps/32.71.06.1002.028")
        await http.get(f"/voters/{NIK}")
    good, bad = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (good["event"], good["route"], good["status"], good["service"]) == (
        "request",
        "/v1/tps/{code}",
        200,
        "turnout",
    )
    assert "path" not in good
    assert (bad["route"], bad["status"], bad["path"], bad["problem"]) == (
        "unmatched",
        404,
        "/voters/[nik]",
        "not-found",
    )


# --- metrics -----------------------------------------------------------------------------------------------------


def rendered(app: FastAPI) -> str:
    return app.state.metrics.render()[0].decode()


async def test_requests_are_counted_by_template_and_never_by_path(mint: Mint) -> None:
    app = application(mint, routes())
    async with calling(app) as http:
        for code in ("1", "2", NIK):
            await http.get(f"/v1/tps/{code}")
        await http.get(f"/voters/{NIK}")
        await http.get("/v1/broken")
        await http.request("BREW", "/v1/tps/1")
    text = rendered(app)
    assert 'http_requests_total{method="GET",route="/v1/tps/{code}",status="200"} 3.0' in text
    assert 'http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'http_requests_total{method="GET",route="/v1/broken",status="500"} 1.0' in text
    assert 'http_requests_total{method="other",route="/v1/tps/{code}",status="405"} 1.0' in text
    assert 'http_request_duration_seconds_count{method="GET",route="/v1/tps/{code}"} 3.0' in text
    assert NIK not in text


async def test_every_application_counts_for_itself(mint: Mint) -> None:
    first, second = application(mint, routes()), application(mint, routes())
    async with calling(first) as http:
        await http.get("/v1/tps/1")
    assert "http_requests_total{" in rendered(first)
    assert "http_requests_total{" not in rendered(second)


@pytest.mark.parametrize(
    "name",
    [
        "desk_outbox_unpublished_oldest_seconds",
        "desk_outbox_pending_events",
        "desk_relay_published_events_total",
        "desk_consumer_lag_records",
        "desk_consumer_events_total",
        "desk_dead_letters",
        "desk_coalescer_group_commands",
        "desk_coalescer_waiting_commands",
        "desk_idempotent_replays_total",
        "process_cpu_seconds_total",
    ],
)
def test_the_machinery_has_its_metrics(mint: Mint, name: str) -> None:
    assert f"# TYPE {name} " in rendered(application(mint))
