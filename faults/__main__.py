"""`python -m faults`: runs a campaign, or goes on with one, and says in one sentence what came of it."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console

from faults import checks, harm
from faults.clients import Clients, make_clients
from faults.desk import FaultDesk, fault_desk
from faults.plan import Fault, fault

FOLDER = Path(__file__).parent
KILLS = ("crash", "kill", "two")


@dataclass
class Asked:
    """What was asked of a campaign.

    Attributes:
        faults: how many in all.
        check_every: so many faults lie between two looks.
        rebuild_every: so many looks lie between two rebuilds of the gateway.
        kills_only: crashes and kills alone.
    """

    faults: int
    seed: int
    check_every: int
    rebuild_every: int
    kills_only: bool
    port: int
    file: Path


@dataclass
class Sum:
    """What a campaign came to so far."""

    faults: int = 0
    kills: int = 0
    looks: int = 0
    acknowledged: int = 0
    events: int = 0
    lost: int = 0
    state_and_event: int = 0
    differing: int = 0
    refused: int = 0
    broken: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Say whether nothing was lost and nothing differs."""
        return not (self.lost or self.state_and_event or self.differing or self.refused or self.broken)

    def sentence(self, asked: Asked) -> str:
        """Return it as one sentence."""
        broken = f", and {len(self.broken)} runs broke off ({self.broken[-1]})" if self.broken else ""
        return (
            f"Seed {asked.seed}: {self.faults} faults, {self.kills} of them kills, under load with "
            f"{self.acknowledged} commands acknowledged and {self.events} events: {self.lost} lost, "
            f"{self.state_and_event} times state and events apart, {self.differing} differences in {self.looks} looks, "
            f"{self.refused} valid commands refused{broken}."
        )


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20241127)
    parser.add_argument("--check-every", type=int, default=5, help="faults between two looks (5)")
    parser.add_argument("--rebuild-every", type=int, default=10, help="looks between two rebuilds (10)")
    parser.add_argument("--kills-only", action="store_true", help="crashes and kills alone")
    parser.add_argument("--port", type=int, default=28_000, help="first of fifty free ports")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the campaign's file")
    found = parser.parse_args()
    asked = Asked(
        faults=found.faults,
        seed=found.seed,
        check_every=found.check_every,
        rebuild_every=found.rebuild_every,
        kills_only=found.kills_only,
        port=found.port,
        file=found.folder / f"{found.seed}.jsonl",
    )
    return asyncio.run(_until_told_to_end(_run(asked, Console(stderr=True, soft_wrap=True))))


async def _until_told_to_end(campaign: Coroutine[object, object, int]) -> int:
    """Run a campaign; SIGTERM breaks it off as Ctrl-C does, and its desk goes with it."""
    task = asyncio.ensure_future(campaign)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


async def _run(asked: Asked, console: Console) -> int:
    total = _read(asked.file)
    console.print(f"seed {asked.seed}: {total.faults} of {asked.faults} faults done, in {asked.file}")
    if total.faults < asked.faults:
        kept = False
        try:
            async with fault_desk(asked.port, keep=lambda: kept) as desk:
                kept = True  # unless the campaign comes to its end and holds
                await _campaign(desk, asked, total, console)
                kept = not total.holds
                if kept:
                    console.print(f"the desk is kept for a look at it: {desk.home}")
        except (TimeoutError, RuntimeError, OSError) as error:
            total.broken.append(f"{type(error).__name__}: {error}"[:300])
            _write(asked.file, {"broke_off": total.broken[-1]})
    sentence = total.sentence(asked)
    _write(asked.file, {"sum": sentence, "holds": total.holds})
    sys.stdout.write(f"{sentence}\n")
    return 0 if total.holds and total.faults >= asked.faults else 1


async def _campaign(desk: FaultDesk, asked: Asked, total: Sum, console: Console) -> None:
    """Do faults under load, and look after every few of them."""
    clients = await make_clients(desk, seed=f"{asked.seed} {total.faults}")
    looked_before = total.acknowledged, total.events
    first = True
    while total.faults < asked.faults and total.holds:
        sending = clients.start()
        batch = range(total.faults, min(total.faults + asked.check_every, asked.faults))
        for number in batch:
            what = fault(asked.seed, number, kills_only=asked.kills_only)
            await _one(desk, clients, what, file=asked.file, console=console)
            total.faults += 1
        total.kills = _kills(asked, total.faults)
        clients.stop()
        await asyncio.wait_for(sending, 600)
        verdict = await checks.look(desk, clients.acknowledged)
        total.looks += 1
        last = total.faults >= asked.faults
        if verdict.holds and (last or total.looks % asked.rebuild_every == 0):
            verdict.differing += await checks.rebuilt_differs(desk)
        total.acknowledged = looked_before[0] + verdict.acknowledged
        total.events = looked_before[1] + verdict.events
        total.lost += len(verdict.lost)
        total.state_and_event += len(verdict.state_and_event)
        total.differing += len(verdict.differing)
        total.refused = len(clients.refused)
        told = verdict.told() | {"refused": clients.refused[:20], "repeats": clients.repeats}
        _write(asked.file, {"looked": told, "so_far": asdict(total), "first_of_run": first})
        console.print(f"{total.faults:5} faults  {told}")
        first = False


async def _one(desk: FaultDesk, clients: Clients, what: Fault, *, file: Path, console: Console) -> None:
    await asyncio.sleep(what.wait_s)
    began = time.monotonic()
    told = await harm.do(desk, clients, what)
    took_s = round(time.monotonic() - began, 1)
    note = {"fault": what.number, "what": str(what), "took_s": took_s, "told": told, "at": time.time()}
    _write(file, note)
    console.print(f"{what.number:5} {what} {told} ({took_s} s)")


def _kills(asked: Asked, done: int) -> int:
    planned: Sequence[Fault] = [fault(asked.seed, n, kills_only=asked.kills_only) for n in range(done)]
    return sum(one.kind in KILLS for one in planned)


def _read(file: Path) -> Sum:
    """Return what the file says so far; faults after the last look are done again, also where a run broke off there."""
    total = Sum()
    if file.exists():
        for line in file.read_text().splitlines():
            found = json.loads(line)
            if "so_far" in found:
                total = Sum(**found["so_far"])
    return total


def _write(file: Path, told: object) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    sys.exit(main())
