"""`python -m bench.voters`: a list of voters goes in, and a classifier guesses from the time of an answer what it was.

On a desk of its own with Kota Bogor's TPS. Every NIK begins with 99, so it is nobody's. Printed: rows per second, how much
the registry's memory grew at most, and the area under the curve of telling hits from misses by their times: 0.5 is a guess.
"""

import argparse
import http.client
import json
import os
import random
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from bench.desk import ELECTION, BenchDesk, bench_desk

REGION = "32.71"
ASKERS = 4
HEADER = "nik,name,sex,birth_date,tps_code,kind\n"
Voter = tuple[str, str]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.voters", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="voters of the list (50000)")
    parser.add_argument("--questions", type=int, default=4_000, help="look-ups, half of them hits (4000)")
    parser.add_argument("--port", type=int, default=27_000, help="first of ten free ports")
    asked = parser.parse_args()
    for name in ("PER_NIK", "PER_ADDRESS", "IN_ALL"):
        os.environ[f"DESK_VOTER_LOOKUPS_{name}"] = "1000000/minute"
    with bench_desk(asked.port) as desk:
        desk.start()
        _wait_until_loaded(desk)
        _measure_import(desk, asked.rows)
        _measure_times(desk, rows=asked.rows, questions=asked.questions)
    return 0


def _wait_until_loaded(desk: BenchDesk) -> None:
    deadline = time.monotonic() + 300
    while int(desk.sql("registry", "select count(*) from tps;")) < 1_530:
        if time.monotonic() > deadline:
            raise RuntimeError("the city was not loaded")
        time.sleep(0.5)
    desk.settle(patience_s=120)


def _measure_import(desk: BenchDesk, rows: int) -> None:
    codes = desk.sql("registry", "select code from tps order by code;").split()
    content = "".join([HEADER, *lines_of(rows, codes)]).encode()
    token = desk.token("operator", regions=[REGION])
    (pid,) = [each.pid for each in desk.folder.read_state().processes if each.name == "registry"]
    for what in ("taken in", "the same again"):
        before, most, began = _rss_mb(pid), 0.0, time.monotonic()
        told = _ask(desk, "POST", "?source=bench", content, token=token)
        while told["state"] not in {"done", "failed"}:
            time.sleep(0.05)
            most = max(most, _rss_mb(pid))
            told = _ask(desk, "GET", f"/{told['id']}", None, token=token)
        took = time.monotonic() - began
        counts = {name: told[name] for name in ("state", "created", "unchanged", "rejected", "with_findings")}
        print(
            f"{what}: {rows:,} rows, {len(content) / 1e6:.0f} MB, {took:.1f} s, {rows / took:,.0f} rows/s, "
            f"memory {before:.0f} MB and at most {most - before:.0f} more: {counts}"
        )


def _measure_times(desk: BenchDesk, *, rows: int, questions: int) -> None:
    chance = random.Random(7)
    shares = [_questions(chance, rows, questions // ASKERS) for _ in range(ASKERS)]
    port = desk.folder.port("registry")
    with ThreadPoolExecutor(ASKERS) as pool:
        timed = [pair for share in pool.map(partial(_times, port), shares) for pair in share]
    hits = sorted(took for hit, took in timed if hit)
    misses = sorted(took for hit, took in timed if not hit)
    print(
        f"look-ups: {len(hits):,} hits (median {hits[len(hits) // 2] * 1000:.2f} ms), {len(misses):,} misses "
        f"(median {misses[len(misses) // 2] * 1000:.2f} ms), area under the curve {_auc(hits, misses):.3f}"
    )


def _questions(chance: random.Random, rows: int, count: int) -> list[tuple[bool, Voter]]:
    """Return questions of which every other one is a hit; misses are unknown NIK, and known ones with another name."""
    asked: list[tuple[bool, Voter]] = []
    for n in range(count):
        nik, name = voter(chance.randrange(rows))[:2]
        if n % 2:
            other = voter(rows + chance.randrange(rows))[0]
            asked.append((False, (other, name) if n % 4 == 1 else (nik, f"{name[:-1]} x")))
        else:
            asked.append((True, (nik, name)))
    chance.shuffle(asked)
    return asked


def _times(port: int, asked: Sequence[tuple[bool, Voter]]) -> list[tuple[bool, float]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    path = f"/v1/elections/{ELECTION}/public/voters:lookup"
    found: list[tuple[bool, float]] = []
    for hit, (nik, name) in asked:
        body = json.dumps({"nik": nik, "name": name}).encode()
        began = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200 or (json.loads(content)["tps"] is not None) is not hit:
            raise RuntimeError(f"{answer.status}: not the answer that was expected")
        found.append((hit, took))
    return found


def _auc(hits: Sequence[float], misses: Sequence[float]) -> float:
    """Return the chance that a hit takes longer than a miss; ties count half (Mann and Whitney)."""
    ranked = sorted([(took, True) for took in hits] + [(took, False) for took in misses])
    ranks = sum(rank for rank, (_, hit) in enumerate(ranked, start=1) if hit)
    return (ranks - len(hits) * (len(hits) + 1) / 2) / (len(hits) * len(misses))


def voter(number: int) -> tuple[str, str, str, date]:
    """Return NIK, name, sex and birth date of somebody who is nobody."""
    born = date(1950, 1, 1) + timedelta(days=number % 20_000)
    woman = number % 2 == 0
    nik = f"99{number // 10_000:04}{born.day + (40 if woman else 0):02}{born:%m%y}{number % 10_000:04}"
    return nik, f"Pemilih Contoh {number} (gladi)", "P" if woman else "L", born


def lines_of(rows: int, codes: Sequence[str]) -> Iterator[str]:
    """Give the rows of a list, TPS by TPS, as lists are."""
    for number in range(rows):
        nik, name, sex, born = voter(number)
        yield f"{nik},{name},{sex},{born},{codes[number * len(codes) // rows]},dpt\n"


def _rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _ask(desk: BenchDesk, method: str, path: str, content: bytes | None, *, token: str) -> dict[str, object]:
    url = f"{desk.url('registry')}/v1/elections/{ELECTION}/voters/imports{path}"
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "text/csv",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    request = urllib.request.Request(url, data=content, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


if __name__ == "__main__":
    sys.exit(main())
