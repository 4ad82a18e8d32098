"""What pydantic finds wrong with a request, told in two languages, without a value or a name that the caller made up.

pydantic's own sentences are English. The common kinds have one in Indonesian here; the others share one that says the
least, beside the code that says the most.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from chassis.masking import mask_text, plain_name
from chassis.problems import FieldError

_INDONESIAN: Final[Mapping[str, str]] = {
    "missing": "Isian ini wajib ada.",
    "extra_forbidden": "Isian ini tidak dikenal.",
    "string_type": "Harus berupa teks.",
    "string_too_short": "Paling sedikit {min_length} karakter.",
    "string_too_long": "Paling banyak {max_length} karakter.",
    "string_pattern_mismatch": "Bentuk teks ini tidak sesuai.",
    "int_type": "Harus berupa bilangan bulat.",
    "int_parsing": "Harus berupa bilangan bulat.",
    "int_parsing_size": "Bilangan ini terlalu besar.",
    "int_from_float": "Harus berupa bilangan bulat.",
    "float_type": "Harus berupa bilangan.",
    "float_parsing": "Harus berupa bilangan.",
    "finite_number": "Harus berupa bilangan terhingga.",
    "greater_than": "Harus lebih dari {gt}.",
    "greater_than_equal": "Paling kecil {ge}.",
    "less_than": "Harus kurang dari {lt}.",
    "less_than_equal": "Paling besar {le}.",
    "bool_type": "Harus true atau false.",
    "bool_parsing": "Harus true atau false.",
    "enum": "Pilihan yang berlaku: {expected}.",
    "literal_error": "Pilihan yang berlaku: {expected}.",
    "uuid_type": "Harus berupa UUID.",
    "uuid_parsing": "Harus berupa UUID.",
    "datetime_type": "Harus berupa waktu, misalnya 2024-11-27T07:00:00+07:00.",
    "datetime_parsing": "Harus berupa waktu, misalnya 2024-11-27T07:00:00+07:00.",
    "datetime_from_date_parsing": "Harus berupa waktu, misalnya 2024-11-27T07:00:00+07:00.",
    "timezone_aware": "Waktu harus menyebut selisih zonanya, misalnya +07:00.",
    "date_type": "Harus berupa tanggal, misalnya 2024-11-27.",
    "date_parsing": "Harus berupa tanggal, misalnya 2024-11-27.",
    "date_from_datetime_parsing": "Harus berupa tanggal, misalnya 2024-11-27.",
    "date_from_datetime_inexact": "Harus berupa tanggal, misalnya 2024-11-27.",
    "list_type": "Harus berupa daftar.",
    "too_short": "Paling sedikit {min_length} butir.",
    "too_long": "Paling banyak {max_length} butir.",
    "dict_type": "Harus berupa objek.",
    "mapping_type": "Harus berupa objek.",
    "model_type": "Harus berupa objek.",
    "model_attributes_type": "Harus berupa objek.",
    "union_tag_invalid": "Penanda ini tidak dikenal.",
}
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_OF_ANY_OTHER: Final = "Isian ini tidak sesuai ketentuan."

_OUR_ENGLISH: Final[Mapping[str, str]] = {
    "extra_forbidden": "This field is not known here.",
    "union_tag_invalid": "The tag is not one of those that are known here.",
}
"""In place of pydantic's own sentence, which repeats the tag that was sent."""


def field_error(found: Mapping[str, object]) -> FieldError:
    """Return what is told of one thing that pydantic found.

    Args:
        found: `loc`, `type`, `msg` and `ctx`, as `ValidationError.errors()` has them, the place of the request first.
    """
    place, *path = cast(tuple[str | int, ...], found.get("loc")) or ("body",)
    code = str(found.get("type", "invalid"))
    detail = _OUR_ENGLISH.get(code) or mask_text(str(found.get("msg", "")).removeprefix("Value error, "))
    pointer = pointer_to(path) if place == "body" else f"{place}:{'/'.join(str(step)[:80] for step in path)}"
    return FieldError(mask_text(pointer), code, detail, _in_indonesian(code, found.get("ctx")))


def pointer_to(path: Sequence[str | int]) -> str:
    """Return the JSON pointer to a place in a body, or to what holds it from where a name may be the caller's own.

    A name is a value where somebody puts a NIK, or a person, before the colon.

    Example: `pointer_to(["items", 3, "seal_number"]) == "/items/3/seal_number"`, and `pointer_to(["a", "Siti 3271"]) == "/a"`.
    """
    pointer = ""
    for step in path:
        name = str(step) if isinstance(step, int) else _safe(step)
        if not name:
            break
        pointer += f"/{name}"
    return pointer


def _safe(step: str) -> str:
    """Return a step where it can be shown: a plain name, a short number (of a choice), pydantic's own `[key]`."""
    return step if _SHORT_NUMBER.fullmatch(step) or step == "[key]" else plain_name(step)


def _in_indonesian(code: str, context: object) -> str:
    told = cast(Mapping[str, object], context or {})
    words = {name: str(value).replace(" or ", " atau ") for name, value in told.items()}
    return _INDONESIAN.get(code, _OF_ANY_OTHER).format_map(words)
