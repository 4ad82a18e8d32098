"""`python -m simulator load | demo | run`: loads an election, or drives its two days as well."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from datetime import date

import uvloop

from simulator import kota_bogor as city
from simulator.load.load import LoadError
from simulator.plan.city import plan_city
from simulator.plan.model import Plan
from simulator.plan.region import plan_region
from simulator.run import run_days, run_load
from simulator.settings import Settings, SettingsError, from_environment

FASTEST = 1_200
WRONG = 1
STOPPED = 143
"""Exit code of a program that SIGTERM ended."""


def main() -> int:
    """Run the command line and return the exit code: 0 where all went as planned."""
    options = _parser().parse_args()
    try:
        settings = from_environment()
        if options.command == "run":
            settings = replace(
                settings, speed=options.speed or settings.speed, seed=options.seed or settings.seed
            )
        plan = _plan(options, settings)
    except (SettingsError, LookupError, ValueError) as error:
        _say(str(error))
        return 2
    if options.command == "load":
        return uvloop.run(_until_stopped(_loaded(settings, plan)))
    return uvloop.run(_until_stopped(_driven(settings, plan)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("load", help="define Kota Bogor's election, import its TPS, hazards and officers")
    commands.add_parser("demo", help="load, and drive Kota Bogor's two days by the desk's clock")
    run = commands.add_parser("run", help="the same for any region")
    run.add_argument(
        "--region", required=True, help="Kemendagri code: province, kab/kota, kecamatan or kelurahan"
    )
    run.add_argument("--tps", type=int, required=True, help="how many TPS, spread over the region")
    run.add_argument("--speed", type=float, help=f"desk seconds per second, up to {FASTEST}")
    run.add_argument("--seed", type=int, help="the same seed gives the same days")
    run.add_argument("--election", default=city.ELECTION)
    run.add_argument("--voting-day", type=date.fromisoformat, default=city.VOTING_DAY)
    return parser


def _plan(options: argparse.Namespace, settings: Settings) -> Plan:
    if options.command != "run":
        return plan_city(settings.seed, tps=settings.tps)
    if options.region == city.REGION and options.election == city.ELECTION:
        return plan_city(settings.seed, tps=options.tps)
    return plan_region(
        options.region,
        tps=options.tps,
        seed=settings.seed,
        election=options.election,
        voting_day=options.voting_day,
    )


async def _loaded(settings: Settings, plan: Plan) -> int:
    await run_load(settings, plan, say=_say)
    return 0


async def _driven(settings: Settings, plan: Plan) -> int:
    return 0 if await run_days(settings, plan, say=_say) else WRONG


async def _until_stopped(work: Coroutine[None, None, int]) -> int:
    """Run to the end, or until somebody asks us to stop."""
    task = asyncio.ensure_future(work)
    for wish in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wish, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        _say("stopped; the next start goes on from here")
        return STOPPED
    except LoadError as error:
        _say(f"cannot load: {error}")
        return WRONG


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
