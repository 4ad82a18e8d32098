"""Rules of elections and contests: what fits together, and what may still change."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib import resources
from zoneinfo import ZoneInfo

from contracts.envelope import DESK_WIDE
from contracts.registry_events import Choice, ChoiceKind, ElectionSettings, Stage, WinningRule
from contracts.vocabulary import ancestors
from contracts.zones import WIB, zone_of
from services.registry.rules.regions import is_region
from services.registry.schemas.shapes import Misfit

NUMBERS = "numbers"
"""The stage in which the pairs get their numbers."""


def known_calendar(voting_date: date) -> list[Stage]:
    """Return the stages that are known for a voting date, none where there is no calendar for it.

    Source: D22 and D23, for 27 November 2024.
    """
    file = resources.files("services.registry").joinpath("data", f"stages_{voting_date.isoformat()}.csv")
    if not file.is_file():
        return []
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return [
        Stage.model_validate({**row, **{name: _words(row[name]) for name in ("opens", "closes")}})
        for row in rows
    ]


def _words(cell: str) -> list[str]:
    return [word for word in cell.split(";") if word]


def results_public_at(settings: ElectionSettings, *, voting_date: date, region_code: str | None) -> datetime:
    """Return the moment until which votes per choice are withheld, UTC.

    Example: 15:00 Asia/Jakarta of 27 November 2024 is 08:00 UTC.

    Source: D34.
    """
    asked = settings.results_public
    zone = asked.zone or (zone_of(region_code) if region_code else WIB)
    local = datetime.combine(voting_date, time.fromisoformat(asked.value), ZoneInfo(zone))
    return local.astimezone(ZoneInfo("UTC"))


def name_errors(election: str) -> list[Misfit]:
    """Return what is wrong with the id of an election: one stands for the whole desk in its events."""
    if election != DESK_WIDE:
        return []
    return [
        Misfit(
            "path:election",
            "id-reserved",
            "This id stands for the whole desk.",
            "Id ini dipakai untuk seluruh desk.",
        )
    ]


def election_errors(
    settings: ElectionSettings, stages: Sequence[Stage], *, region_code: str | None
) -> list[Misfit]:
    """Return what does not fit together in an election's definition."""
    errors: list[Misfit] = []
    if region_code is not None and not is_region(region_code):
        errors.append(
            Misfit(
                "/region_code",
                "region-unknown",
                "The list of regions has no such code.",
                "Daftar wilayah tidak memuat kode ini.",
            )
        )
    opens, walk_in, closes = (
        settings.voting_opens.value,
        settings.walk_in_opens.value,
        settings.voting_closes.value,
    )
    if not opens < closes:
        errors.append(
            Misfit(
                "/settings/voting_closes",
                "order",
                "Voting closes after it opens.",
                "Pemungutan suara ditutup setelah dibuka.",
            )
        )
    elif not opens <= walk_in <= closes:
        errors.append(
            Misfit(
                "/settings/walk_in_opens",
                "order",
                "It lies within the voting hours.",
                "Waktunya di dalam jam pemungutan suara.",
            )
        )
    seen: set[str] = set()
    for position, stage in enumerate(stages):
        if stage.ends_on < stage.starts_on:
            errors.append(
                Misfit(
                    f"/stages/{position}/ends_on",
                    "order",
                    "A stage ends no earlier than it starts.",
                    "Tahapan berakhir tidak sebelum dimulai.",
                )
            )
        if stage.id in seen:
            errors.append(
                Misfit(
                    f"/stages/{position}/id",
                    "duplicate",
                    "Each stage stands once.",
                    "Setiap tahapan tercantum satu kali.",
                )
            )
        seen.add(stage.id)
    return errors


@dataclass(frozen=True, slots=True)
class Office:
    """The office that a contest is for, and where people vote for it."""

    kind: str
    region_code: str


def office_of(contest: str) -> Office:
    """Return what a contest's id says. Example: `office_of("walikota-32.71").region_code == "32.71"`."""
    kind, _, region_code = contest.partition("-")
    return Office(kind, region_code)


def contest_errors(contest: str, choices: Sequence[Choice], rule: WinningRule) -> list[Misfit]:
    """Return what does not fit together in a contest's definition.

    Example: one pair alone needs the empty column beside it.

    Source: D38.
    """
    office = office_of(contest)
    errors: list[Misfit] = []
    level = len(ancestors(office.region_code))
    if level != (1 if office.kind == "gubernur" else 2) or not is_region(office.region_code):
        errors.append(
            Misfit(
                "path:contest",
                "region-unknown",
                "No region elects such an office.",
                "Tidak ada wilayah yang memilih jabatan itu.",
            )
        )
    numbers = [choice.number for choice in choices]
    if len(set(numbers)) != len(numbers):
        errors.append(
            Misfit(
                "/choices",
                "duplicate",
                "Each number stands once.",
                "Setiap nomor tercantum satu kali.",
            )
        )
    pairs = sum(choice.kind is ChoiceKind.PAIR for choice in choices)
    empty = len(choices) - pairs
    if (pairs, empty) != (1, 1) and (pairs < 2 or empty):
        errors.append(
            Misfit(
                "/choices",
                "choices",
                "Two pairs or more, or one pair and kolom_kosong.",
                "Dua pasangan atau lebih, atau satu pasangan dan kolom_kosong.",
            )
        )
    against_empty = rule is WinningRule.MORE_THAN_HALF_AGAINST_EMPTY
    if against_empty != (empty == 1):
        errors.append(
            Misfit(
                "/winning_rule",
                "choices",
                "more_than_half_against_empty goes with kolom_kosong alone.",
                "more_than_half_against_empty hanya untuk kolom_kosong.",
            )
        )
    return errors


def is_numbered(stages: Sequence[Stage], *, today: date) -> bool:
    """Say whether the pairs have their numbers: from then on choices change by a named decision only.

    Example: on 26 November 2024 the pairs of a Pilkada of 2024 had them, since 23 September.

    Source: D23.
    """
    return any(stage.id == NUMBERS and stage.ends_on < today for stage in stages)
