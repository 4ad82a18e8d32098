"""TPS whose codes changed: each code means one TPS, whatever the order in which the registry's events come."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.database import Row, UnitOfWork
from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.registry_events import TpsRegistered
from services.turnout.consumers import know_tps
from tests.harness import ELECTION, RunningService, bearer, soon
from tests.services.hearing import told_of
from tests.services.turnout.paper import (
    GOVERNOR,
    MAYOR,
    enter,
    entry,
    form_path,
    look,
    registered,
    tps,
)

pytestmark = pytest.mark.anyio
BEGIN = datetime(2024, 11, 2, tzinfo=UTC)


def named(number: int, code: int, *, former: Sequence[int] = ()) -> TpsRegistered:
    """The TPS that began as `number`, with another code."""
    change = {"tps_code": tps(code), "former_codes": [tps(each) for each in former]}
    return registered(number).model_copy(update=change)


async def tell(desk: RunningService, facts: TpsRegistered, *, hour: int = 0) -> None:
    at = BEGIN + timedelta(hours=hour)
    async with desk.app.state.database.transaction(EVERYWHERE) as uow:
        await know_tps(uow, [told_of(facts, at=at)])


async def reported(desk: RunningService, code: int, slot: str = "10:00") -> dict[str, object]:
    """Report turnout of a code and return the answer, with the id of the TPS that it was kept of."""
    body = {"slot": slot, "men": code, "women": 0, "occurred_at": soon()}
    path = f"/v1/elections/{ELECTION}/tps/{tps(code)}/turnout-reports"
    answer = await desk.client.post(path, json=body, headers=bearer(Role.KPPS, regions=[tps(code)]))
    assert answer.status_code in {200, 201}, answer.text
    rows = await desk.sql("select tps_id from turnout_report where slot = $1 and men = $2", slot, code)
    return {**answer.json(), "tps_ids": [row["tps_id"] for row in rows]}


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1)])
async def test_two_tps_may_change_places(desk: RunningService, order: tuple[int, ...]) -> None:
    first = 200 + order.index(2) * 10
    one, two, aside = first, first + 1, first + 2
    for number in (one, two):
        await tell(desk, registered(number))
    told = [(named(one, aside), 1), (named(one, two), 3), (named(two, one), 2)]
    for n in order:
        await tell(desk, told[n][0], hour=told[n][1])
    assert (await reported(desk, one))["tps_ids"] == [registered(two).tps_id]
    assert (await reported(desk, two))["tps_ids"] == [registered(one).tps_id]


@pytest.mark.parametrize("second_first", [False, True])
async def test_a_code_that_was_left_is_taken(desk: RunningService, second_first: bool) -> None:
    first = 240 + second_first * 10
    one, two, aside = first, first + 1, first + 2
    for number in (one, two):
        await tell(desk, registered(number))
    told = [(named(one, aside), 1), (named(two, one), 2)]
    for facts, hour in reversed(told) if second_first else told:
        await tell(desk, facts, hour=hour)
    assert (await reported(desk, one))["tps_ids"] == [registered(two).tps_id]
    assert (await reported(desk, aside))["tps_ids"] == [registered(one).tps_id]


async def test_while_two_seem_to_have_a_code_the_one_told_of_last_has_it(desk: RunningService) -> None:
    one, two = 260, 261
    for number in (one, two):
        await tell(desk, registered(number))
    await tell(desk, named(two, one), hour=2)
    successor: UUID = registered(two).tps_id
    assert (await reported(desk, one))["tps_ids"] == [successor]
    milestone = {"milestone": "opened", "occurred_at": soon()}
    path = f"/v1/elections/{ELECTION}/tps/{tps(one)}"
    answer = await desk.client.post(f"{path}/milestones", json=milestone, headers=bearer(Role.KPPS))
    assert answer.status_code == 201, answer.text
    assert (await enter(desk, form_path(one), "ani")).status_code == 201
    rows = await desk.sql(
        """select d.tps_id, d.milestone, count(*) filter (where y.state = 'first_entered') as entered
           from voting_day d join tally y using (tps_id) where tps_id = any($1::uuid[]) group by 1, 2""",
        [registered(one).tps_id, successor],
    )
    assert {row["tps_id"]: (row["milestone"], row["entered"]) for row in rows} == {
        registered(one).tps_id: (None, 0),
        successor: ("opened", 1),
    }
    assert (await look(desk, form_path(one)))["state"] == "first_entered"
    assert (await look(desk, f"{path}/voting-day"))["milestone"] == "opened"


async def renumbered(desk: RunningService, number: int, *, now: int, former: Sequence[int]) -> UUID:
    """Let a TPS have another code, and return its id."""
    await tell(desk, registered(number))
    await tell(desk, named(number, now, former=former), hour=1)
    return registered(number).tps_id


async def test_a_report_to_a_former_code_is_the_tpss(desk: RunningService) -> None:
    tps_id = await renumbered(desk, 270, now=271, former=[270])
    answer = await reported(desk, 270)
    assert (answer["tps_code"], answer["tps_ids"], answer["outcome"]) == (tps(271), [tps_id], "created")
    told = await desk.sql("select aggregate from outbox where body like $1", f"%{tps(271)}%")
    assert [row["aggregate"] for row in told] == [f"voting_day/{tps_id}"]
    assert not await desk.sql("select from outbox where body like $1", f"%{tps(270)}%")


async def test_both_codes_of_a_tps_in_one_batch(desk: RunningService) -> None:
    tps_id = await renumbered(desk, 274, now=275, former=[274])
    items = [
        {
            "id": str(uuid4()),
            "tps_code": tps(code),
            "slot": slot,
            "men": men,
            "women": 0,
            "occurred_at": soon(),
        }
        for code, slot, men in ((274, "08:00", 3), (275, "09:00", 5), (274, "09:00", 5), (275, "08:00", 4))
    ]
    answer = await desk.client.post(
        f"/v1/elections/{ELECTION}/turnout-reports:batch",
        json={"items": items},
        headers=bearer(Role.KPPS, regions=["32.71"]),
    )
    told = [item["answer"] for item in answer.json()["items"]]
    assert {one["tps_code"] for one in told} == {tps(275)}
    assert sorted(one["outcome"] for one in told) == ["corrected", "created", "created", "unchanged"]
    rows = await desk.sql("select slot, men from turnout_report where tps_id = $1 order by slot", tps_id)
    assert [(row["slot"], row["men"]) for row in rows] == [("08:00", 4), ("09:00", 5)]
    ledger = await desk.sql(
        "select version from outbox where aggregate = $1 order by seq", f"voting_day/{tps_id}"
    )
    assert [row["version"] for row in ledger] == [1, 2, 3]


async def test_milestones_and_forms_of_a_former_code(desk: RunningService) -> None:
    tps_id = await renumbered(desk, 280, now=282, former=[280, 281])
    path = f"/v1/elections/{ELECTION}/tps/{tps(280)}"
    milestone = {"milestone": "opened", "occurred_at": soon()}
    answer = await desk.client.post(
        f"{path}/milestones", json=milestone, headers=bearer(Role.KPPS, regions=[tps(280)])
    )
    assert (answer.status_code, answer.json()["tps_code"]) == (201, tps(282)), answer.text
    assert answer.headers["Location"].endswith(f"{tps(282)}/voting-day")
    first = await enter(desk, form_path(281), "ani")
    assert (first.status_code, first.json()["tps_code"], first.json()["slot"]) == (201, tps(282), 1)
    second = await enter(desk, form_path(280), "budi")
    assert (second.json()["slot"], second.json()["state"]) == (2, "verified")
    assert (await look(desk, form_path(282)))["state"] == "verified"
    rows = await desk.sql("select distinct partition_key from outbox where body like $1", f"%{tps(282)}%")
    assert [row["partition_key"] for row in rows] == [str(tps_id)]
    for old, new in ((f"{path}/voting-day", "voting-day"), (form_path(280), f"forms/{MAYOR}")):
        shown = await desk.client.get(old, headers=bearer(Role.ADJUDICATOR, regions=["32.71"]))
        assert shown.json()["tps_code"] == tps(282)
        assert shown.headers["Content-Location"].endswith(f"{tps(282)}/{new}")


async def test_who_has_a_code_goes_before_who_had_it(desk: RunningService) -> None:
    before = await renumbered(desk, 290, now=291, former=[290])
    assert (await reported(desk, 290, "08:00"))["tps_ids"] == [before]
    await tell(desk, named(292, 290, former=[292]), hour=2)
    assert (await reported(desk, 290, "09:00"))["tps_ids"] == [registered(292).tps_id]
    gone = named(292, 290, former=[292]).model_copy(update={"contests": [GOVERNOR]})
    await tell(desk, gone, hour=3)
    answer = await enter(desk, form_path(290), "ani")
    assert answer.json()["code"] in {"form-unknown", "not-caught-up"}


async def test_of_two_that_had_a_code_the_last_has_it(desk: RunningService) -> None:
    await renumbered(desk, 295, now=297, former=[294, 295, 296])
    last = await renumbered(desk, 298, now=299, former=[298, 294])
    assert (await reported(desk, 294))["tps_ids"] == [last]


async def test_only_codes_that_were_not_found_cost_a_statement_more(
    desk: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = UnitOfWork.fetch

    async def counting(uow: UnitOfWork, query: str, *args: object) -> list[Row]:
        asked.append(query)
        return await fetch(uow, query, *args)

    await renumbered(desk, 300, now=301, former=[300])
    monkeypatch.setattr(UnitOfWork, "fetch", counting)
    counts: list[int] = []
    for code in (301, 300):
        asked.clear()
        await reported(desk, code, "11:00")
        counts.append(sum("former_codes" in query or "voting_day" in query for query in asked))
    assert counts == [1, 2]


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        ("2024-11-27T10:02:00+07:00", True),  # a day before the code was taken: the one before is meant
        ("2024-12-04T10:02:00+07:00", True),
        ("2024-12-05T12:00:00+07:00", False),  # seven days after it
    ],
)
async def test_a_code_that_had_by_another_is_told(desk: RunningService, said: str, moved: bool) -> None:
    number = 310 + 3 * ["27T", "04T", "05T"].index(said[8:11])
    code, aside, taker = number, number + 1, number + 2
    taken = datetime(2024, 11, 28, 3, tzinfo=UTC)
    votes = date(2024, 12, 1) if said > "2024-12" else date(2024, 11, 27)
    for each, hour in ((registered(number), 0), (registered(taker), 0)):
        await tell(desk, each.model_copy(update={"voting_date": votes}), hour=hour)
    hours = int((taken - BEGIN).total_seconds() // 3600)
    for facts, hour in (
        (named(number, aside, former=[code]), hours - 1),
        (named(taker, code, former=[taker]), hours),
    ):
        await tell(desk, facts.model_copy(update={"voting_date": date.fromisoformat(said[:10])}), hour=hour)
    path, headers = f"/v1/elections/{ELECTION}/tps/{tps(code)}", bearer(Role.KPPS, regions=[tps(code)])
    body = {"slot": "10:00", "men": 5, "women": 5, "occurred_at": said}
    report = await desk.client.post(f"{path}/turnout-reports", json=body, headers=headers)
    expected = ["W-CODE-MOVED"] if moved else []
    assert (report.status_code, report.json()["findings"]) == (201, expected), report.text
    milestone = {"milestone": "opened", "occurred_at": said}
    answer = await desk.client.post(f"{path}/milestones", json=milestone, headers=bearer(Role.KPPS))
    assert answer.json()["findings"] == expected
    entered = await enter(desk, form_path(code), "ani", entry(occurred_at=said))
    found = {each["code"]: each["expected"] for each in entered.json()["findings"]}
    assert ("W-CODE-MOVED" in found) is moved
    assert found.get("W-CODE-MOVED", taken.isoformat()) == taken.isoformat()
    rows = await desk.sql(
        "select tps_id, findings from turnout_report where tps_id = $1", registered(taker).tps_id
    )
    assert [row["findings"] for row in rows] == [expected]
    told = await desk.sql(
        "select body from outbox where aggregate = $1", f"voting_day/{registered(taker).tps_id}"
    )
    assert all(("W-CODE-MOVED" in str(row["body"])) is moved for row in told)
    assert (await look(desk, f"{path}/voting-day"))["code_since"] == "2024-11-28T03:00:00Z"
    assert (await look(desk, f"{path.replace(tps(code), tps(aside))}/voting-day"))["code_since"] is None


async def test_a_code_is_had_since_it_was_taken_and_not_since_it_was_told_of_last(
    desk: RunningService,
) -> None:
    facts = named(320, 321, former=[320])
    await tell(desk, registered(320))
    await tell(desk, facts, hour=5)
    await tell(desk, facts.model_copy(update={"place": "SDN 2"}), hour=9)
    (row,) = await desk.sql("select told_at, code_since from tps_ref where tps_id = $1", facts.tps_id)
    assert (row["told_at"], row["code_since"]) == (BEGIN + timedelta(hours=9), BEGIN + timedelta(hours=5))
