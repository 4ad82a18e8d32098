"""Whatever is said of a row is said in Indonesian too, and what was kept before there was a second language still is."""

import ast
from collections.abc import Iterator

import pytest

from contracts.legal_rules import FINDING_CODES
from services.registry.schemas.import_reasons import IN_INDONESIAN, in_indonesian, told_reason
from tests.architecture.house import python_files, tree

BY_PLACE = {"Misfit": (1, 3), "FileBrokenError": (0, 9), "_Refused": (0, 9)}
"""Where a code stands among the arguments, and where its sentence in Indonesian does."""


def codes_without_a_sentence() -> Iterator[str]:
    for path in python_files("services/registry"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            code_at, sentence_at = BY_PLACE.get(node.func.id, (9, 9))
            if len(node.args) <= code_at or len(node.args) > sentence_at or node.keywords:
                continue
            code = node.args[code_at]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def test_every_code_that_brings_no_sentence_has_one_here() -> None:
    codes = set(codes_without_a_sentence())
    assert len(codes) > 25
    assert codes - FINDING_CODES.keys() - IN_INDONESIAN.keys() == set()
    assert IN_INDONESIAN.keys() <= codes, "nothing says these any more"


@pytest.mark.parametrize(
    ("code", "said"),
    [("cells", IN_INDONESIAN["cells"]), ("E-VOTER-TWICE", FINDING_CODES["E-VOTER-TWICE"].indonesian)],
)
def test_what_was_kept_before_is_told_in_both(code: str, said: str) -> None:
    told = told_reason({"field": "", "code": code, "detail": "Said in English."})
    assert (told.detail, told.detail_id) == ("Said in English.", said)


def test_what_names_a_number_keeps_its_own_sentence() -> None:
    kept = {"field": "lat", "code": "W-TPS-SAME-POINT", "detail": "TPS x.", "detail_id": "TPS x (contoh)."}
    assert told_reason(kept).detail_id == "TPS x (contoh)."
    assert in_indonesian("no-such-code")
