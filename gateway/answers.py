"""Answers that many ask for at once: each is made at most once a second, by one, and given to all as the same bytes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

K = TypeVar("K", bound=Hashable)
_MOST = 2_000
_MOST_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """An answer as bytes, with its ETag."""

    body: bytes
    etag: str
    at: float


class Answers(Generic[K]):
    """Keeps answers by what was asked, for `age_s` seconds."""

    def __init__(self, make: Callable[[K], Awaitable[BaseModel]], *, age_s: float) -> None:
        self._make = make
        self._age_s = age_s
        self._made: dict[K, Made] = {}
        self._bytes = 0
        self._making: dict[K, asyncio.Task[Made]] = {}

    async def get(self, asked: K, *, not_before: float = 0.0) -> Made:
        """Return the answer, at most `age_s` old; what its making raises is raised to all who wait for it.

        Args:
            not_before: time of the event loop; an answer whose making began before it will not do.
        """
        while True:
            now = asyncio.get_running_loop().time()
            made = self._made.get(asked)
            if made is not None and now - made.at <= self._age_s and made.at >= not_before:
                return made
            making = self._making.get(asked)
            if making is None:
                making = self._making[asked] = asyncio.ensure_future(self._produce(asked, now))
                making.add_done_callback(lambda _: self._making.pop(asked, None))
            found = await asyncio.shield(making)
            if found.at >= not_before:
                return found

    async def _produce(self, asked: K, at: float) -> Made:
        body = (await self._make(asked)).model_dump_json().encode()
        made = Made(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', at)
        if len(self._made) >= _MOST or self._bytes >= _MOST_BYTES:
            self._made.clear()
            self._bytes = 0
        self._made[asked] = made
        self._bytes += len(body)
        return made
