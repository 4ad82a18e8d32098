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
        made.append(
            post(path, report(), token=token, key=str(uuid.UUID(int=CHANCE.getrandbits(128), version=4)))
        )
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
        items = [{"id": new_id(), "tps_code": CHANCE.choice(tps), **report()} for _ in range(500)]
        made.append(post(path, {"items": items}, token=token, key=new_id()))
    return made


def public_incidents(tps: Sequence[str], *, count: int) -> list[bytes]:
    """Return incident reports of the public, each under a key of its own, without a token."""
    made: list[bytes] = []
    for _ in range(count):
        body = {
            "category": "disaster",
            "description": "Genangan di depan TPS (contoh).",
            "tps_code": CHANCE.choice(tps),
        }
        raw = json.dumps(body).encode()
        head = (
            f"POST {BASE}/public/incidents HTTP/1.1\r\nHost: desk\r\nIdempotency-Key: {new_id()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        made.append(head.encode() + raw)
    return made


Box = tuple[str, str]
"""A box: its id, and the TPS whose it is."""


def packings(boxes: Sequence[Box], token: str) -> list[bytes]:
    """Return the batches that pack boxes with the ballots of the governor's contest."""
    items: list[dict[str, object]] = [
        {
            "id": box,
            "box_id": box,
            "tps_code": code,
            "contest": f"gubernur-{code[:2]}",
            "seal_number": f"BENCH-{box[:13]}",
            "ballots": 500,
            "occurred_at": "2024-11-25T03:00:00Z",
        }
        for box, code in boxes
    ]
    return _batches("boxes:batch", items, token)


def scans(boxes: Sequence[Box], token: str, *, count: int, prefix: str = "") -> list[bytes]:
    """Return custody scans of boxes at their kecamatan, each at another second."""
    path = f"{prefix}{BASE}/custody-scans"
    made: list[bytes] = []
    for n in range(count):
        box, code = CHANCE.choice(boxes)
        second = n % 3_600
        moment = f"2024-11-26T{CHANCE.randrange(1, 20):02}:{second // 60:02}:{second % 60:02}Z"
        made.append(post(path, scan(box, _AT_KECAMATAN, code, moment), token=token, key=new_id()))
    return made


_AT_KECAMATAN = ("kecamatan", "courier", "ppk", 8)
_WAY = (_AT_KECAMATAN, ("kelurahan", "ppk", "pps", 13), ("tps", "pps", "kpps", 17))
"""The hand-overs of a box on its way: point, from, to, and how much of the TPS's code is the code of the place."""


def scan(box: str, point: tuple[str, str, str, int], code: str, occurred_at: str) -> dict[str, object]:
    """Return the body of a custody scan."""
    name, giver, taker, length = point
    parties: dict[str, object] = {"from_party": giver, "to_party": taker}
    place = {"box_id": box, "scan_point": name, "place": code[:length]}
    return {**place, **parties, "occurred_at": occurred_at, "channel": "app"}


def ways(boxes: Sequence[Box], token: str) -> list[bytes]:
    """Return the batches of scans of boxes on their way to their TPS."""
    items: list[dict[str, object]] = [
        {"id": new_id(), **scan(box, point, code, f"2024-11-26T{3 + n:02}:00:00Z")}
        for n, point in enumerate(_WAY)
        for box, code in boxes
    ]
    return _batches("custody-scans:batch", items, token)


def days(tps: Sequence[str], token: str) -> list[bytes]:
    """Return the batches of turnout reports of a whole day: of each TPS each slot, and the final one."""
    items: list[dict[str, object]] = [
        {"id": new_id(), "tps_code": code, **report(), "slot": slot}
        for slot in (*(f"{hour:02}:00" for hour in range(8, 14)), "final")
        for code in tps
    ]
    return _batches("turnout-reports:batch", items, token)


def _batches(route: str, items: Sequence[dict[str, object]], token: str) -> list[bytes]:
    return [
        post(f"{BASE}/{route}", {"items": items[at : at + 500]}, token=token, key=new_id())
        for at in range(0, len(items), 500)
    ]


Form = tuple[str, str, int]
"""A form: its TPS, contest, and number of choices."""


def entries(forms: Sequence[Form], token: str, *, prefix: str = "") -> list[bytes]:
    """Return an entry of each form; of one form always the same figures, so that two entries agree."""
    return [post(f"{prefix}{_form(form)}/entries", entry(form), token=token, key=new_id()) for form in forms]


def returns(forms: Sequence[Form], token: str) -> list[bytes]:
    """Return the request to return each form, to be entered anew."""
    body: dict[str, object] = {"reason": "The bench enters it anew.", "occurred_at": "2024-11-27T08:00:00Z"}
    return [post(f"{_form(form)}/returns", body, token=token, key=new_id()) for form in forms]


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


def new_id() -> str:
    """Return a new id, as a device makes one."""
    return str(uuid.UUID(int=CHANCE.getrandbits(128), version=4))
