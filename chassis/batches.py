"""Items of a batch that are judged one by one: what does not fit its shape is told in its place, and the others go in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar, cast, get_args
from uuid import UUID

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from chassis.field_errors import field_error
from chassis.personal_numbers import in_key
from chassis.problems import InvalidPayload

T = TypeVar("T")


class Blind:
    """Base of a payload that nobody may see before a second person has made it too: only its fingerprint is ever kept."""


MOST_ERRORS: Final = 20
"""Places that one item is told of; a batch has five hundred."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """An item that does not have the shape that its route asks for.

    Attributes:
        id: as the device made it; None where none can be read, or what is read holds a NIK.
        found: what pydantic found, places within the item; without what was sent.
        sent: what was sent, never to be repeated.
    """

    id: UUID | None
    found: tuple[Mapping[str, object], ...]
    sent: object = field(default=None, repr=False)

    def problem(self, *where: str | int) -> InvalidPayload:
        """Return what is wrong with the item.

        Args:
            where: place of the item in the body, before the places within it.
        """
        errors = [
            field_error({**each, "loc": ("body", *where, *cast(tuple[str | int, ...], each["loc"]))})
            for each in self.found[:MOST_ERRORS]
        ]
        return InvalidPayload(
            f"{len(self.found)} place(s) of the item are not as they should be.",
            detail_id=f"{len(self.found)} bagian butir ini tidak sesuai.",
            errors=errors,
        )


class _JudgedAlone:
    """Turns an item that does not fit into a `Misfit`; in the API's description it stays the item."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        item = handler.generate_schema(get_args(source)[0])
        return core_schema.no_info_wrap_validator_function(_fitted, item)


def _fitted(sent: object, fit: core_schema.ValidatorFunctionWrapHandler) -> object:
    try:
        return fit(sent)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return Misfit(_id_of(sent), tuple(cast(list[dict[str, Any]], found)), sent)


def _id_of(sent: object) -> UUID | None:
    told = cast(dict[str, object], sent).get("id") if isinstance(sent, dict) else None
    try:
        found = UUID(told) if isinstance(told, str) and len(told) <= 45 else None
    except ValueError:
        return None
    return None if found is not None and in_key(str(found)) else found


JudgedAlone = Annotated[T | Misfit, _JudgedAlone()]
"""`list[JudgedAlone[BatchScanIn]]`: items of that model, and in the place of each that does not fit it a `Misfit`."""
