"""`python -m bench.leaks`: Kota Bogor's rehearsal with voters loaded, and then a search for their NIK wherever there are bytes.

While the two days run, voters are looked up, and NIK are put where they do not belong: into addresses, headers, fields, bodies
that are broken, rows of imports. Then everything that the desk told or kept is searched for the NIK of the list: logs, topics
and databases as they lie on the disk (WAL and indexes too), every table as text, lists, the feed, the audit trail, metrics,
and every answer. Every NIK begins with 99, so it is nobody's. Exit code 1 where one is found.
"""

import argparse
import http.client
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bench.desk import ELECTION, BenchDesk, bench_desk
from bench.needles import needles_in, needles_in_file
from bench.voters import HEADER, lines_of, voter

BASE = f"/v1/elections/{ELECTION}"
OWNERS = ("registry", "logistics", "incidents", "turnout", "gateway")
LISTS = ("tps", "incidents", "boxes", "shipments", "warehouses", "facilities", "problems", "advice", "tasks")
_PAUSE_S = 0.05


@dataclass
class Found:
    """What was searched, and what was found in it.

    Attributes:
        searched: bytes by kind.
        needles: how many NIK by kind.
    """

    searched: Counter[str] = field(default_factory=Counter[str])
    needles: Counter[str] = field(default_factory=Counter[str])

    def look(self, kind: str, content: bytes, wanted: frozenset[bytes]) -> None:
        """Search some bytes."""
        self.searched[kind] += len(content)
        self.needles[kind] += len(needles_in(content, wanted))

    def look_at_file(self, kind: str, file: Path, wanted: frozenset[bytes]) -> None:
        """Search a file."""
        self.searched[kind] += file.stat().st_size
        found = needles_in_file(file, wanted)
        self.needles[kind] += len(found)
        if found:
            print(f"  {len(found)} in {file.name}", flush=True)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.leaks", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="voters of the list (50000)")
    parser.add_argument("--speed", type=int, default=600, help="simulated seconds per second (600)")
    parser.add_argument("--port", type=int, default=27_200, help="first of ten free ports")
    asked = parser.parse_args()
    told = {"DAY": "on", "SPEED": str(asked.speed), "DESK_LOG_LEVEL": "DEBUG"}
    with bench_desk(asked.port, **told) as desk:
        desk.start()
        _until("the city is loaded", lambda: int(desk.sql("registry", "select count(*) from tps;")) >= 1_530)
        codes = desk.sql("registry", "select code from tps order by code;").split()
        content = "".join([HEADER, *lines_of(asked.rows, codes)]).encode()
        print(f"{asked.rows:,} voters: {_taken_in(desk, content)}", flush=True)
        wanted = frozenset(voter(number)[0].encode() for number in range(asked.rows))
        answers = _misuse_until_over(desk, asked.rows)
        found = _search(desk, wanted, answers)
    for kind, size in found.searched.items():
        print(f"  {kind:10} {size / 1e6:10,.1f} MB searched, {found.needles[kind]} NIK found")
    print(f"{sum(found.needles.values())} NIK found in {sum(found.searched.values()) / 1e6:,.0f} MB")
    return 1 if any(found.needles.values()) else 0


def _until(what: str, holds: Callable[[], bool], *, patience_s: float = 900) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {patience_s:.0f} s in vain until {what}")
        time.sleep(1)


def _taken_in(desk: BenchDesk, content: bytes) -> dict[str, object]:
    """Send a list through the door, wait until it is in, and return what came of it."""
    port, path = desk.folder.port("gateway"), f"{BASE}/voters/imports"
    shown = {"Authorization": f"Bearer {desk.token('operator', regions=['32.71'])}"}
    sent = {**shown, "Content-Type": "text/csv", "Idempotency-Key": f"list-{time.time_ns()}"}
    told = _body(_answer(port, "POST", f"{path}?source=bench", headers=sent, body=content))
    while told["state"] not in {"done", "failed"}:
        time.sleep(1)
        told = _body(_answer(port, "GET", f"{path}/{told['id']}", headers=shown))
    return {name: told[name] for name in ("state", "created", "unchanged", "rejected")}


