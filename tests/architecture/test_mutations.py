"""The faults of `make mutate` fit the sources as they stand: one whose text is gone would be found on the day it is run."""

from pathlib import Path

import pytest

from scripts.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_text_of_a_mutation_is_there_once(mutation: Mutation) -> None:
    for one in mutation.replacements:
        assert (ROOT / one.file).read_text(encoding="utf-8").count(one.old) == 1, one.file
    for test in mutation.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test
