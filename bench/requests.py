"""Requests as prepared bytes, so that the client does nothing but send and count."""

import json
import random
import struct
import uuid
from collections.abc import Mapping, Sequence

from bench.desk import ELECTION

BASE = f"/v1/elections/{ELECTION}"
REPLAYS = 0.1
CHANCE = random.Random(20241127)


def post(path: str, body: Mapping[str, object], *, token: str, key: str) -> bytes:
    """Return a command as bytes."""
    raw = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def get(path: str, *, token: str) -> bytes:
    """Return a question as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def packed(requests: Sequence[bytes]) -> bytes:
    """Return requests as the client reads them."""
    return b"".join(struct.pack(">I", len(request)) + request for request in requests)


def reports(tps: Sequence[str], token: str, *, count: int, prefix: str = "") -> list[bytes]:
    """Return turnout reports, one in ten of them sent before."""
    made: list[bytes] = []
    for n in range(count):
        if made and CHANCE.random() < REPLAYS:
            made.append(made[CHANCE.randrange(max(0, n - 500), n)])
            continue
        code = CHANCE.choice(tps)
        path = f"{prefix}{BASE}/tps/{code}/turnout-reports"
        made.append(post(path, report(), token=token, key=str(uuid.UUID(int=CHANCE.getrandbits(128)))))
    return made


def report() -> dict[str, object]:
    """Return the body of a turnout report."""
    return {
        "slot": f"{CHANCE.randrange(8, 14):02}:00",
        "men": CHANCE.randrange(250),
        "women": CHANCE.randrange(250),
        "occurred_at": "2024-11-27T03:00:00Z",
        "channel": "app",
    }


def batches(tps: Sequence[str], token: str, *, count: int) -> list[bytes]:
    """Return batches of 500 turnout reports."""
    path = f"{BASE}/turnout-reports:batch"
    made: list[bytes] = []
    for _ in range(count):
        items = [{"id": _uuid(), "tps_code": CHANCE.choice(tps), **report()} for _ in range(500)]
        made.append(post(path, {"items": items}, token=token, key=_uuid()))
    return made


def scans(boxes: Sequence[tuple[str, str]], token: str, *, count: int, prefix: str = "") -> list[bytes]:
    """Return custody scans of boxes (id and place), each at another second."""
    made: list[bytes] = []
    for n in range(count):
        box, place = CHANCE.choice(boxes)
        second = n % 3_600
        body: dict[str, object] = {
            "box_id": box,
            "scan_point": "kecamatan",
            "place": place,
            "from_party": "courier",
            "to_party": "ppk",
            "occurred_at": f"2024-11-26T{CHANCE.randrange(1, 20):02}:{second // 60:02}:{second % 60:02}Z",
            "channel": "app",
        }
        made.append(post(f"{prefix}{BASE}/custody-scans", body, token=token, key=_uuid()))
    return made


Form = tuple[str, str, int]
"""A form: its TPS, contest, and number of choices."""


def entries(forms: Sequence[Form], token: str, *, prefix: str = "") -> list[bytes]:
    """Return an entry of each form; of one form always the same figures, so that two entries agree."""
    return [post(f"{prefix}{_form(form)}/entries", entry(form), token=token, key=_uuid()) for form in forms]


def returns(forms: Sequence[Form], token: str) -> list[bytes]:
    """Return the request to return each form, to be entered anew."""
    body: dict[str, object] = {"reason": "The bench enters it anew.", "occurred_at": "2024-11-27T08:00:00Z"}
    return [post(f"{_form(form)}/returns", body, token=token, key=_uuid()) for form in forms]


def _form(form: Form) -> str:
    code, contest, _ = form
    return f"{BASE}/tps/{code}/forms/{contest}"


def entry(form: Form) -> dict[str, object]:
    """Return the body of an entry of a form that adds up."""
    chance = random.Random("/".join(map(str, form)))
    votes = {str(n): chance.randrange(20, 90) for n in range(1, form[2] + 1)}
    valid, invalid = sum(votes.values()), chance.randrange(20)
    figures = {"votes": votes, "valid": valid, "invalid": invalid, "total": valid + invalid}
    return {"figures": figures, "occurred_at": "2024-11-27T08:00:00Z", "channel": "app"}


def _uuid() -> str:
    return str(uuid.UUID(int=CHANCE.getrandbits(128), version=4))
