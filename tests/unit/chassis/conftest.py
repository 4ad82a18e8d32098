"""Fixtures of the chassis' tests."""

from pathlib import Path

import pytest

from tests.unit.chassis.mint import Mint, okp


@pytest.fixture
def mint(tmp_path: Path) -> Mint:
    """A token issuer with one published key."""
    made = Mint(tmp_path)
    made.publish(okp())
    return made
