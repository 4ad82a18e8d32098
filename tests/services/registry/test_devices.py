"""Devices of the field: enrolled by a code, redeemed once, tokens for themselves, revoked when lost."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import ELECTION, bearer
from tests.services.registry.access import TPS, Desk, desk
from tests.services.registry.conftest import define
from tests.services.registry.files import BASE
from tests.services.registry.test_tokens import PLACE, until_refused

REDEEM = "/v1/public/devices:redeem"


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[Desk]:
    async with desk(database_url("registry"), enrolment_codes_per_address="1000/minute") as made:
        await define(made.service)
        await made.client.put(f"{BASE}/tps/{TPS}", json=PLACE, headers=bearer(Role.DESK))
        yield made


async def enrol(registry: Desk, agency: str, client: str, **body: object) -> httpx.Response:
    told = {
        "client": client,
        "label": "HP contoh",
        **({} if "slot" in body else {"person": "petugas-7"}),
        **body,
    }
    return await registry.post(f"/{agency}/devices", told)


async def redeem(registry: Desk, code: str, secret: str) -> httpx.Response:
    body = {"code": code, "secret_sha256": hashlib.sha256(secret.encode()).hexdigest()}
    return await registry.client.post(REDEEM, json=body)


async def enrolled(registry: Desk, agency: str, client: str, **body: object) -> tuple[str, str]:
    """Return id and secret of a device that was enrolled."""
    code, secret = (await enrol(registry, agency, client, **body)).json()["code"], secrets.token_urlsafe(32)
    answer = await redeem(registry, code, secret)
    assert answer.status_code == 200, answer.text
    return answer.json()["device"], secret


async def test_a_device_is_enrolled_and_gets_tokens_of_its_own(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    await registry.person(agency)
    device = await enrolled(registry, agency, app)
    answer = (await registry.ask(device)).json()
    assert answer["expires_in"] <= 600
    actor = await registry.actor(answer["access_token"])
    assert (actor.person, actor.client, actor.acting_client, actor.device) == (
        f"{agency}/petugas-7",
        app,
        app,
        device[0],
    )
    assert (actor.roles, actor.regions) == ({"bpbd"}, ("32.71.06",))
    listed = (await registry.get(f"/{agency}/devices")).json()["items"]
    assert [(item["device"], item["state"]) for item in listed] == [(device[0], "enrolled")]


async def test_a_code_is_shown_once_as_text_and_picture_and_stored_as_its_hash(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    headers, path = bearer(Role.ADMIN, election=None), f"/v1/agencies/{agency}/devices"
    body = {"client": app, "label": "HP contoh", "person": "petugas-7"}
    first = (await registry.client.post(path, json=body, headers=headers)).json()
    again = (await registry.client.post(path, json=body, headers=headers)).json()
    assert again == {**first, "code": None, "qr_svg": None}
    assert ET.fromstring(first["qr_svg"]).tag.endswith("svg")
    plain = first["code"].replace("-", "")
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}", first["code"])
    assert len(plain) * 5 >= 128, "bits, drawn one by one: a plain hash gives nothing away"
    rows = await registry.service.sql("select code_sha256 from device where id = $1", first["device"])
    assert rows[0]["code_sha256"] == hashlib.sha256(plain.encode()).digest()


async def test_of_two_devices_with_one_code_one_wins(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    for _ in range(10):
        code = (await enrol(registry, agency, app)).json()["code"]
        tries = [secrets.token_urlsafe(32) for _ in range(4)]
        answers = await asyncio.gather(*(redeem(registry, code, secret) for secret in tries))
        assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]
        winner = next(
            secret for secret, answer in zip(tries, answers, strict=True) if answer.status_code == 200
        )
        assert (await redeem(registry, code, winner)).status_code == 200, "the same device may ask again"


@pytest.mark.parametrize("what", ["wrong", "lapsed", "revoked"])
async def test_a_code_that_does_not_hold_is_refused_alike(registry: Desk, what: str) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    made = (await enrol(registry, agency, app)).json()
    code = made["code"]
    if what == "wrong":
        code = "-".join(["0000"] * 7)
    elif what == "lapsed":
        past = datetime.now(UTC) - timedelta(seconds=1)
        async with registry.service.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute("update device set code_expires_at = $2 where id = $1", made["device"], past)
        shown = (await registry.get(f"/{agency}/devices/{made['device']}")).json()
        assert shown["state"] == "lapsed"
    else:
        await registry.delete(f"/{agency}/devices/{made['device']}")
    refused = await redeem(registry, code, secrets.token_urlsafe(32))
    assert (refused.status_code, refused.json()["code"]) == (403, "enrolment-code-not-accepted")


async def test_a_lost_device_gets_nothing_and_its_tokens_end(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    await registry.person(agency)
    lost, kept = await enrolled(registry, agency, app), await enrolled(registry, agency, app)
    token, other = await registry.token(lost), await registry.token(kept)
    revoked = await registry.delete(f"/{agency}/devices/{lost[0]}")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert (await registry.ask(lost)).json()["error"] == "invalid_client"
    await until_refused(registry, token)
    assert await registry.actor(other)


async def test_a_device_ends_with_its_person_and_with_its_application(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    await registry.person(agency)
    device = await enrolled(registry, agency, app)
    token = await registry.token(device)
    await registry.delete(f"/{agency}/people/petugas-7", etag='"1"')
    assert (await registry.ask(device)).json()["error"] == "invalid_grant"
    await until_refused(registry, token)
    await registry.person(agency)
    assert await registry.token(device)
    await registry.delete(f"/{agency}/clients/{app}", etag='"1"')
    assert (await registry.ask(device)).json()["error"] == "invalid_client"


async def test_a_device_of_a_slot_acts_for_whoever_holds_it(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency, election=ELECTION)
    slot = {"election": ELECTION, "tps_code": TPS, "duty": "kpps", "slot": 5}
    device = await enrolled(registry, agency, app, slot=slot)
    assert (await registry.ask(device)).json()["error"] == "invalid_grant"
    await registry.officer("kpps-slot-a", slot=5)
    token = await registry.token(device)
    actor = await registry.actor(token)
    assert (actor.person, actor.regions, actor.roles) == ("kpps-slot-a", (TPS,), {"kpps"})
    await registry.officer("kpps-slot-b", slot=5)
    await until_refused(registry, token)
    assert (await registry.actor(await registry.token(device))).person == "kpps-slot-b"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"person": None}, 422),
        ({"slot": {"election": ELECTION, "tps_code": TPS, "duty": "linmas", "slot": 1}}, 422),
        ({"slot": {"election": ELECTION, "tps_code": "32.71.06.1002.099", "duty": "kpps", "slot": 1}}, 404),
        ({"expires_in_minutes": 0}, 422),
        ({"expires_in_minutes": 5_000}, 422),
        ({"person": "9971064508900001"}, 422),
    ],
)
async def test_what_is_no_enrolment_is_refused(registry: Desk, body: dict[str, object], status: int) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency)
    assert (await enrol(registry, agency, app, **body)).status_code == status


async def test_an_application_that_acts_for_nobody_runs_on_no_device(registry: Desk) -> None:
    agency = await registry.agency()
    app, _ = await registry.application(agency, may_act_for_persons=False)
    assert (await enrol(registry, agency, app)).status_code == 422
    other, _ = await registry.application(await registry.agency())
    assert (await enrol(registry, agency, other)).status_code == 404


async def test_codes_are_tried_within_a_budget(database_url: Callable[[str], str]) -> None:
    async with desk(database_url("registry_codes"), enrolment_codes_per_address="3/hour") as narrow:
        answers = [(await redeem(narrow, "-".join(["0000"] * 7), "x")).status_code for _ in range(4)]
        assert answers == [403, 403, 403, 429]
