"""What pydantic finds, told in two languages; tests/unit/chassis/test_problems.py looks at the answers."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from chassis.field_errors import field_error, pointer_to
from contracts.vocabulary import DataClass


class Everything(BaseModel, extra="forbid"):
    """A field for each kind that has its own sentence, by what spoils it."""

    text: str = Field(default="xxx", min_length=2, max_length=3, pattern="^x+$")
    whole: int = Field(default=5, gt=1, lt=9)
    bounded: int = Field(default=5, ge=1, le=9)
    ratio: Annotated[float, Field(allow_inf_nan=False)] = 0.5
    flag: bool = True
    word: Literal["one", "two", "three"] = "one"
    data_class: DataClass = DataClass.PUBLIC
    uuid: UUID | None = None
    at: AwareDatetime | None = None
    day: date | None = None
    many: list[int] = Field(default=[1, 2], min_length=2, max_length=3)
    votes: Mapping[int, int] = {}


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"text": "x"}, "Paling sedikit 2 karakter."),
        ({"text": "yy"}, "Bentuk teks ini tidak sesuai."),
        ({"text": 1}, "Harus berupa teks."),
        ({"whole": 1}, "Harus lebih dari 1."),
        ({"whole": 9}, "Harus kurang dari 9."),
        ({"whole": 2.5}, "Harus berupa bilangan bulat."),
        ({"whole": []}, "Harus berupa bilangan bulat."),
        ({"bounded": 0}, "Paling kecil 1."),
        ({"ratio": "x"}, "Harus berupa bilangan."),
        ({"ratio": {}}, "Harus berupa bilangan."),
        ({"ratio": float("inf")}, "Harus berupa bilangan terhingga."),
        ({"flag": "x"}, "Harus true atau false."),
        ({"flag": []}, "Harus true atau false."),
        ({"word": "four"}, "Pilihan yang berlaku: 'one', 'two' atau 'three'."),
        ({"uuid": "x"}, "Harus berupa UUID."),
        ({"uuid": 1}, "Harus berupa UUID."),
        ({"at": "x"}, "Harus berupa waktu, misalnya 2024-11-27T07:00:00+07:00."),
        ({"at": []}, "Harus berupa waktu, misalnya 2024-11-27T07:00:00+07:00."),
        ({"at": "2024-11-27T07:00:00"}, "Waktu harus menyebut selisih zonanya, misalnya +07:00."),
        ({"day": "x"}, "Harus berupa tanggal, misalnya 2024-11-27."),
        ({"day": []}, "Harus berupa tanggal, misalnya 2024-11-27."),
        ({"many": [1]}, "Paling sedikit 2 butir."),
        ({"many": [1, 2, 3, 4]}, "Paling banyak 3 butir."),
        ({"many": 1}, "Harus berupa daftar."),
        ({"votes": 1}, "Harus berupa objek."),
        ({"strange": 1}, "Isian ini tidak dikenal."),
        ({"data_class": "x"}, "Pilihan yang berlaku: 'public', 'operational' atau 'restricted'."),
    ],
)
def test_each_common_kind_has_its_sentence(spoilt: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Everything.model_validate(spoilt)
    (found,) = refused.value.errors()
    assert field_error({**found, "loc": ("body", *found["loc"])}).detail_id == told


def test_a_kind_that_has_none_has_the_general_sentence() -> None:
    found = {"loc": ("body", "a"), "type": "of_tomorrow", "msg": "Something new", "ctx": {"x": 1}}
    told = field_error(found)
    assert (told.detail, told.detail_id) == ("Something new", "Isian ini tidak sesuai ketentuan.")


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ([], ""),
        (["items", 3, "seal_number"], "/items/3/seal_number"),
        (["photo_sha256"], "/photo_sha256"),
        (["figures", "votes", "100", "[key]"], "/figures/votes/100/[key]"),
        (["figures", "votes", "3271064508900001", "[key]"], "/figures/votes"),
        (["a", "Siti", "b"], "/a"),
        (["a", "siti rahmawati"], "/a"),
        (["a", "x" * 41], "/a"),
        (["a", "nik_3271064508900001"], "/a"),
        (["a", ""], "/a"),
    ],
)
def test_a_pointer_ends_where_a_name_may_be_the_callers(path: list[str | int], pointer: str) -> None:
    assert pointer_to(path) == pointer
