"""Our codec of events against the CloudEvents library: what one writes the other reads, both ways."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.wire import MalformedEvent, decode_headers, encode_headers
from contracts.envelope import ATTRIBUTES, Envelope

ALPHABET = "abcXYZ019-./:\u00e9\u00df\u0101\u0645\u0e01\u4eac\U0001f5f3"
"""One, two, three and four bytes in UTF-8. Drawn from a few letters: the tables of all of Unicode's take seconds to make
on a busy machine, and Hypothesis would call that a failure of whichever test came first."""
WORDS = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=40)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=9))])
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=ZONES)  # noqa: DTZ001 - zones are drawn


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    return Envelope(
        event_id=draw(st.uuids()),
        type=f"desk.turnout.{draw(st.sampled_from(['tally', 'voting_day']))}.recorded.v1",
        source="/turnout",
        aggregate=f"tally/{draw(st.uuids())}",
        version=draw(st.integers(1, 2**40)),
        partition_key=draw(WORDS),
        election=draw(WORDS),
        contest=draw(st.none() | WORDS),
        occurred_at=draw(INSTANTS),
        recorded_at=draw(INSTANTS),
        channel=draw(st.sampled_from(["app", "api", "import"])),
        actor=draw(WORDS),
        data_class=draw(st.sampled_from(["public", "operational", "restricted"])),
        rehearsal=draw(st.booleans()),
        traceparent=draw(st.none() | st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
        epoch=draw(st.integers(1, 1_000)),
    )


@settings(deadline=None)
@given(envelope=envelopes())
def test_the_library_reads_what_we_write(envelope: Envelope):
    headers = encode_headers(_row(envelope), service="turnout", epoch=envelope.epoch)
    message = KafkaMessage(headers=dict(headers), key=envelope.partition_key.encode(), value=b'{"total": 1}')

    event = from_binary(message, JSONFormat())

    assert event.get_specversion() == "1.0"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"total": 1}
    assert event.get_id() == str(envelope.event_id)
    assert event.get_time() == envelope.recorded_at
    told = {
        name: value
        for name, value in event.get_attributes().items()
        if name not in {"specversion", "datacontenttype"}
    }
    wanted = {attribute: getattr(envelope, field) for field, attribute in ATTRIBUTES.items()}
    assert set(told) == {attribute for attribute, value in wanted.items() if value is not None}
    for attribute in (
        "type",
        "source",
        "subject",
        "partitionkey",
        "election",
        "channel",
        "actor",
        "dataclass",
    ):
        assert told[attribute] == wanted[attribute]


@settings(deadline=None)
@given(envelope=envelopes())
def test_we_read_what_the_library_writes(envelope: Envelope):
    attributes = {
        attribute: _as_attribute(getattr(envelope, field)) for field, attribute in ATTRIBUTES.items()
    }
    attributes = {name: value for name, value in attributes.items() if value is not None}
    attributes["time"] = envelope.recorded_at
    event = CloudEvent(
        attributes | {"specversion": "1.0", "datacontenttype": "application/json"}, data={"total": 1}
    )

    message = to_binary(event, JSONFormat())

    assert decode_headers(message.headers.items()) == envelope
    assert message.key == envelope.partition_key


@settings(deadline=None)
@given(envelope=envelopes())
def test_what_we_write_we_read(envelope: Envelope):
    assert decode_headers(encode_headers(_row(envelope), service="turnout", epoch=envelope.epoch)) == envelope


@pytest.mark.parametrize(
    "header", ["ce_id", "ce_type", "ce_time", "ce_aggregateversion", "ce_ledgerepoch", "ce_dataclass"]
)
def test_an_event_without_an_attribute_is_malformed(header: str):
    headers = [(name, value) for name, value in _headers() if name != header]
    with pytest.raises(MalformedEvent, match=header):
        decode_headers(headers)


@pytest.mark.parametrize(
    "header", ["ce_id", "ce_time", "ce_occurredat", "ce_aggregateversion", "ce_ledgerepoch"]
)
@pytest.mark.parametrize("value", [b"", b"nonsense", b"\xff\xfe"])
def test_an_attribute_of_the_wrong_type_is_malformed_and_not_repeated(header: str, value: bytes):
    headers = [(name, value if name == header else known) for name, known in _headers()]
    with pytest.raises(MalformedEvent) as told:
        decode_headers(headers)
    assert "nonsense" not in str(told.value)


def _headers() -> list[tuple[str, bytes]]:
    now = datetime(2024, 11, 27, 3, tzinfo=UTC)
    envelope = Envelope(
        event_id=UUID(int=7), type="desk.turnout.tally.entered.v1", source="/turnout", aggregate="tally/7", version=1,
        partition_key="7", election="pilkada-2024", contest=None, occurred_at=now, recorded_at=now, channel="app",
        actor="p-1", data_class="operational", rehearsal=True, traceparent=None, epoch=1,
    )  # fmt: skip
    return encode_headers(_row(envelope), service="turnout", epoch=1)


def _row(envelope: Envelope) -> dict[str, object]:
    """Return the outbox row that an envelope came from: the same fields, without what the relay adds."""
    return {field: getattr(envelope, field) for field in ATTRIBUTES if field not in {"source", "epoch"}}


def _as_attribute(value: object) -> object:
    """Return a value as the canonical text of CloudEvents' types."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)
