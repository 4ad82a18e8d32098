"""What people write freely is masked where it comes in, whatever the field is called."""

import importlib
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError, create_model
from pydantic.fields import FieldInfo

from tests.architecture.house import python_files, relative, services

NIK = "3271064508900001"
WRITTEN = f"menurut NIK {NIK} di TPS"


@pytest.mark.parametrize("service", services())
def test_every_text_of_a_body_is_masked(service: str):
    fields = [*_fields(service)]
    wrong = [f"{model.__name__}.{name}" for model, name, field in fields if NIK in repr([*_taken(field)])]
    assert any("[nik]" in repr([*_taken(field)]) for _, _, field in fields)
    assert not wrong, f"end the type of free text with `MASKED` of chassis/masking.py: {wrong}"


def _fields(service: str) -> Iterator[tuple[type[BaseModel], str, FieldInfo]]:
    """Yield the fields of what a service takes in: the models that forbid what they do not know, and are no answer."""
    for path in python_files(f"services/{service}/schemas"):
        module = importlib.import_module(relative(path).removesuffix(".py").replace("/", "."))
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, BaseModel) and _is_body(model):
                yield from ((model, name, field) for name, field in model.model_fields.items())


def _is_body(model: type[BaseModel]) -> bool:
    return model.model_config.get("extra") == "forbid" and not model.__name__.endswith(("Out", "Receipt"))


def _taken(field: FieldInfo) -> Iterator[object]:
    """Yield what a field makes of a sentence with a NIK in it, alone and in a list; nothing where it takes no sentence."""
    alone = create_model("Alone", sent=(field.annotation or object, field))
    for sent in (WRITTEN, [WRITTEN]):
        try:
            yield alone.model_validate({field.alias or "sent": sent})
        except ValidationError:
            continue
