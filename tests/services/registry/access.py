"""A registry with a token endpoint, and what tests of access ask of it."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx

from chassis.actor import Actor
from contracts.access import Role
from tests.harness import RunningService, bearer, running_service, signing_key
from tests.infrastructure import KafkaServer, run_folder
from tests.services.registry.files import BASE

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TPS = "32.71.06.1002.001"


def signing_key_file() -> str:
    """Return a file with the private key that the tests' tokens are signed with."""
    file = run_folder() / f"signing-{uuid4().hex}.json"
    file.write_text(json.dumps(signing_key().as_dict(private=True)))
    return str(file)


@dataclass
class Desk:
    """A registry and its token endpoint."""

    service: RunningService

    @property
    def client(self) -> httpx.AsyncClient:
        return self.service.client

    async def put(
        self, path: str, body: dict[str, object], *, etag: str | None = None, regions: Sequence[str] = ("*",)
    ) -> httpx.Response:
        headers = bearer(Role.ADMIN, election=None, regions=regions)
        if etag:
            headers["If-Match"] = etag
        return await self.client.put(f"/v1/agencies{path}", json=body, headers=headers)

    async def post(
        self, path: str, body: dict[str, object], regions: Sequence[str] = ("*",)
    ) -> httpx.Response:
        headers = bearer(Role.ADMIN, election=None, regions=regions)
        return await self.client.post(f"/v1/agencies{path}", json=body, headers=headers)

    async def delete(
        self, path: str, *, etag: str | None = None, regions: Sequence[str] = ("*",)
    ) -> httpx.Response:
        headers = bearer(Role.ADMIN, election=None, regions=regions)
        if etag:
            headers["If-Match"] = etag
        return await self.client.delete(f"/v1/agencies{path}", headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/v1/agencies{path}", headers=bearer(Role.ADMIN, election=None))

    async def agency(self) -> str:
        """Define an agency, and return its id."""
        agency = f"instansi-{uuid4().hex[:8]}"
        body: dict[str, object] = {
            "kind": "disaster",
            "name": "Contoh",
            "name_en": "Example",
            "contact": "Pusdalops",
        }
        assert (await self.put(f"/{agency}", body)).status_code == 201
        return agency

    async def application(self, agency: str, **changes: object) -> tuple[str, str]:
        """Define an application of an agency with a secret, and return both."""
        name = f"app-{uuid4().hex[:8]}"
        body: dict[str, object] = {
            "roles": ["kpps", "ptps", "bpbd"],
            "regions": ["32.71"],
            "may_act_for_persons": True,
            **changes,
        }
        made = await self.put(f"/{agency}/clients/{name}", body)
        assert made.status_code == 201, made.text
        return name, await self.secret(agency, name)

    async def secret(self, agency: str, name: str) -> str:
        made = await self.post(f"/{agency}/clients/{name}/secrets", {})
        assert made.status_code == 201, made.text
        return made.json()["secret"]

    async def person(self, agency: str, person: str = "petugas-7", **changes: object) -> httpx.Response:
        body: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71.06"], **changes}
        made = await self.put(f"/{agency}/people/{person}", body)
        assert made.status_code == 201, made.text
        return made

    async def ask(self, credentials: tuple[str, str], **form: str) -> httpx.Response:
        """Ask for a token; of the application itself unless the form says something else."""
        body = {"grant_type": "client_credentials", **form}
        return await self.client.post("/v1/oauth/token", data=body, auth=credentials)

    async def token(self, credentials: tuple[str, str], **form: str) -> str:
        answer = await self.ask(credentials, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    async def exchange(self, credentials: tuple[str, str], **form: str) -> httpx.Response:
        own = await self.token(credentials)
        asked = {"grant_type": EXCHANGE, "subject_token": own, "subject_token_type": ACCESS_TOKEN}
        return await self.ask(credentials, **{**asked, "person": "petugas-7", **form})

    async def actor(self, token: str) -> Actor:
        return await self.service.app.state.verifier.verify(token.encode())

    async def officer(self, person: str, *, duty: str = "kpps", slot: int = 1, tps: str = TPS) -> None:
        body = {"person": person, "display_name": "Petugas Contoh"}
        path = f"{BASE}/tps/{tps}/officers/{duty}/{slot}"
        answer = await self.client.put(path, json=body, headers=bearer(Role.DESK))
        assert answer.status_code in {200, 201}, answer.text


@asynccontextmanager
async def desk(
    database_url: str, *, kafka: KafkaServer | None = None, topic_prefix: str = "", **settings: object
) -> AsyncGenerator[Desk]:
    """Run a registry with a token endpoint of its own."""
    told: dict[str, object] = {"signing_key_file": signing_key_file(), **settings}
    async with running_service(
        "registry",
        database_url=database_url,
        kafka=kafka,
        topic_prefix=topic_prefix,
        desk_time=None,
        speed=1,
        **told,
    ) as service:
        yield Desk(service)
