"""A NIK in an address is refused and not repeated; what only looks a little like one passes."""

import io
from contextlib import redirect_stdout

import httpx
import pytest

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