def _body(answer: bytes) -> dict[str, object]:
    return json.loads(answer.partition(b"\n\n")[2])


def _misuse_until_over(desk: BenchDesk, rows: int) -> Sequence[bytes]:
    """Put NIK where they do not belong for as long as the days last, and return every answer, heads included."""
    over = threading.Event()
    answers: list[bytes] = []
    worker = threading.Thread(target=_misuse, args=(desk, rows, over, answers), daemon=True)
    worker.start()
    _until(
        "the days are over",
        lambda: int(desk.sql("turnout", "select count(*) from tally where state = 'verified';")) >= 3_060,
    )
    over.set()
    worker.join(60)
    desk.settle(patience_s=120)
    print(f"{len(answers):,} answers to {rows:,} voters' questions and to misuse were kept", flush=True)
    return answers


def _misuse(desk: BenchDesk, rows: int, over: threading.Event, answers: list[bytes]) -> None:
    chance = random.Random(11)
    tokens = {role: desk.token(role, regions=["32.71"]) for role in ("admin", "desk", "operator")}
    for nik, name in _voters(chance, rows):
        if over.is_set():
            return
        for method, path, headers, body in _requests(nik, name, tokens):
            answers.append(_answer(desk.folder.port("gateway"), method, path, headers=headers, body=body))
            time.sleep(_PAUSE_S)


def _voters(chance: random.Random, rows: int) -> Iterator[tuple[str, str]]:
    while True:
        yield voter(chance.randrange(rows))[:2]


