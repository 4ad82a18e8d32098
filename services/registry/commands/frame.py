"""What the registry's commands do alike: locks by name, the judgement of a precondition, refusals of a payload."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlmodel import col, select

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.problems import FieldError, InvalidPayload, PreconditionFailed, PreconditionRequired
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.tables.definitions import Facility
from services.registry.tables.people import Training
from services.registry.tables.places import Outreach

Coded = TypeVar("Coded", Facility, Outreach, Training)
"""What has a code that is one in the whole election."""


async def lock_names(uow: UnitOfWork, names: Iterable[str]) -> None:
    """Hold locks by name to the end of the transaction, taken in one order; for things that may not exist yet.

    Emits:
        nothing
    """
    await uow.execute(
        """select pg_advisory_xact_lock(k) from (
               select distinct hashtextextended(n, 0) as k from unnest($1::text[]) n order by k
           ) keys""",
        sorted(set(names)),
    )


async def locked_by_code(
    uow: UnitOfWork, kind: type[Coded], election: str, codes: Sequence[str], *, name: str
) -> Mapping[str, Coded]:
    """Return things by code and hold them, those that do not exist yet too, wherever they are: the caller judges whose.

    Args:
        name: what the locks of the kind are called.

    Emits:
        nothing
    """
    await lock_names(uow, [f"{name}:{election}:{code}" for code in codes])
    async with uow.beyond_regions():
        rows = await uow.session.exec(
            select(kind)
            .where(kind.election == election, col(kind.code).in_(codes))
            .order_by(col(kind.id))
            .with_for_update()
        )
        return {row.code: row for row in rows}


def judge(before: int | None, *, expected: int | None, same: bool) -> Outcome:
    """Return what a definition comes to; the same facts again change nothing, whatever version they name.

    Args:
        before: the version that is there, None where the thing is new.
        expected: the version that the caller names.
        same: whether the thing already is as it is to be.

    Raises:
        PreconditionRequired: it is there, and the caller named no version.
        PreconditionFailed: the caller named another version, or one of a thing that is not there.
    """
    if before is None:
        if expected is not None:
            raise PreconditionFailed(
                "There is nothing to change yet.", detail_id="Belum ada yang dapat diubah."
            )
        return Outcome.CREATED
    if same:
        return Outcome.UNCHANGED
    if expected is None:
        raise PreconditionRequired(
            "It is there already: send If-Match with the ETag of the version that you read.",
            detail_id="Data sudah ada: kirimkan If-Match dengan ETag versi yang Anda baca.",
        )
    check_version(expected, before)
    return Outcome.CHANGED


def refuse(misfits: Sequence[Misfit]) -> None:
    """Refuse a payload that does not fit together.

    Raises:
        InvalidPayload: there is something that does not fit.
    """
    if misfits:
        errors = [
            FieldError(
                each.pointer if each.pointer.startswith(("/", "path:")) else f"/{each.pointer}",
                each.code,
                each.detail,
                each.detail_id,
            )
            for each in misfits
        ]
        raise InvalidPayload(
            f"{len(errors)} place(s) of the request do not fit.",
            detail_id=f"{len(errors)} bagian permintaan tidak sesuai.",
            errors=errors,
        )


def status_of(outcome: Outcome) -> int:
    """Return the HTTP status of an outcome: 201 for what is new, else 200."""
    return 201 if outcome is Outcome.CREATED else 200
