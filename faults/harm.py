"""How each kind of fault is done to a desk."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy import processes
from deploy.programs import owner_role
from deploy.run_folder import replace_file
from faults.clients import Clients
from faults.desk import FaultDesk, until
from faults.plan import SERVICES, Fault

POINT_PATIENCE_S = 60.0
_NOTICED_S = 120.0
"""So long after a fault an alert has been seen to fire."""
_NO_ROOM = "65536"


async def do(desk: FaultDesk, clients: Clients, fault: Fault) -> str:
    """Do a fault, wait until what was killed has been started again, and return what is to be told of it."""
    match fault.kind:
        case "crash":
            return await _crash(desk, fault.at, fault.point)
        case "kill":
            await _kill(desk, fault.at)
        case "pause":
            await _pause(desk, fault.at, seconds=fault.amount)
        case "cut" | "stall" | "slow":
            await _break_connections(desk, fault)
        case "wipe":
            await _wipe(desk, crash_refill_of=fault.at)
        case "older":
            await _put_back(desk)
        case "delete_topic":
            await _delete_topic(desk, fault.at)
        case "jump":
            _jump(desk, hours=fault.amount)
        case "full":
            return await _fill_disk(desk, fault.at, seconds=fault.amount)
        case "aged":
            await _age(desk, days=fault.amount)
        case "two":
            await _two(desk, clients, fault)
        case _:
            raise ValueError(fault.kind)
    return ""


async def _crash(desk: FaultDesk, owner: str, point: str) -> str:
    """Let a process end itself at a crash point."""
    pid, armed = desk.pid_of(owner), desk.armed / f"{owner}.{point}"
    armed.touch()

    async def passed() -> bool:
        return not armed.exists()

    try:
        await until(passed, patience_s=POINT_PATIENCE_S, what=point)
    except TimeoutError:
        armed.unlink(missing_ok=True)
        return "never passed"
    await desk.replaced(owner, pid=pid)
    return ""


async def _kill(desk: FaultDesk, name: str) -> None:
    """Kill a process; one that has just ended by itself, for it could mend nothing any more, once it is there again."""
    killed = False
    while not killed:
        pid = desk.pid_of(name)
        killed = _signal([pid], signal.SIGKILL)
        await desk.replaced(name, pid=pid)


async def _pause(desk: FaultDesk, name: str, *, seconds: float) -> None:
    family = _family(desk.pid_of(name))
    _signal(family, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        _signal(family, signal.SIGCONT)


async def _break_connections(desk: FaultDesk, fault: Fault) -> None:
    proxy = desk.proxies[f"door/{fault.at}" if fault.point == "door" else fault.at]
    try:
        if fault.kind == "slow":
            proxy.latency_s = 0.1
        elif fault.kind == "stall":
            proxy.stalled = True
        else:
            proxy.refuses = True
            proxy.cut()
        await asyncio.sleep(fault.amount)
    finally:
        proxy.heal()
    if fault.kind == "stall":
        proxy.cut()  # what was stalled is given up by one side in the end, in the middle of whatever it was


async def _wipe(desk: FaultDesk, *, crash_refill_of: str) -> None:
    """Take the broker's data away; the refill of one service may be cut off by a crash."""
    if crash_refill_of:
        (desk.armed / f"{crash_refill_of}.refilled").touch()
    await _replace_data(desk, None)


async def _put_back(desk: FaultDesk) -> None:
    """Put the broker's data back to what they were some seconds ago."""
    data, copy = desk.folder.path / "kafka" / "data", desk.home / "older"
    pid = desk.pid_of("kafka")
    _signal([pid], signal.SIGSTOP)
    await asyncio.to_thread(shutil.copytree, data, copy)
    _signal([pid], signal.SIGCONT)
    await asyncio.sleep(3)
    await _replace_data(desk, copy)


async def _replace_data(desk: FaultDesk, by: Path | None) -> None:
    data = desk.folder.path / "kafka" / "data"
    pid = desk.pid_of("kafka")
    _signal([pid], signal.SIGSTOP)
    await asyncio.to_thread(shutil.rmtree, data)
    if by is not None:
        by.rename(data)
    _signal([pid], signal.SIGKILL)
    await desk.replaced("kafka", pid=pid)


