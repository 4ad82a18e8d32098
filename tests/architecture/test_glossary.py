"""Every Indonesian noun in the words that services share is explained."""

import ast
import re
from functools import cache

from english_words import get_english_words_set

from tests.architecture.house import ROOT, python_files, relative, text, tree

# Abbreviations and joined words (CloudEvents attributes) of our own trade and names that no dictionary of English holds.
_OF_THE_TRADE = """
    accessor api asyncapi async await bigint bool catalog ce cloudevents config csv datetime dict dicts dtype enum env
    etag float geojson http https iana iso jpeg json jwks jwt kafka kbps lat lon lng ndjson openapi pdf png pydantic
    qr regex sha sla sms smallint sql str svg timestamptz timezone traceparent ttl tuple txt uri url urls utc uuid
    uuidv xlsx xml app apps id ids int bool webhook whatsapp takedown hotspot website online offline login mime
    adm cap geo len min max num ref refs repr sub var vars init kwargs args classmethod staticmethod typeddict
    frozenset isinstance metadata timestamp timestamps username hostname dataclass dataclasses iter fn basemodel
    admin aggregateversion ledgerepoch occurredat partitionkey recordedat dataclass spec specversion idempotencykey
"""
OF_THE_TRADE = frozenset(_OF_THE_TRADE.split())


def test_indonesian_words_of_the_contracts_are_in_the_glossary():
    explained = glossary_terms()
    unknown: dict[str, str] = {}
    for path in python_files("contracts"):
        for word in _identifier_words(tree(path)):
            if word not in explained and word not in OF_THE_TRADE and not _is_english(word):
                unknown.setdefault(word, relative(path))
    assert not unknown, (
        f"explain these in docs/glossary.md with their regulation, or say them in English: {dict(sorted(unknown.items()))}"
    )


def test_the_glossary_names_a_source_or_says_that_there_is_none():
    bare = [
        line
        for line in text(ROOT / "docs" / "glossary.md").splitlines()
        if line.startswith("| ") and line.count("|") == 4 and not line.split("|")[3].strip()
    ]
    assert not bare, bare


def glossary_terms() -> set[str]:
    """Return every word of the first column: terms, their spellings, and each word of a term of several."""
    terms: set[str] = set()
    for line in text(ROOT / "docs" / "glossary.md").splitlines():
        if line.startswith("| ") and not line.startswith("| term"):
            terms |= set(re.findall(r"[a-z]+", line.split("|")[1].lower()))
    return terms


def _identifier_words(module: ast.Module) -> set[str]:
    """Return the words of every name that the module defines, and of short string constants that are names."""
    found: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                found |= _split(node.name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found |= _split(name)
            case ast.Assign(targets=[ast.Name(id=name), *_]):
                found |= _split(name)
            case ast.arg(arg=name):
                found |= _split(name)
            case ast.Constant(value=str(value)) if re.fullmatch(r"[a-z]+([._:-][a-z]+)*", value):
                found |= _split(value)
            case _:
                pass
    return found


def _split(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return {word.lower() for word in re.findall(r"[A-Za-z]+", spaced) if len(word) > 2}


@cache
def _dictionary() -> frozenset[str]:
    return frozenset(get_english_words_set(["gcide"], alpha=True, lower=True))


def _is_english(word: str) -> bool:
    """Tell whether a word, or what it is an inflection of, is in a dictionary of English."""
    stems = {word}
    for suffix, endings in {
        "s": ("",),
        "es": ("",),
        "ies": ("y",),
        "ied": ("y",),
        "n": ("",),
        "ed": ("", "e"),
        "ing": ("", "e"),
        "er": ("", "e"),
        "ly": ("",),
        "able": ("", "e"),
    }.items():
        if word.endswith(suffix):
            stem = word.removesuffix(suffix)
            stems |= {stem + ending for ending in endings}
            if len(stem) > 2 and stem[-1] == stem[-2]:
                stems.add(stem[:-1])
    for prefix in ("un", "re", "non", "pre", "sub"):
        if word.startswith(prefix):
            stems |= {stem.removeprefix(prefix) for stem in stems}
    return bool(stems & _dictionary())
