"""The files that are imported, as CSV: TPS, risks, officers. The same plan gives the same bytes.

Each is cut into parts that fit through every door.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from simulator.plan.model import Plan, TpsPlan
from simulator.timeline.people import GUARDS_PER_TPS, KPPS_PER_TPS

ASSESSED_ON = date(2024, 10, 31)
"""The hazard-prone TPS were published in October 2024, by the disaster agency."""

CLASSED_ON = date(2024, 11, 20)
"""Assumed: operations are planned in the week before."""

CONTACTED_DAYS_BEFORE = 10
"""Patients may be moved to the TPS of their hospital until a week before. Source: D12."""

RISK_COLUMNS = ("tps_code", "kind", "risk_class", "indicators", "as_of")
CLASSES, CLASS_WEIGHTS = ("low", "medium", "high"), (93, 6, 1)
HAZARDS = ("banjir", "longsor", "angin kencang", "genangan")
ROWS = 4_000
"""Rows of a part, about a third of a megabyte."""

ACCESSIBLE_RATIO = 0.96
TRAINED_RATIO = 0.97


def tps_files(plan: Plan) -> Iterator[bytes]:
    """Return the TPS with place, point and lists of voters; whether wheelchairs get in is drawn."""
    rng = random.Random(f"{plan.seed}:accessible")
    header = ("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women", "accessible")
    return _csv(header, (_tps_row(tps, rng) for tps in plan.tps))


def _tps_row(tps: TpsPlan, rng: random.Random) -> Sequence[object]:
    accessible = "ya" if rng.random() < ACCESSIBLE_RATIO else "tidak"
    return (tps.code, tps.place, tps.address, tps.lat, tps.lon, tps.dpt.men, tps.dpt.women, accessible)


def hazards_files(plan: Plan) -> Iterator[bytes]:
    """Return the TPS in places prone to disaster. Of the others nothing is said: unknown is not safe."""
    rng = random.Random(f"{plan.seed}:risks")
    rows = (
        (tps.code, "hazard", "high", rng.choice(HAZARDS), ASSESSED_ON.isoformat())
        for tps in plan.tps
        if tps.hazard
    )
    return _csv(RISK_COLUMNS, rows)


def security_files(plan: Plan) -> Iterator[bytes]:
    """Return the police's class of every TPS, which is drawn."""
    rng = random.Random(f"{plan.seed}:security")
    rows = (
        (
            tps.code,
            "security",
            rng.choices(CLASSES, weights=CLASS_WEIGHTS)[0],
            "rekaan",
            CLASSED_ON.isoformat(),
        )
        for tps in plan.tps
    )
    return _csv(RISK_COLUMNS, rows)


def contacts_files(plan: Plan, codes: Iterable[str]) -> Iterator[bytes]:
    """Return that the health office has got the patients' lists of facilities in time for their voters to be moved."""
    asked_on = plan.voting_day - timedelta(days=CONTACTED_DAYS_BEFORE)
    rows = ((code, "list_received", asked_on.isoformat(), asked_on.isoformat()) for code in sorted(codes))
    return _csv(("code", "contact_status", "contacted_on", "list_received_on"), rows)


def officers_files(plan: Plan) -> Iterator[bytes]:
    """Return crew, guards and supervisor of each TPS, sworn in: pseudonyms, and names that say that they are invented."""
    rng = random.Random(f"{plan.seed}:officers")
    header = ("tps_code", "duty", "slot", "person", "display_name", "trained", "status")
    return _csv(header, (row for tps in plan.tps for row in _roster(tps, rng)))


def _roster(tps: TpsPlan, rng: random.Random) -> Iterator[Sequence[object]]:
    slots = [("kpps", slot) for slot in range(1, KPPS_PER_TPS + 1)]
    slots += [("linmas", slot) for slot in range(1, GUARDS_PER_TPS + 1)]
    for duty, slot in (*slots, ("ptps", 1)):
        person = f"ptps-{tps.code}" if duty == "ptps" else f"{duty}-{tps.code}-{slot}"
        trained = "ya" if rng.random() < TRAINED_RATIO else "belum"
        yield (
            tps.code,
            duty,
            slot,
            person,
            f"Petugas Rekaan {duty.upper()} {slot} TPS {tps.number:03d}",
            trained,
            "dilantik",
        )


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    left = iter(rows)
    while part := list(islice(left, ROWS)):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(part)
        yield text.getvalue().encode()
