"""The mutations that matter: one fault each, put into a copy of the repository, and the tests that must catch it.

A mutation replaces text exactly as it stands. Where the text is gone the script fails loudly: the mutation has to be
written anew for what stands there now, not dropped.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replacement:
    """A text of a file that occurs once, and what takes its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault.

    Attributes:
        name: what is wrong now, in a few words.
        replacements: all of them are made.
        tests: what pytest is given; as few as take seconds.
    """

    name: str
    replacements: tuple[Replacement, ...]
    tests: tuple[str, ...]
