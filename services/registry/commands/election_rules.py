"""Commands that define the rules of an election that are data: each list whole, with its version."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from chassis.actor import Actor, require_whole
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.envelope import EventData
from contracts.registry_places_events import (
    CampaignRule,
    CampaignRulesDefined,
    GuardingPattern,
    GuardingRulesDefined,
)
from services.registry.commands.frame import judge, lock_names, refuse, status_of
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.schemas.stages import (
    CampaignRulesIn,
    CampaignRulesReceipt,
    GuardingRulesIn,
    GuardingRulesReceipt,
)
from services.registry.tables.frames import load_frame, parts_of

Kind = Literal["guarding", "campaign"]


async def define_guarding_rules(
    uow: UnitOfWork, command: GuardingRulesIn, *, actor: Actor, expected: int | None, origin: Origin
) -> Receipt:
    """Define the guarding patterns of an election.

    Emits:
        guarding_rules.defined, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        RegionNotCovered: the caller's regions do not cover the whole election.
        InvalidPayload: a class has two patterns.
        PreconditionRequired, PreconditionFailed: they are there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    require_whole(actor, frame.region_code)
    refuse(_twice([pattern.risk_class.value for pattern in command.patterns], "patterns", "risk_class"))
    patterns = [GuardingPattern.model_validate(pattern.model_dump()) for pattern in command.patterns]
    outcome, version = await _define(
        uow, "guarding", GuardingRulesDefined(patterns=patterns), expected=expected, origin=origin
    )
    out = GuardingRulesReceipt(election=origin.election, version=version, patterns=patterns, outcome=outcome)
    return _receipt(out, "guarding", version=version, outcome=outcome, origin=origin)


async def define_campaign_rules(
    uow: UnitOfWork, command: CampaignRulesIn, *, actor: Actor, expected: int | None, origin: Origin
) -> Receipt:
    """Define the campaign rules of an election.

    Emits:
        campaign_rules.defined, where something changed.

    Raises:
        ElectionUnknown: there is no such election.
        RegionNotCovered: the caller's regions do not cover the whole election.
        InvalidPayload: a rule stands twice, or names a stage that the election does not have.
        PreconditionRequired, PreconditionFailed: they are there in another version.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    require_whole(actor, frame.region_code)
    known = {stage.id for stage in frame.stages}
    misfits = _twice([rule.id for rule in command.rules], "rules", "id")
    for position, rule in enumerate(command.rules):
        if set(rule.stages) - known:
            misfits.append(
                Misfit(
                    f"rules/{position}/stages",
                    "stage-unknown",
                    "The election has no such stage.",
                    "Pemilihan ini tidak memuat tahapan itu.",
                )
            )
    refuse(misfits)
    rules = [CampaignRule.model_validate(rule.model_dump()) for rule in command.rules]
    outcome, version = await _define(
        uow, "campaign", CampaignRulesDefined(rules=rules), expected=expected, origin=origin
    )
    out = CampaignRulesReceipt(election=origin.election, version=version, rules=rules, outcome=outcome)
    return _receipt(out, "campaign", version=version, outcome=outcome, origin=origin)


def _twice(names: Sequence[str], member: str, field: str) -> list[Misfit]:
    return [
        Misfit(
            f"{member}/{position}/{field}",
            "duplicate",
            "Each stands once.",
            "Setiap butir tercantum satu kali.",
        )
        for position, name in enumerate(names)
        if name in names[:position]
    ]


async def _define(
    uow: UnitOfWork, kind: Kind, data: EventData, *, expected: int | None, origin: Origin
) -> tuple[Outcome, int]:
    facts: Mapping[str, object] = data.model_dump(mode="json")
    (items,) = facts.values()
    await lock_names(uow, [f"rules:{origin.election}:{kind}"])
    rows = await uow.fetch(
        "select * from election_rules where election = $1 and kind = $2", origin.election, kind
    )
    before = rows[0] if rows else None
    same = before is not None and parts_of(before["items"]) == items
    outcome = judge(before["version"] if before else None, expected=expected, same=same)
    version: int = (before["version"] if before else 0) + (outcome is not Outcome.UNCHANGED)
    if outcome is not Outcome.UNCHANGED:
        await uow.execute(
            """insert into election_rules (election, kind, version, items) values ($1, $2, $3, $4::jsonb)
               on conflict (election, kind) do update set version = excluded.version, items = excluded.items""",
            *(origin.election, kind, version, json.dumps(items)),
        )
        uow.emit(data, aggregate_id=origin.election, version=version, origin=origin)
    return outcome, version


def _receipt(
    out: GuardingRulesReceipt | CampaignRulesReceipt,
    kind: Kind,
    *,
    version: int,
    outcome: Outcome,
    origin: Origin,
) -> Receipt:
    return Receipt(
        out,
        location=f"/v1/elections/{origin.election}/{kind}-rules",
        aggregate=f"{kind}_rules/{origin.election}",
        version=version,
        status=status_of(outcome),
    )
