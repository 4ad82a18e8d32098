"""A NIK in an address or a key is refused and not repeated; what only looks a little like one passes."""

import io
import logging
from contextlib import redirect_stdout
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.personal_numbers import in_key
from tests.harness import bare_app

NIK = "9971064508900001"
"""Synthetic: no region has the code 99."""


def client(process: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=bare_app(process), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://desk")


SPELLINGS = (
    NIK,
    "%39" + NIK[1:],
    f"{NIK[:6]}-{NIK[6:12]}-{NIK[12:]}",
    f"{NIK[:6]}.{NIK[6:12]}.{NIK[12:]}",
    f"nik{NIK}x",
)


@pytest.mark.parametrize("process", ["registry", "gateway"])
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_refused_in_path_and_query_and_never_repeated(process: str, spelling: str):
    written = io.StringIO()
    async with client(process) as asked:
        with redirect_stdout(written):
            for path in (f"/v1/voters/{spelling}", f"/health/live?nik={spelling}", f"/?{spelling}=1"):
                answer = await asked.get(path)
                assert (answer.status_code, answer.json()["code"]) == (400, "personal-number-in-url"), path
                assert answer.headers["content-type"] == "application/problem+json"
                for told in (answer.text, written.getvalue()):
                    assert NIK not in told
                    assert spelling not in told


async def test_groups_with_a_plus_between_them_are_a_number_too():
    async with client("registry") as asked:
        answer = await asked.get(f"/health/live?q={NIK[:6]}+{NIK[6:12]}+{NIK[12:]}")
    assert answer.json()["code"] == "personal-number-in-url"


@pytest.mark.parametrize(
    "harmless",
    [
        "3271061002028",
        "32.71.06.1002.028",
        "ab121234-1234-7123-8123-123412341234",
        "1732665600000",
        "99710645089000012",
        "2024-11-27T07:00:00+07:00",
    ],
)
async def test_codes_ids_and_instants_pass(harmless: str):
    async with client("registry") as asked:
        answer = await asked.get(f"/nowhere/{harmless}?at={harmless}")
    assert answer.json()["code"] == "not-found"


IN_A_UUID = f"00000000-0000-0000-{NIK[:4]}-{NIK[4:]}"
KEYS = (
    *(NIK, f"voter-{NIK}-1", f"v{NIK}x", f"{NIK[:6]}.{NIK[6:12]}.{NIK[12:]}"),
    *(f"{NIK[:4]} {NIK[4:8]} {NIK[8:12]} {NIK[12:]}", IN_A_UUID, IN_A_UUID.replace("-", "")),
    *(f"{NIK[:8]}-{NIK[8:12]}-{NIK[12:]}-0000-000000000000", f"NIK/{NIK[:6]}/{NIK[6:12]}/{NIK[12:]}"),
)


@pytest.mark.parametrize("process", ["registry", "logistics", "incidents", "turnout", "gateway"])
@pytest.mark.parametrize("key", KEYS)
async def test_a_key_with_one_is_refused_and_never_repeated(process: str, key: str):
    written = io.StringIO()
    async with client(process) as asked:
        with redirect_stdout(written):
            answer = await asked.post(
                "/v1/elections/pilkada-2024/incidents", json={}, headers={"Idempotency-Key": key}
            )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    for told in (answer.text, written.getvalue(), str(answer.headers)):
        assert NIK not in told
        assert key not in told


@pytest.mark.parametrize("process", ["registry", "gateway"])
async def test_headers_that_nobody_asked_for_are_written_nowhere(
    process: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "desk.request")
    hidden = f"{'0' * 16}{NIK}"
    headers = {
        "traceparent": f"00-{hidden}-00f067aa0ba902b7-01",
        "tracestate": f"desk={NIK}",
        "baggage": f"nik={NIK}",
        "X-Request-Id": NIK,
        "Referer": f"/{NIK}",
        "User-Agent": NIK,
        "Origin": f"https://{NIK}.example",
        "X-Forwarded-For": NIK,
        "Desk-After": NIK,
    }
    written = io.StringIO()
    async with client(process) as asked:
        with redirect_stdout(written):
            for path in ("/nowhere", "/v1/elections/pilkada-2024/tps/32.71.06.1002.028"):
                answer = await asked.get(path, headers=headers)
                assert answer.status_code in {401, 404, 503}
                assert answer.json()["trace_id"] not in {None, hidden}
                assert NIK not in answer.text + str(answer.headers)
    assert "trace_id" in written.getvalue()
    assert NIK not in written.getvalue()


@pytest.mark.parametrize(
    "key",
    [
        "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01",
        "32710645-0890-4001-8000-000000000000",  # made as the standard says: its digits are chance
        "12345678901234567890123456789012a4567890123456789012345678901234",
        "00000000-0000-0000-0000-000000000007",
        *("tps-32.71.06.1002.028-opened", "1732665600000000000", "2024-11-27T07:00:00+07:00", "20241127-7"),
    ],
)
def test_what_clients_make_keys_of_passes(key: str):
    assert not in_key(key)


@given(st.uuids(version=4) | st.uuids(version=1) | st.uuids(version=5))
def test_no_uuid_that_was_made_as_the_standard_says_is_refused(made: UUID):
    assert not in_key(str(made))
    assert not in_key(made.hex)
    assert not in_key(f"phone-{made.hex}")
    assert not in_key(f"phone_7.{made}")


@given(number=st.from_regex(r"\A[1-9][0-9]{15}\Z"), left=st.booleans())
def test_every_number_is_found_in_a_uuid_that_was_not(number: str, *, left: bool):
    made = UUID(f"{number}{'0' * 16}" if left else f"{'0' * 16}{number}")
    assert in_key(str(made))