def _requests(
    nik: str, name: str, tokens: dict[str, str]
) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Give requests with a NIK: one where it belongs, the others where it does not."""
    key = itertools.count(int(time.time() * 1000))
    desk = {"Authorization": f"Bearer {tokens['desk']}", "Content-Type": "application/json"}
    keyed = {**desk, "Idempotency-Key": f"misuse-{next(key)}"}
    spaced = f"{nik[:6]} {nik[6:12]} {nik[12:]}"
    lookup = f"{BASE}/public/voters:lookup"
    plain = {"Content-Type": "application/json"}
    yield "POST", lookup, plain, json.dumps({"nik": nik, "name": name}).encode()
    yield "POST", lookup, plain, json.dumps({"nik": nik, "name": name, "address": nik}).encode()
    yield "POST", lookup, plain, f'{{"nik": "{nik}", "name": '.encode()
    yield "GET", f"{BASE}/tps/{nik}", desk, b""
    yield "GET", f"{BASE}/tps?region={nik}", desk, b""
    yield "GET", f"{BASE}/tps?{nik}=1", desk, b""
    yield "GET", f"/{quote(spaced)}", {}, b""
    yield "GET", f"{BASE}/tps/32.71.01.1001.001", {**desk, "Desk-Purpose": f"NIK {nik}"}, b""
    yield "GET", f"{BASE}/tps/32.71.01.1001.001/officers", {**desk, "Desk-Purpose": f"untuk {spaced}"}, b""
    yield "GET", f"{BASE}/tps", {"Authorization": f"Bearer {nik}"}, b""
    yield "GET", f"{BASE}/tps", {**desk, "User-Agent": nik, "Traceparent": nik, "Accept": nik}, b""
    words = f"Pemilih dengan NIK {nik} atau {spaced} (gladi)"
    incident = {"tps_code": "32.71.01.1001.001", "category": "other", "description": words, "title": words}
    yield "POST", f"{BASE}/incidents", keyed, json.dumps(incident).encode()
    yield (
        "POST",
        f"{BASE}/public/incidents",
        {**plain, "Idempotency-Key": f"p-{nik}"},
        json.dumps(incident).encode(),
    )
    yield "POST", f"{BASE}/incidents", {**keyed, "If-Match": nik}, json.dumps({nik: nik}).encode()
    officer = {"person": nik, "display_name": f"Petugas {nik}"}
    yield "PUT", f"{BASE}/tps/32.71.01.1001.001/officers/kpps/1", keyed, json.dumps(officer).encode()
    form = f"grant_type=client_credentials&client_id={nik}&client_secret={nik}&person={nik}".encode()
    yield "POST", "/v1/oauth/token", {"Content-Type": "application/x-www-form-urlencoded"}, form
    bad = {
        "Authorization": f"Bearer {tokens['admin']}",
        "Content-Type": "text/csv",
        "Idempotency-Key": f"i-{next(key)}",
    }
    rows = f"tps_code,kind,place\n{nik},regular,{nik}\n32.71.01.1001.001,{nik},Balai {nik}\n".encode()
    yield "POST", f"{BASE}/imports?kind=tps&source=misuse", bad, rows
    clerk = {**bad, "Authorization": f"Bearer {tokens['operator']}", "Idempotency-Key": f"v-{next(key)}"}
    voters = f"{HEADER}{nik},{nik},X,{nik},{nik},{nik}\n".encode()
    yield "POST", f"{BASE}/voters/imports?source=misuse", clerk, voters


def _answer(port: int, method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Send a request and return the whole of its answer, as bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        head = "".join(f"{name}: {value}\n" for name, value in answer.getheaders())
        return f"{answer.status}\n{head}\n".encode() + answer.read()
    except (OSError, http.client.HTTPException) as error:
        return repr(error).encode()
    finally:
        connection.close()


def _search(desk: BenchDesk, wanted: frozenset[bytes], answers: Sequence[bytes]) -> Found:
    found = Found()
    for answer in answers:
        found.look("answers", answer, wanted)
    for content in _exports(desk):
        found.look("exports", content, wanted)
    for owner in OWNERS:
        tables = desk.sql(owner, "select tablename from pg_tables where schemaname = 'public';").split()
        for table in tables:
            found.look("dumps", desk.sql(owner, f'copy "{table}" to stdout;').encode(), wanted)
    for file in sorted(desk.home.rglob("*")):
        if file.is_file() and not file.is_symlink():
            found.look_at_file(_kind(desk, file), file, wanted)
    data = desk.folder.path / "postgres" / "data"
    if data.is_symlink():
        for file in sorted(data.resolve().rglob("*")):
            if file.is_file():
                found.look_at_file("postgres", file, wanted)
    return found


def _kind(desk: BenchDesk, file: Path) -> str:
    if file.suffix == ".log" and "kafka" not in file.parts:
        return "logs"
    inside = file.relative_to(desk.home).parts
    return next((name for name in ("kafka", "postgres", "logs") if name in inside), "files")


def _exports(desk: BenchDesk) -> Iterator[bytes]:
    """Give every list, the feed and the audit trail page by page, the map, the documents and the metrics."""
    token = desk.token("admin", regions=["*"])
    auditor = desk.token("auditor", regions=["*"])
    port = desk.folder.port("gateway")
    for name in LISTS:
        yield from _pages(port, f"{BASE}/{name}", token, "cursor")
        csv = {"Authorization": f"Bearer {token}", "Accept": "text/csv"}
        yield _answer(port, "GET", f"{BASE}/{name}?limit=500", headers=csv)
    yield from _pages(port, f"{BASE}/events", token, "after", limit=1_000)
    for owner in OWNERS:
        for part in ("accesses",) if owner == "gateway" else ("accesses", "changes"):
            yield from _pages(port, f"{BASE}/audit/{owner}/{part}", auditor, "cursor")
        yield _answer(desk.folder.port(owner), "GET", "/metrics", headers={})
    for path in (f"{BASE}/tps.geojson?region=32.71", f"{BASE}/regions/32.71/overview", "/openapi.json"):
        yield _answer(port, "GET", path, headers={"Authorization": f"Bearer {token}"})


def _pages(port: int, path: str, token: str, asked: str, *, limit: int = 500) -> Iterator[bytes]:
    cursor = ""
    while True:
        more = f"&{asked}={quote(cursor)}" if cursor else ""
        headers = {"Authorization": f"Bearer {token}"}
        answer = _answer(port, "GET", f"{path}?limit={limit}{more}", headers=headers)
        yield answer
        page = _body(answer) if answer.startswith(b"200") else {}
        if not page.get("items") or not page.get("next_cursor"):
            return
        cursor = str(page["next_cursor"])


if __name__ == "__main__":
    sys.exit(main())
