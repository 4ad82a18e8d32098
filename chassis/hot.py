"""The door to a hot command: one request joins a group, a batch is a group of its own, each item judged alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from chassis.actor import Actor, require_region, widest_over
from chassis.batches import Misfit
from chassis.clock import DeskClock
from chassis.coalescer import Coalescer, Item
from chassis.conflicts import Clash, keep_conflicts
from chassis.idempotency import KEY_DESCRIPTION, Answer, answer_of_refusal, claim_of, honest
from chassis.outbox import Origin
from chassis.personal_numbers import in_key
from chassis.problem_responses import language_of, problem_document
from chassis.problems import IdempotencyKeyReused, Problem
from chassis.telemetry import trace_of
from contracts.vocabulary import Channel

T = TypeVar("T")
Entry = tuple[UUID, str, T, Channel, BaseModel]
"""An item of a batch: id that the device made (its key), code of its TPS or region, command, channel, payload."""

KEYED: Final = {
    "parameters": [
        {
            "name": "idempotency-key",
            "in": "header",
            "required": False,
            "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Idempotency-Key"},
            "description": KEY_DESCRIPTION,
        }
    ]
}
"""`openapi_extra` of a route that calls `HotDoor.one`, which reads the key itself: on the path of every command."""


class BatchResult(BaseModel):
    """What became of one item of a batch: its answer, or its problem."""

    id: UUID | None = Field(description="Null where the item has none that can be read.")
    outcome: Literal["accepted", "duplicate", "conflict", "rejected"] = Field(
        description="`conflict`: the id stands for another item, and this one is kept for an operator."
    )
    status: int
    answer: dict[str, object] | None
    problem: dict[str, object] | None
    conflict_id: UUID | None = Field(description="Under which a conflict is kept.")


class BatchResults(BaseModel):
    """One result per item, in the order in which the items were sent."""

    items: list[BatchResult]


class HotDoor(Generic[T]):
    """Takes commands of one kind in, singly or many, through the service's coalescer."""

    def __init__(self, request: Request, coalescer: Coalescer[T]) -> None:
        self._request = request
        self._coalescer = coalescer
        self._clock: DeskClock = request.app.state.clock

    @staticmethod
    def named(name: str) -> "Callable[[Request], Awaitable[HotDoor[T]]]":
        """Return the dependency that gives the door to the coalescer of this name."""

        async def door(request: Request) -> HotDoor[T]:
            return HotDoor(request, request.app.state.coalescers[name])

        return door

    async def one(
        self,
        command: T,
        *,
        aggregate: str,
        place: str,
        actor: Actor,
        election: str,
        channel: Channel,
        body: BaseModel,
    ) -> Response:
        """Join one command to the group that gathers, and return its answer.

        A refusal that is final is stored under the key with the group, and comes back as an answer.

        Args:
            aggregate: what the command locks.
            place: code of the TPS or region that it names, which one of the caller's grants covers.

        Raises:
            Problem: the command was refused for now, or its key is missing or was used for another command.
            Overloaded: too many commands wait already.
        """
        claim = claim_of(self._request, actor, self._request.headers.get("idempotency-key"), body)
        origin = self._origin(actor, election, channel, place=place)
        item = Item(command, aggregate, claim, origin, actor.remit, place, self._refusal)
        answer, replayed = await self._coalescer.submit(item)
        return answer.response(replayed=replayed)

    async def many(self, entries: Sequence[Entry[T] | Misfit], *, actor: Actor, election: str) -> Response:
        """Run a batch as one group and answer with one result per entry, in their order (`BatchResults`).

        Args:
            entries: what came in; a misfit is rejected in its place.
        """
        results: dict[int, bytes] = {}
        items: list[tuple[int, UUID, Item[T]]] = []
        for n, entry in enumerate(entries):
            if isinstance(entry, Misfit):
                results[n] = self._rejected(entry.id, entry.problem("items", n))
                continue
            key, place, command, channel, body = entry
            try:
                require_region(actor, place)
                claim = claim_of(self._request, actor, str(key), body)
            except Problem as problem:
                results[n] = self._rejected(None if in_key(str(key)) else key, problem)
                continue
            origin = self._origin(actor, election, channel, place=place)
            items.append((n, key, Item(command, place, claim, origin, actor.remit, place, self._refusal)))
        outcomes = await self._coalescer.submit_many([item for _, _, item in items]) if items else []
        self._request.scope.pop("desk.problem", None)  # items may be refused; the batch itself was not
        kept = await self._keep(items, outcomes, actor=actor, election=election)
        for (n, key, _), outcome in zip(items, outcomes, strict=True):
            results[n] = (
                self._rejected(key, outcome, conflict=kept.get(n))
                if isinstance(outcome, Problem)
                else _told(key, outcome[0], replayed=outcome[1])
            )
        told = b",".join(results[n] for n in range(len(entries)))
        return Response(b'{"items":[' + told + b"]}", media_type="application/json")

    async def _keep(
        self,
        items: Sequence[tuple[int, UUID, Item[T]]],
        outcomes: Sequence[tuple[Answer, bool] | Problem],
        *,
        actor: Actor,
        election: str,
    ) -> dict[int, UUID | None]:
        """Keep what came under the id of another item, and return under which ids."""
        clashes = {
            n: Clash(item.claim, actor, election, item.aggregate, actor.device)
            for (n, _, item), outcome in zip(items, outcomes, strict=True)
            if isinstance(outcome, IdempotencyKeyReused)
        }
        if not clashes:
            return {}
        kept = await keep_conflicts(
            self._request.app.state.database, list(clashes.values()), now=self._clock.now()
        )
        return dict(zip(clashes, kept, strict=True))

    def _origin(self, actor: Actor, election: str, channel: Channel, *, place: str) -> Origin:
        rehearsal: bool = self._request.app.state.settings.rehearsal
        granted = widest_over(actor.regions, place)
        return Origin(election, actor.pseudonym, channel.value, self._clock.now(), rehearsal, granted)

    def _refusal(self, problem: Problem) -> Answer | None:
        return answer_of_refusal(honest(problem, self._request), self._request)

    def _rejected(self, key: UUID | None, refusal: Problem, *, conflict: UUID | None = None) -> bytes:
        request, problem = self._request, honest(refusal, self._request)
        language = language_of(request.headers.get("accept-language", ""))
        document = problem_document(
            problem, instance=request.url.path, trace_id=trace_of(request.scope), language=language
        )
        result = BatchResult(
            id=key,
            outcome="conflict" if conflict else "rejected",
            status=problem.status,
            answer=None,
            problem=document,
            conflict_id=conflict,
        )
        return result.model_dump_json().encode()


def _told(key: UUID, answer: Answer, *, replayed: bool) -> bytes:
    """Return what became of an item, as JSON, with its stored answer as it stands: also a refusal may be stored."""
    head = b'{"id":"%s","outcome":"%s","status":%d,'
    if answer.status >= 400:
        return (
            head % (str(key).encode(), b"rejected", answer.status)
            + b'"answer":null,"problem":%s,"conflict_id":null}' % answer.body
        )
    outcome = b"duplicate" if replayed else b"accepted"
    return (
        head % (str(key).encode(), outcome, answer.status)
        + b'"answer":%s,"problem":null,"conflict_id":null}' % answer.body
    )