async def _delete_topic(desk: FaultDesk, service: str) -> None:
    """Delete the topic of a ledger; a broker that was killed just before is waited for."""

    async def deleted() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{desk.folder.port('kafka')}")
        try:
            await admin.start()
            await admin.delete_topics([f"desk.{service}.v1"])
        except KafkaError:
            return False
        finally:
            await admin.close()
        return True

    await until(deleted, patience_s=POINT_PATIENCE_S, what="the broker")


def _jump(desk: FaultDesk, *, hours: float) -> None:
    """Set the desk's clock, forwards or back."""
    setting = json.loads(desk.folder.clock.read_text())
    anchor = datetime.fromisoformat(setting["desk_anchor"]) + timedelta(hours=hours)
    replace_file(desk.folder.clock, json.dumps(setting | {"desk_anchor": anchor.isoformat()}))


async def _fill_disk(desk: FaultDesk, name: str, *, seconds: float) -> str:
    """Let no file of a program grow: the kernel refuses each write beyond a limit, as it does where a disk is full.

    PostgreSQL cannot write its log and starts anew; the broker shuts down, or leads no partition any more where its topics
    were just being made, and says nothing: then it is started anew, as the runbook of RelayStandsStill says.
    """
    pid = desk.pid_of(name)
    _limit(_family(pid), _NO_ROOM)
    await asyncio.sleep(seconds)
    _limit(_family(pid), "unlimited")
    try:
        await desk.all_ready(patience_s=_NOTICED_S)
    except TimeoutError:
        await _kill(desk, name)
        await desk.all_ready()
        return "started anew by hand"
    return ""


def _limit(pids: list[int], most_bytes: str) -> None:
    """Limit the size of files; by the account of each process, which alone may lower and raise its own limits."""
    for pid in pids:
        try:
            account = Path(f"/proc/{pid}").stat().st_uid
        except FileNotFoundError:
            continue
        own = account if account != os.getuid() else None
        words = ["prlimit", f"--pid={pid}", f"--fsize={most_bytes}:"]
        subprocess.run(words, user=own, check=False, capture_output=True, cwd="/")


async def _age(desk: FaultDesk, *, days: float) -> None:
    """Let the ledgers be of long ago, and the broker lose all: what is sent again is older than brokers usually keep."""
    for owner in SERVICES:
        async with desk.database(owner, role=owner_role(owner)) as connection, connection.transaction():
            # No role of the desk's own may; the chain over the ledger does not hold from here on, and nobody asks it.
            await connection.execute("alter table outbox disable trigger ledger_is_only_added")
            await connection.execute(
                """update outbox set occurred_at = occurred_at - $1::interval, recorded_at = recorded_at - $1::interval,
                       written_at = written_at - $1::interval, published_at = published_at - $1::interval
                   where published_at is not null""",
                timedelta(days=days),
            )
            await connection.execute("alter table outbox enable trigger ledger_is_only_added")
    await _wipe(desk, crash_refill_of="")
    await desk.begin_again()  # what was projected of the younger ledgers says younger times


async def _two(desk: FaultDesk, clients: Clients, fault: Fault) -> None:
    """Let two instances share the work, kill one of them, and after a while stop the second."""
    second, url = desk.start_second(fault.at)
    try:
        await asyncio.sleep(6)  # it starts, joins the group, and takes half of the partitions
        clients.seconds[fault.at] = url
        await asyncio.sleep(2)
        if fault.point == "first":
            await _kill(desk, fault.at)
            await asyncio.sleep(4)
        else:
            second.kill()
    finally:
        clients.seconds.pop(fault.at, None)
        await asyncio.to_thread(processes.stop, second, first=signal.SIGTERM, patience_s=20)


def _family(pid: int) -> list[int]:
    """A process and its children, for PostgreSQL is many; nobody, where it has ended."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(int(child) for child in children)]


def _signal(pids: list[int], number: signal.Signals) -> bool:
    """Send a signal to each, and say whether anybody was there."""
    reached = False
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            reached = True
    return reached
