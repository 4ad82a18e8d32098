"""The desk that the faults happen to: started as everybody's is, with proxies to database, broker, and from door to service."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from deploy import processes
from deploy.run_folder import RunFolder
from faults.plan import OWNERS, SERVICES
from faults.proxy import Proxy

ROOT = Path(__file__).resolve().parent.parent
DESK = Path(sys.executable).with_name("desk")
ELECTION = "pilkada-2024"
REGION = "32.71"
TPS = 40


@dataclass
class FaultDesk:
    """A running desk with forty TPS, its proxies, and the replicas that were started beside it."""

    home: Path
    port: int
    proxies: dict[str, Proxy] = field(default_factory=dict[str, Proxy])
    supervisor: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> RunFolder:
        """The folder of the run."""
        return RunFolder(self.home / str(self.port), first_port=self.port)

    @property
    def armed(self) -> Path:
        """The folder of the crash points that are armed."""
        return self.home / "armed"

    @property
    def environment(self) -> dict[str, str]:
        """What the desk is told by its environment."""
        own = {
            "DESK_HOME": str(self.home),
            "DESK_PORT": str(self.port),
            "DAY": "off",
            "DESK_LOG_LEVEL": "WARNING",
            "DESK_SIMULATOR_TPS": str(TPS),
            "DESK_SERVED_BY": "faults.served",
            "DESK_KAFKA_TOLD_PORT": str(self.proxies["kafka"].port),
            "FAULTS_PROXIES": json.dumps({name: proxy.port for name, proxy in self.proxies.items()}),
            "CRASH_FOLDER": str(self.armed),
            "PYTHONPATH": str(ROOT),
        }
        return {**os.environ, **own}

    async def start(self) -> None:
        """Start proxies and desk, and wait until the city is loaded."""
        self.armed.mkdir()
        for n, name in enumerate(OWNERS):
            self.proxies[name] = Proxy(port=self.port + 20 + n, target=self.folder.port("postgres"))
        self.proxies["kafka"] = Proxy(port=self.port + 30, target=self.folder.port("kafka"))
        for n, name in enumerate(SERVICES):
            self.proxies[f"door/{name}"] = Proxy(port=self.port + 31 + n, target=self.folder.port(name))
        for proxy in self.proxies.values():
            await proxy.start()
        with (self.home / "supervisor.log").open("ab") as log:
            self.supervisor = subprocess.Popen(
                [DESK, "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await until(self._is_loaded, patience_s=400, what="the city")

    async def _is_loaded(self) -> bool:
        said = (self.home / "supervisor.log").read_text()
        if self.supervisor is None or self.supervisor.poll() is not None:
            raise RuntimeError(said[-4_000:])
        return "Kota Bogor is loaded" in said

    async def stop(self) -> None:
        """Stop it in order."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):  # the proxies live in this loop: it must not stand still meanwhile
                await until(self._is_down, patience_s=120, what="the end")
        for proxy in self.proxies.values():
            proxy.stop()

    async def _is_down(self) -> bool:
        return self.supervisor is None or self.supervisor.poll() is not None

    def pid_of(self, name: str) -> int:
        """Return the process that runs a program of the desk."""
        return next(p.pid for p in self.folder.read_state().processes if p.name == name)

    async def replaced(self, name: str, *, pid: int) -> None:
        """Wait until another process has taken the place of one."""

        async def another() -> bool:
            return self.pid_of(name) != pid

        await until(another, patience_s=120, what=f"another {name}")

    async def all_ready(self, *, patience_s: float = 300) -> None:
        """Wait until every process can do its work."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:

            async def ready() -> bool:
                for owner in OWNERS:
                    try:
                        answer = await client.get(f"{self.folder.url(owner)}/health/ready")
                    except httpx.HTTPError:
                        return False
                    if answer.status_code != 200 or "broker away" in answer.text:
                        return False
                return True

            await until(ready, patience_s=patience_s, what="every process to be ready")

    def token(self, role: str, *, person: str | None = None) -> str:
        """Make a token that lasts as long as the campaign."""
        words = [str(DESK), "token", "--role", role, "--minutes", "720", "--election", ELECTION]
        words += ["--region", "*" if role == "admin" else REGION]
        if person:
            words += ["--person", person, "--device", f"device-of-{person}"]
        made = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        return made.stdout.strip()

    async def begin_again(self) -> None:
        """Empty the gateway, which fills again from the topics."""
        admin = {"Authorization": f"Bearer {await asyncio.to_thread(self.token, 'admin')}"}
        url = f"{self.folder.url('gateway')}/v1/desk/projections:rebuild"
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:

            async def begun() -> bool:
                try:
                    return (await client.post(url, headers=admin)).is_success
                except httpx.HTTPError:
                    return False

            await until(begun, patience_s=120, what="the gateway to begin again")

    @asynccontextmanager
    async def database(
        self, owner: str, *, role: str | None = None
    ) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
        """Open a connection of our own to a service's database, past the proxy; one that starts again is waited for.

        Args:
            role: who logs in, where it is not the service's own role.
        """
        role = role or owner
        password = json.loads((self.folder.path / "secrets.json").read_text())[role]
        port = self.folder.port("postgres")
        found: list[asyncpg.Connection[asyncpg.Record]] = []

        async def connected() -> bool:
            try:
                found.append(
                    await asyncpg.connect(
                        host="127.0.0.1",
                        port=port,
                        user=role,
                        password=password,
                        database=owner,
                        ssl=False,
                        timeout=60,
                        server_settings={
                            "app.regions": "*",
                            "app.purposes": "*",
                        },  # what is looked at is the whole of it
                    )
                )
            except (OSError, asyncpg.CannotConnectNowError):
                return False
            return True

        await until(connected, patience_s=120, what=f"the database of {owner}")
        (connection,) = found
        try:
            yield connection
        finally:
            connection.terminate()

    def start_second(self, owner: str) -> tuple[subprocess.Popen[bytes], str]:
        """Start a second instance of a service beside the first, and return it and its address."""
        first = Path(f"/proc/{self.pid_of(owner)}/environ").read_bytes().split(b"\0")
        environment = dict(pair.decode().split("=", 1) for pair in first if b"=" in pair)
        port = self.port + 40 + OWNERS.index(owner)
        environment["DESK_HTTP_PORT"] = str(port)
        command = [sys.executable, "-m", "faults.served", owner]
        log = self.folder.logs / f"{owner}-second.log"
        return (
            processes.spawn(command, log=log, environment=environment, cwd=ROOT),
            f"http://127.0.0.1:{port}",
        )


async def until(holds: Callable[[], Awaitable[bool]], *, patience_s: float, what: str) -> None:
    """Wait for something.

    Raises:
        TimeoutError: it did not come.
    """
    deadline = time.monotonic() + patience_s
    while not await holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience_s:.0f} s for {what}, in vain")
        await asyncio.sleep(0.1)


@asynccontextmanager
async def fault_desk(port: int, *, keep: Callable[[], bool]) -> AsyncGenerator[FaultDesk]:
    """Give a running desk, and take everything away at the end, unless it is to be kept for a look at it."""
    home = Path(tempfile.mkdtemp(prefix="desk-faults-"))
    home.chmod(0o711)
    desk = FaultDesk(home, port)
    try:
        await desk.start()
        yield desk
    finally:
        await desk.stop()
        if not keep():
            shutil.rmtree(home, ignore_errors=True)
