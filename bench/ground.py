"""What a desk of the bench is for: a city, a province or the nation, with as many TPS as each has.

Kota Bogor is loaded by the simulator. The other two have their real kelurahan and as many TPS as they had in 2024, dealt out
evenly; lists of voters are drawn, and every contest has two pairs that say so. Source of the numbers: KPU, 2024.
"""

import csv
import io
import json
import random
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lokal import wilayah

from bench.desk import ELECTION, BenchDesk
from contracts.access import NATION
from contracts.offices import contests_over

ROWS = 25_000
"""TPS in one file of an import."""
VOTING_DATE = "2024-11-27"


@dataclass(frozen=True, slots=True)
class Ground:
    """A region with its TPS.

    Attributes:
        region: its code; `*` for the nation.
        tps: how many TPS it has.
    """

    name: str
    region: str
    tps: int


GROUNDS: Mapping[str, Ground] = {
    ground.name: ground
    for ground in (
        Ground("city", "32.71", 1_530),
        Ground("province", "35", 60_751),
        Ground("nation", NATION, 435_296),
    )
}


def prepare(desk: BenchDesk, ground: Ground) -> float:
    """Start a desk, load its region, and return TPS per second from the first row of the import until every service knows all.

    Raises:
        RuntimeError: it did not start, a row was refused, or somebody does not know the region after a quarter of an hour.
    """
    city = ground.name == "city"
    if not city:
        where = (
            "35" if ground.region == NATION else ground.region
        )  # a folder's desk has a region; the election tells more
        desk.run("init", "--region", where, "--election", ELECTION, "--rehearsal")
    desk.start()
    began = time.monotonic() if city else _load(desk, ground)
    _wait_until_known(desk, ground)
    return ground.tps / (time.monotonic() - began)


def _wait_until_known(desk: BenchDesk, ground: Ground) -> None:
    """Wait until logistics and turnout know every TPS, and the gateway has caught up with all that followed."""
    deadline = time.monotonic() + 900
    counts = {"turnout": "select count(*) from voting_day;", "logistics": "select count(*) from tps_supply;"}
    for owner, count in counts.items():
        while int(desk.sql(owner, count)) < ground.tps:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{owner} does not know every TPS of the {ground.name}")
            time.sleep(0.5)
    desk.settle(patience_s=deadline - time.monotonic())


def _load(desk: BenchDesk, ground: Ground) -> float:
    """Define the election and its contests, import the TPS, and return when the import began.

    Raises:
        RuntimeError: a row was refused, or the import failed.
    """
    token = desk.token("admin", regions=[NATION])
    kelurahan = _kelurahan(ground.region)
    election: dict[str, object] = {"name": f"Bench {ground.name} (gladi)", "voting_date": VOTING_DATE}
    _ask(
        desk,
        "PUT",
        "",
        {**election, "region_code": None if ground.region == NATION else ground.region},
        token=token,
    )
    for contest in contests_over({code[:5] for code in kelurahan}):
        pairs = [{"number": n, "name": f"Pasangan Contoh {n} (gladi)"} for n in (1, 2)]
        body: dict[str, object] = {"name": contest, "choices": pairs, "winning_rule": "most_votes"}
        _ask(desk, "PUT", f"/contests/{contest}", {**body, "winning_rule_source": "D38"}, token=token)
    began = time.monotonic()
    for part in _files(kelurahan, ground.tps):
        _take_in(desk, part, token=token)
    return began


def _kelurahan(region: str) -> Sequence[str]:
    codes = [one.code for one in wilayah.list_wilayah(None if region == NATION else region)]
    while codes[0].count(".") < 3:
        codes = [child.code for code in codes for child in wilayah.list_wilayah(code)]
    return sorted(codes)


def _files(kelurahan: Sequence[str], tps: int) -> Iterator[bytes]:
    chance = random.Random(tps)
    rows = [
        (
            f"{code}.{number:03}",
            f"Tempat Contoh {number}",
            "Jl. Contoh",
            *_point(chance),
            *_voters(chance),
            "ya",
        )
        for at, code in enumerate(kelurahan)
        for number in range(1, tps * (at + 1) // len(kelurahan) - tps * at // len(kelurahan) + 1)
    ]
    for start in range(0, len(rows), ROWS):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women", "accessible"))
        writer.writerows(rows[start : start + ROWS])
        yield text.getvalue().encode()


def _point(chance: random.Random) -> tuple[str, str]:
    return f"{chance.uniform(-8, -7):.5f}", f"{chance.uniform(111, 114):.5f}"


def _voters(chance: random.Random) -> tuple[int, int]:
    return chance.randrange(150, 300), chance.randrange(150, 300)


def _take_in(desk: BenchDesk, content: bytes, *, token: str) -> None:
    told = _ask(desk, "POST", "/imports?kind=tps&source=bench", content, token=token)
    while told["state"] not in {"done", "failed"}:
        time.sleep(0.1)
        told = _ask(desk, "GET", f"/imports/{told['id']}", None, token=token)
    if told["state"] == "failed" or told["rejected"]:
        rows = _ask(desk, "GET", f"/imports/{told['id']}/rows?status=rejected&limit=3", None, token=token)
        raise RuntimeError(f"an import of the bench was not taken: {told}: {rows['items']}")


def _ask(
    desk: BenchDesk, method: str, path: str, body: Mapping[str, object] | bytes | None, *, token: str
) -> dict[str, object]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        f"{desk.url('registry')}/v1/elections/{ELECTION}{path}", data=raw, method=method
    )
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "text/csv" if isinstance(body, bytes) else "application/json")
    if raw is not None:
        request.add_header("Idempotency-Key", str(uuid.uuid4()))
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())
