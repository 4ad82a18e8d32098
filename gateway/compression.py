"""Answers that phones pay for by the byte: gzip where it is asked for."""

import asyncio
import gzip
import re
from collections.abc import Mapping
from typing import Final

from fastapi import Request, Response

LEAST_BYTES: Final = 1_000
"""Below, packing costs more than it saves."""

_GZIP: Final = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?P<q>[0-9.]+)\s*)?(?:,|$)", re.IGNORECASE)


def takes_gzip(request: Request) -> bool:
    """Say whether the caller unpacks gzip."""
    found = _GZIP.search(request.headers.get("accept-encoding", ""))
    return found is not None and (found["q"] or "1").strip("0.") != ""


def packed(body: bytes) -> bytes:
    """Return a body packed; the same body is always packed to the same bytes."""
    return gzip.compress(body, compresslevel=6, mtime=0)


async def compressed(request: Request, body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a body of JSON as an answer, packed where the caller unpacks it and it is worth it."""
    sent = dict(headers)
    if len(body) >= LEAST_BYTES and takes_gzip(request):
        body = await asyncio.to_thread(packed, body)
        sent["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=sent)
