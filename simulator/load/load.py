"""Loads an election through the public API. A second time changes nothing: the same content has the same key."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlencode
from uuid import UUID, uuid5

from lokal import wilayah

from contracts.access import Role
from contracts.registry_events import WinningRule
from simulator.desk.client import AgainError, Command, Desk, RefusedError, encoded, items_of
from simulator.load.files import contacts_files, hazards_files, officers_files, security_files, tps_files
from simulator.load.insisting import LoadError, insist
from simulator.plan.model import ChoiceKind, Contest, Plan
from simulator.timeline.actions import Person
from simulator.timeline.people import agency

SPACE = UUID("0193645e-6f00-7000-8000-6465736b0001")
"""Names of what is loaded become keys in this space."""

POLL_S = 0.25
SETTLE_S = 3.0
"""What the registry was told is on its topic, and known to be there, within this time."""

ASKED_OF = 24
"""So many TPS, spread over all, are asked for until the other services know them."""

OFFICES = {"gubernur": "Gubernur", "walikota": "Wali Kota", "bupati": "Bupati"}


async def load(desk: Desk, plan: Plan, *, say: Callable[[str], None]) -> None:
    """Define the election and its contests, import the TPS with hazards and officers, and wait until all services know them.

    Raises:
        LoadError: the desk refused something.
    """
    loading = _Loading(desk, plan)
    say(f"loading {plan.name}: {len(plan.tps)} TPS, {len(plan.contests)} contests")
    await loading.define()
    await loading.take_in_all("tps", tps_files(plan), role=Role.DESK, say=say)
    await loading.take_in_all("risks", hazards_files(plan), role=Role.BPBD, say=say)
    await loading.take_in_all("risks", security_files(plan), role=Role.POLICE, say=say)
    await loading.take_in_all("officers", officers_files(plan), role=Role.DESK, say=say)
    await loading.wait_until_known()
    say("every service knows the TPS")
    facilities = await loading.facilities()
    await loading.take_in_all("facilities", contacts_files(plan, facilities), role=Role.HEALTH, say=say)


class _Loading:
    """One loading of a plan."""

    def __init__(self, desk: Desk, plan: Plan) -> None:
        self._desk = desk
        self._plan = plan
        self._is_new = False

    def officer(self, role: Role) -> Person:
        """Return an officer for the whole region."""
        return agency(role, self._plan.region)

    async def define(self) -> None:
        """Define the election and its contests, unless they are there: an election is not redefined by playing it again."""
        plan = self._plan
        known = await self._known("")
        if known is None:
            election = {
                "name": f"Pemilihan {plan.name} {plan.voting_day.year} (gladi)",
                "region_code": plan.region,
                "voting_date": plan.voting_day.isoformat(),
                "rehearsal": True,
                "channel": "simulator",
            }
            await self._put("", election)
        elif known.get("voting_date") != plan.voting_day.isoformat():
            raise LoadError(
                f"the desk's election votes on {known.get('voting_date')}, the plan on {plan.voting_day}"
            )
        there = {contest.get("contest") for contest in items_of(known or {}, "contests")}
        for contest in plan.contests:
            if contest.id not in there:
                await self._put(f"/contests/{contest.id}", _contest(contest))

    async def _known(self, path: str) -> dict[str, object] | None:
        while True:
            try:
                return (await self._desk.read(self.officer(Role.DESK), path)).document()
            except AgainError as again:
                await asyncio.sleep(max(POLL_S, again.after_s))
            except RefusedError as error:
                if error.status == 404:
                    return None
                raise LoadError(str(error)) from error

    async def facilities(self) -> list[str]:
        """Return the codes of the hospitals that the desk knows, as the health office sees them."""
        path = f"/facilities?region={self._plan.region}&limit=200"
        found = (await insist(lambda: self._desk.read(self.officer(Role.HEALTH), path))).document()
        return [str(item["code"]) for item in items_of(found, "items")]

    async def take_in_all(
        self, kind: str, files: Iterable[bytes], *, role: Role, say: Callable[[str], None]
    ) -> None:
        """Import files and say what they came to.

        Raises:
            LoadError: a row was refused, or an import failed.
        """
        came_to: Counter[str] = Counter()
        for content in files:
            came_to += await self._take_in(kind=kind, content=content, by=self.officer(role))
        told = ", ".join(f"{count} {what}" for what, count in came_to.items())
        say(f"{kind} by {role}: {told or 'none'}")

    async def _take_in(self, *, kind: str, content: bytes, by: Person) -> Counter[str]:
        """Import a file and return how many of its rows came to what.

        Raises:
            LoadError: a row was refused, or the import failed.
        """
        source = f"simulator, plan {self._plan.seed} of {self._plan.region}"
        command = Command(
            method="POST",
            path=f"/imports?{urlencode({'kind': kind, 'source': source})}",
            body=content,
            key=self._key("import", kind, source, content),
            content_type="text/csv",
        )
        answer = await insist(lambda: self._desk.command(by, command))
        self._is_new |= "idempotent-replayed" not in answer.headers
        path = f"/imports/{answer.document().get('id')}"
        while True:
            document = (await insist(lambda: self._desk.read(by, path))).document()
            if document.get("state") in {"done", "failed"}:
                break
            await asyncio.sleep(POLL_S)
        if document.get("state") == "failed" or document.get("rejected"):
            raise LoadError(f"import of {kind}: {await self._complaints(by, path, document)}")
        return Counter({name: _count(document, name) for name in ("created", "changed", "unchanged")})

    async def wait_until_known(self) -> None:
        """Wait until logistics and turnout know TPS from all over the region."""
        codes = [tps.code for tps in self._plan.tps]
        step = max(1, len(codes) // ASKED_OF)
        officer = self.officer(Role.DESK)
        for code in {*codes[::step], codes[-1]}:
            for path in (f"/tps/{code}/supply", f"/tps/{code}/voting-day"):
                while not await self._is_there(officer, path):  # noqa: ASYNC110 - another process knows it, no event of ours
                    await asyncio.sleep(POLL_S)
        if self._is_new:
            await asyncio.sleep(SETTLE_S)

    async def _is_there(self, by: Person, path: str) -> bool:
        try:
            await self._desk.read(by, path)
        except AgainError:
            return False
        except RefusedError as error:
            if error.status == 404:
                return False
            raise LoadError(f"{path}: {error}") from error
        return True

    async def _complaints(self, by: Person, path: str, document: Mapping[str, object]) -> str:
        told = (await insist(lambda: self._desk.read(by, f"{path}/rows?status=rejected&limit=5"))).document()
        rows = "; ".join(f"row {row.get('row')}: {row.get('reasons')}" for row in items_of(told, "items"))
        return f"{document.get('rejected')} rows refused, {document.get('failure')}: {rows}"

    async def _put(self, path: str, body: Mapping[str, object]) -> None:
        by, content = self.officer(Role.ADMIN), encoded(body)
        command = Command("PUT", path, content, key=self._key("PUT", path, "", content))
        answer = await insist(lambda: self._desk.command(by, command))
        self._is_new |= "idempotent-replayed" not in answer.headers

    def _key(self, kind: str, name: str, source: str, content: bytes) -> UUID:
        digest = hashlib.sha256(content).hexdigest()
        return uuid5(SPACE, f"{self._plan.election}|{kind}|{name}|{source}|{digest}")


def _contest(contest: Contest) -> dict[str, object]:
    kind, _, region = contest.id.partition("-")
    place = wilayah.wilayah_name(region) or region
    return {
        "name": f"Pemilihan {OFFICES[kind]} {place}",
        "choices": [
            {"number": choice.number, "kind": choice.kind, "name": choice.name} for choice in contest.choices
        ],
        "winning_rule": _winning_rule(contest),
        "winning_rule_source": "D38; the article was not seen",
        "channel": "simulator",
    }


def _count(document: Mapping[str, object], name: str) -> int:
    found = document.get(name)
    return found if isinstance(found, int) else 0


def _winning_rule(contest: Contest) -> WinningRule:
    """Return what wins a contest. Source: D38."""
    if any(choice.kind is ChoiceKind.EMPTY_COLUMN for choice in contest.choices):
        return WinningRule.MORE_THAN_HALF_AGAINST_EMPTY
    if contest.id == "gubernur-31":
        return WinningRule.MORE_THAN_HALF_OR_SECOND_ROUND
    return WinningRule.MOST_VOTES
