"""One action from its look-ups to the desk's final answer."""

from uuid import UUID, uuid5

from simulator.desk.client import (
    RETRYABLE,
    AgainError,
    Command,
    Desk,
    RefusedError,
    encoded,
    items_of,
)
from simulator.desk.wire import Answer
from simulator.speech.lookups import Reports, look_up
from simulator.speech.say import saying_of
from simulator.speech.saying import Names, Saying
from simulator.timeline.actions import Action, Network


async def perform(
    desk: Desk, action: Action, *, names: Names, reports: Reports, tries: int, stale: int
) -> dict[UUID, str]:
    """Send an action and return the desk's ids that are known by its answer.

    Args:
        desk: the public API.
        action: who sends what.
        names: the desk's ids of what was made before.
        reports: what is reported in the days.
        tries: how often it was sent before; a connection is cut at the first try only.
        stale: how often it was meant for a version that was no longer there; each new decision has a key of its own.

    Raises:
        AgainError: send it again.
        RefusedError: the desk does not take it.
        UnknownThingError: what it is about was never made.
    """
    found = await look_up(desk, action, names, reports)
    saying = saying_of(action, {**names, **found} if found else names)
    command = Command(
        method=saying.method,
        path=saying.path,
        body=encoded(saying.body),
        key=uuid5(action.key, str(stale)) if stale else action.key,
        if_match=await _version(desk, action, saying),
        batch=saying.batch,
    )
    cut_before = tries > 0 and action.network is Network.ANSWER_CUT
    network = Network.GOOD if cut_before else action.network
    answer = await desk.command(action.by, command, network=network)
    if saying.batch:
        _check_items(answer)
    if saying.makes is not None:
        found[saying.makes] = _told(answer, saying.told_as)
    return found


async def _version(desk: Desk, action: Action, saying: Saying) -> str | None:
    if saying.reads_first is None:
        return None
    return (await desk.read(action.by, saying.reads_first)).headers.get("etag")


def _told(answer: Answer, field: str) -> str:
    told = answer.document().get(field)
    if not isinstance(told, str):
        raise RefusedError(f"the answer does not tell {field}", status=answer.status)
    return told


def _check_items(answer: Answer) -> None:
    """Judge the results of a batch.

    Raises:
        AgainError: some items may go well later; those that went well are repeats then.
        RefusedError: an item was refused, or is about something that the desk does not know.
    """
    for item in items_of(answer.document(), "items"):
        status, problem = item.get("status"), item.get("problem")
        if not isinstance(status, int):
            raise RefusedError("an item of the answer has no status")
        if status in RETRYABLE or status >= 500:
            raise AgainError(f"item {item.get('id')}: {problem}", status=503)
        if status == 202 or not 200 <= status < 300:
            raise RefusedError(
                f"item {item.get('id')}: {status} {problem or item.get('answer')}", status=status
            )
