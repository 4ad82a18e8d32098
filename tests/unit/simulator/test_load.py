"""What is loaded: files that the registry can read, the same bytes for the same plan, and no more than is known."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.access import covers
from services.registry.commands.import_rows import KEYS, NEEDED
from services.registry.schemas.imports import ROW_SHAPES, ImportKind
from simulator import kota_bogor as city
from simulator.load.files import (
    ROWS,
    contacts_files,
    hazards_files,
    officers_files,
    security_files,
    tps_files,
)
from simulator.plan.city import plan_city
from simulator.plan.model import ChoiceKind
from simulator.plan.region import plan_region

PLAN = plan_city(1)


def rows_of(files: Iterable[bytes], kind: ImportKind) -> list[dict[str, str]]:
    """Read files as the registry does: known columns, rows that fit, each thing once."""
    rows: list[dict[str, str]] = []
    for content in files:
        reader = csv.DictReader(io.StringIO(content.decode()))
        assert set(NEEDED[kind]) <= set(reader.fieldnames or ())
        part = list(reader)
        assert 0 < len(part) <= ROWS
        assert len(content) < 1_000_000
        rows += part
    for row in rows:
        ROW_SHAPES[kind].model_validate({name: text or None for name, text in row.items()})
    keys = [tuple(row[name] for name in KEYS[kind]) for row in rows]
    assert len(set(keys)) == len(keys)
    return rows


def test_the_tps_are_those_of_the_plan() -> None:
    rows = rows_of(tps_files(PLAN), ImportKind.TPS)
    assert [row["tps_code"] for row in rows] == [tps.code for tps in PLAN.tps]
    assert sum(int(row["dpt_men"]) for row in rows) == city.DPT_MEN
    assert sum(int(row["dpt_women"]) for row in rows) == city.DPT_WOMEN


def test_78_tps_are_prone_to_disaster_and_of_the_others_nothing_is_said() -> None:
    rows = rows_of(hazards_files(PLAN), ImportKind.RISKS)
    assert {row["risk_class"] for row in rows} == {"high"}
    assert Counter(row["tps_code"][:8] for row in rows) == city.HAZARD_TPS_PER_KECAMATAN


def test_the_police_class_every_tps_and_few_of_them_high() -> None:
    classes = Counter(row["risk_class"] for row in rows_of(security_files(PLAN), ImportKind.RISKS))
    assert sum(classes.values()) == 1_530
    assert 0 < classes["high"] < classes["medium"] < classes["low"]


def test_every_slot_of_every_roster_has_a_person_of_its_own() -> None:
    rows = rows_of(officers_files(PLAN), ImportKind.OFFICERS)
    assert Counter(row["duty"] for row in rows) == {"kpps": 7 * 1_530, "linmas": 2 * 1_530, "ptps": 1_530}
    assert len({row["person"] for row in rows}) == len(rows)
    assert all("Rekaan" in row["display_name"] for row in rows)


def test_hospitals_were_asked_in_time_for_their_patients() -> None:
    rows = rows_of(contacts_files(PLAN, ["b", "a"]), ImportKind.FACILITIES)
    assert [row["code"] for row in rows] == ["a", "b"]
    assert all(date.fromisoformat(row["contacted_on"]) < date(2024, 11, 20) for row in rows)
    assert list(contacts_files(PLAN, [])) == []


def test_the_same_plan_gives_the_same_bytes() -> None:
    for files in (tps_files, hazards_files, security_files, officers_files):
        assert list(files(plan_city(1, tps=40))) == list(files(plan_city(1, tps=40)))


@given(seed=st.integers(0, 1_000))
@settings(max_examples=3, deadline=None)
def test_in_surabaya_one_pair_stands_against_the_empty_column(seed: int) -> None:
    plan = plan_region("35.78", tps=5, seed=seed, election="e-1", voting_day=date(2024, 11, 27))
    governor, mayor = plan.contests
    assert {choice.kind for choice in governor.choices} == {ChoiceKind.PAIR}
    assert [choice.kind for choice in mayor.choices] == [ChoiceKind.PAIR, ChoiceKind.EMPTY_COLUMN]
    assert all(covers("35.78", tps.code) for tps in plan.tps)
    assert sum(plan.totals("walikota-35.78").votes.values()) == plan.totals("walikota-35.78").valid
