"""A signing key rotates and somebody's role changes while people work: no valid request fails, and the change bites in time."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.key_rotation import KeyFiles, rotate
from tests.harness import on_a_socket, running_service, signing_key
from tests.infrastructure import KafkaServer
from tests.services.registry.access import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(180)]

LEAD = timedelta(seconds=12)
"""Shorter than in earnest; still twice what a process may take to read the keys."""

WORKERS = 6
BITES_WITHIN_S = 60.0


@dataclass
class Office:
    """A registry, its gateway with what passes through it, and the files of the keys."""

    desk: Desk
    gateway: httpx.AsyncClient
    files: KeyFiles
    over: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[int] = field(default_factory=list[int])
    keys: set[str] = field(default_factory=set[str])

    async def token(self, credentials: tuple[str, str], person: str) -> str:
        """Ask for somebody's token through the gateway, as an agency's application does."""
        own = await self._ask(credentials, grant_type="client_credentials")
        token = await self._ask(
            credentials,
            grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            subject_token=own,
            subject_token_type="urn:ietf:params:oauth:token-type:access_token",
            person=person,
        )
        self.keys.add(json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"])
        return token

    async def _ask(self, credentials: tuple[str, str], **form: str) -> str:
        answer = await self.gateway.post("/v1/oauth/token", data=form, auth=credentials)
        self.answers.append(answer.status_code)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    async def call(self, token: str) -> httpx.Response:
        """Ask the registry something, through the door, so that both judge the token."""
        return await self.gateway.get("/v1/regions/32.71", headers={"Authorization": f"Bearer {token}"})

    async def own(self, token: str) -> httpx.Response:
        """Ask the gateway itself, which hears of changes by the broker alone."""
        return await self.gateway.get("/v1/elections", headers={"Authorization": f"Bearer {token}"})

    async def work(self, credentials: tuple[str, str], person: str) -> None:
        """Work as somebody whose rights stay: a new token now and then, and every request must go well."""
        while not self.over.is_set():
            token = await self.token(credentials, person)
            for _ in range(10):
                answer = await self.call(token)
                self.answers.append(answer.status_code)
                assert answer.status_code == 200, answer.text
                await asyncio.sleep(0.03)


@pytest.fixture
async def office(
    database_url: Callable[[str], str], kafka: KafkaServer, tmp_path: Path
) -> AsyncIterator[Office]:
    private, public = tmp_path / "signing.json", tmp_path / "jwks.json"
    private.write_text(json.dumps(signing_key().as_dict(private=True)))
    public.write_text(json.dumps({"keys": [signing_key().as_dict(private=False)]}))
    prefix = f"{uuid4().hex}."
    async with (
        running_service(
            "registry",
            database_url=database_url("registry"),
            kafka=kafka,
            topic_prefix=prefix,
            jwks=str(public),
            signing_key_file=str(private),
        ) as registry,
        on_a_socket(registry.app) as address,
        running_service(
            "gateway",
            database_url=database_url("gateway"),
            kafka=kafka,
            topic_prefix=prefix,
            jwks=str(public),
            peers={"registry": address},
        ) as gateway,
    ):
        yield Office(Desk(registry), gateway.client, KeyFiles(private, public))


async def test_a_key_rotates_and_a_role_changes_and_nobody_is_refused_who_may(office: Office) -> None:
    agency = await office.desk.agency()
    credentials = await office.desk.application(agency, roles=["bpbd", "observer"])
    for number in range(WORKERS):
        await office.desk.person(agency, f"petugas-{number}")
    await office.desk.person(agency, "pindah-1")
    workers = [
        asyncio.ensure_future(office.work(credentials, f"petugas-{number}")) for number in range(WORKERS)
    ]
    await asyncio.sleep(1)
    done = rotate(
        office.files, prefix="demo", lifetime=timedelta(minutes=10), now=datetime.now(UTC), lead=LEAD
    )

    before = await office.token(credentials, "pindah-1")
    assert (await office.call(before)).status_code == 200
    body: dict[str, object] = {"roles": ["observer"], "regions": ["32.71"]}
    changed = await office.desk.put(f"/{agency}/people/pindah-1", body, etag='"1"')
    assert changed.status_code == 200, changed.text
    took_s = await bites(office, before)
    after = await office.token(credentials, "pindah-1")
    assert (await office.call(after)).status_code == 200

    while datetime.now(UTC) < done.signs_at + timedelta(seconds=3) and not any(w.done() for w in workers):
        await asyncio.sleep(0.2)
    assert (await office.call(after)).status_code == 200, "what the key before signed still counts"
    office.over.set()
    await asyncio.gather(*workers)
    assert office.keys == {done.before, done.kid}
    assert set(office.answers) == {200}
    assert len(office.answers) > 300
    assert took_s < BITES_WITHIN_S
    print(f"{len(office.answers)} requests, none failed; the change bit after {took_s:.1f} s")


async def bites(office: Office, token: str) -> float:
    """Ask with a token until it no longer counts, and say how long it did."""
    began = asyncio.get_running_loop().time()
    while (answer := await office.own(token)).status_code == 200:
        assert asyncio.get_running_loop().time() - began < BITES_WITHIN_S
        await asyncio.sleep(0.1)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-revoked")
    return asyncio.get_running_loop().time() - began
