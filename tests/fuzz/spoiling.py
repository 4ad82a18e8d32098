"""Right requests with one thing wrong in them: a value that no field expects, or bytes that are no JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final, cast

import httpx

NIK: Final = "3271061234567890"
"""Sixteen digits as of a person; no refusal may say them back."""

NASTY: Final[Sequence[object]] = (
    *(
        "\0",
        "a\0b",
        "\ud800",
        "\u202e",
        "x" * 3_000,
        "\u0663\u0662.\u0667\u0661",
        "'; drop table tps; --",
        "../..",
        NIK,
        "",
    ),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31", "24:00"),
    *(-1, 2**31, 2**63, 10**400, 1.5, float("nan"), float("inf"), 1e300, True, None),
    *([], {}, [[]], {"a": 1}, ["\0"], [NIK] * 2_000),
)

_ON_THE_WIRE: Final[Sequence[Callable[[bytes], bytes]]] = (
    lambda body: body[:-1],
    lambda body: body + b"{}",
    lambda body: b"",
    lambda body: b"[" * 50_000,
    lambda body: b'{"a":' * 50_000,
    lambda body: body.decode().encode("utf-16"),
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.replace(b'"', b'"\xff', 1),
    lambda body: body.replace(b"{", b'{"":0,"":1,', 1),
    lambda body: b'"' + NIK.encode() + b'"',
    lambda body: b"9" * 5_000,
)

_HEADERS: Final[Sequence[tuple[bytes, bytes]]] = (
    (b"idempotency-key", b"\xc3\xa9"),
    (b"idempotency-key", b"k" * 201),
    (b"idempotency-key", b""),
    (b"if-match", b'"\xe9"'),
    (b"if-match", b'"99999999999999999999"'),
    (b"if-match", b'W/"1", *'),
    (b"content-type", b"text/plain"),
    (b"content-type", b"application/json; charset=\xff"),
    (b"content-encoding", b"gzip"),
    (b"accept-language", b";;q=nan,id;q=1e999"),
    (b"traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00"),
    (b"desk-after", b"\xe9@1"),
)


def spoilt(sent: httpx.Request, luck: Random) -> httpx.Request:
    """Return a request with one thing wrong in its body or its headers; what is wrong comes by luck."""
    headers = {name.lower(): value for name, value in sent.headers.raw}
    content = sent.content
    body = _object(content)
    if body is None or luck.random() < 0.2:
        name, value = luck.choice(_HEADERS)
        headers[name] = value
    elif luck.random() < 0.25:
        content = luck.choice(_ON_THE_WIRE)(content)
    else:
        holder, name = luck.choice(list(_places(body)))
        holder[name] = luck.choice(NASTY)
        content = json.dumps(body).encode()
    headers.pop(b"content-length", None)
    return httpx.Request(sent.method, sent.url, headers=headers, content=content)


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return cast(dict[str, Any], body) if isinstance(body, dict) and body else None


def _places(value: object) -> Iterator[tuple[Any, Any]]:
    """Give every place of a JSON value as what holds it and its name there."""
    named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in cast(Any, named):
        yield value, name
        yield from _places(inner)
