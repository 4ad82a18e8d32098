"""Commands on the risks of TPS; written for many, so that an import is the same as one PUT."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis.actor import Actor, region_not_covered
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import RiskClass, RiskKind, TpsRiskAssessed
from services.registry.commands.frame import status_of
from services.registry.commands.keepers import keeper_of
from services.registry.commands.tps import locked_tps
from services.registry.errors import AssessmentOlder
from services.registry.rules.keeping import Keeper
from services.registry.schemas.risks import RiskIn, RiskReceipt
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import TpsState, load_frame


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found of one kind of risk at a TPS."""

    tps: TpsState
    kind: RiskKind
    risk_class: RiskClass | None
    indicators: tuple[str, ...]
    source: str
    as_of: date

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is about: TPS and kind."""
        return self.tps.tps_id.hex, self.kind.value


@dataclass(frozen=True, slots=True)
class Assessed:
    """What became of an assessment: refused where a newer one is known, or another agency keeps the risk."""

    outcome: Outcome | None
    version: int
    recorded_at: datetime
    kept_elsewhere: bool = False


_WRITE = """
insert into tps_risk (tps_id, kind, version, risk_class, indicators, source, as_of, kept_by, recorded_at)
select tps_id, kind, version, risk_class, string_to_array(indicators, chr(31)), source, as_of, kept_by, $9
from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::date[], $8::text[])
     u(tps_id, kind, version, risk_class, indicators, source, as_of, kept_by)
on conflict (tps_id, kind) do update set version = excluded.version, risk_class = excluded.risk_class,
    indicators = excluded.indicators, source = excluded.source, as_of = excluded.as_of,
    kept_by = excluded.kept_by, recorded_at = excluded.recorded_at
"""


async def assess_risks(
    uow: UnitOfWork,
    assessments: Sequence[Assessment],
    *,
    keeper: Keeper,
    dry_run: bool = False,
    origin: Origin,
) -> list[Assessed]:
    """Record assessments of different risks, each TPS's row being held.

    One is refused that is older than what is known, or of a risk that another agency keeps.

    Returns:
        one result per assessment, in their order.

    Emits:
        tps_risk.assessed, one for each that changed something.
    """
    rows = await uow.fetch(
        "select * from tps_risk where tps_id = any($1::uuid[])", list({a.tps.tps_id for a in assessments})
    )
    standing = {(row["tps_id"].hex, row["kind"]): row for row in rows}
    results: list[Assessed] = []
    writes: list[tuple[object, ...]] = []
    for each in assessments:
        before = standing.get(each.key)
        version = (before["version"] if before else 0) + 1
        kept_by = before["kept_by"] if before else None
        if before is not None and not keeper.may_change(kept_by):
            results.append(Assessed(None, before["version"], before["recorded_at"], kept_elsewhere=True))
            continue
        if before is not None and each.as_of < before["as_of"]:
            results.append(Assessed(None, before["version"], before["recorded_at"]))
            continue
        facts = (
            each.risk_class.value if each.risk_class else None,
            list(each.indicators),
            each.source,
            each.as_of,
        )
        if before is not None and facts == tuple(
            before[n] for n in ("risk_class", "indicators", "source", "as_of")
        ):
            results.append(Assessed(Outcome.UNCHANGED, before["version"], before["recorded_at"]))
            continue
        outcome = Outcome.CHANGED if before else Outcome.CREATED
        results.append(Assessed(outcome, version, origin.now))
        writes.append(
            (
                *(each.tps.tps_id, each.kind.value, version, facts[0], "\x1f".join(each.indicators)),
                *(*facts[2:], keeper.keeps(kept_by)),
            )
        )
        if not dry_run:
            _emit(uow, each, version=version, origin=origin)
    if writes and not dry_run:
        await uow.execute(_WRITE, *(list(column) for column in zip(*writes, strict=True)), origin.now)
    return results


def _emit(uow: UnitOfWork, assessment: Assessment, *, version: int, origin: Origin) -> None:
    tps = assessment.tps
    uow.emit(
        TpsRiskAssessed(
            tps_id=tps.tps_id,
            tps_code=tps.code,
            kind=assessment.kind,
            risk_class=assessment.risk_class,
            indicators=list(assessment.indicators),
            source=assessment.source,
            as_of=assessment.as_of,
        ),
        aggregate_id=f"{tps.tps_id}:{assessment.kind}",
        version=version,
        origin=origin,
        tps_id=tps.tps_id,
    )


async def assess_risk(
    uow: UnitOfWork,
    code: str,
    kind: RiskKind,
    command: RiskIn,
    *,
    actor: Actor,
    expected: int | None,
    origin: Origin,
) -> Receipt:
    """Record what was found of one kind of risk at a TPS, or take it back (class null).

    Emits:
        tps_risk.assessed, where something changed.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
        RegionNotCovered: another agency keeps what is known of it.
        PreconditionFailed: it is there in another version than the caller named, where they named one.
        AssessmentOlder: a newer one is known.
    """
    await load_frame(uow, origin.election, lock="for share")
    tps = await locked_tps(uow, code, origin=origin)
    assessment = Assessment(
        tps, kind, command.risk_class, tuple(command.indicators), command.source, command.as_of
    )
    (done,) = await assess_risks(uow, [assessment], keeper=await keeper_of(uow, actor), origin=origin)
    if done.kept_elsewhere:
        raise region_not_covered()
    if done.outcome is None:
        raise older("read the risks of the TPS")
    if done.outcome is not Outcome.UNCHANGED:
        check_version(expected, done.version - 1)
    out = RiskReceipt(
        tps_code=tps.code,
        kind=kind,
        version=done.version,
        risk_class=command.risk_class,
        indicators=command.indicators,
        source=command.source,
        as_of=command.as_of,
        recorded_at=done.recorded_at,
        outcome=done.outcome,
    )
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/tps/{tps.code}/risks",
        aggregate=f"tps_risk/{tps.tps_id}:{kind}",
        version=done.version,
        status=status_of(done.outcome),
    )


def older(way_out: str) -> AssessmentOlder:
    """Return the refusal of what is older than what is known, with the way out."""
    return AssessmentOlder(
        "A newer assessment is known; send the day of yours if it is newer.",
        detail_id="Penilaian yang lebih baru sudah ada; kirim tanggal penilaian Anda jika lebih baru.",
        current_state="a newer one is known",
        allowed=[way_out, "send one that is newer"],
    )
