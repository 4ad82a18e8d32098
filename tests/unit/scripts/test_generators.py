"""Generated files: drift is told exactly, and a file is the old one or the new one, never half."""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from scripts import generators
from scripts.generators import compare, openapi_services, write_atomically


class Pages:
    """A generator of two pages."""

    OWNS: Sequence[str] = ("pages/*.md",)

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def generate(self) -> Iterator[tuple[str, str]]:
        yield from self.files.items()


def test_drift_names_what_differs_what_is_missing_and_what_is_left_over(tmp_path: Path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "same.md").write_text("same\n")
    (folder / "old.md").write_text("before\n")
    (folder / "gone.md").write_text("nobody makes me\n")
    (folder / "other.txt").write_text("not a page\n")

    outcome, made = compare(
        Pages({"pages/same.md": "same", "pages/old.md": "after", "pages/new.md": "new"}), root=tmp_path
    )

    assert outcome.current == ["pages/same.md"]
    assert outcome.changed == ["pages/old.md"]
    assert outcome.missing == ["pages/new.md"]
    assert outcome.left_over == ["pages/gone.md"]
    assert made["pages/new.md"] == "new\n"


def test_a_generator_stays_within_its_own_files(tmp_path: Path):
    with pytest.raises(ValueError, match="not among the files"):
        compare(Pages({"elsewhere.md": "x"}), root=tmp_path)


def test_a_generator_that_makes_one_file_twice_is_wrong(tmp_path: Path):
    class Twice(Pages):
        def generate(self) -> Iterator[tuple[str, str]]:
            yield "pages/a.md", "one"
            yield "pages/a.md", "two"

    with pytest.raises(ValueError, match="twice"):
        compare(Twice({}), root=tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = tmp_path / "page.md"
    page.write_text("old")
    monkeypatch.setattr(Path, "chmod", _fail)
    with pytest.raises(OSError, match="full"):
        write_atomically(page, "new")
    assert page.read_text() == "old"
    assert list(tmp_path.iterdir()) == [page]


def _fail(path: Path, mode: int) -> None:
    raise OSError(f"disk full: {path} {mode}")


def test_an_unknown_generator_is_named(capsys: pytest.CaptureFixture[str]):
    assert generators.main(["nothing-like-that"], root=Path()) == 2
    assert "nothing-like-that" in capsys.readouterr().err


def test_every_generator_is_listed_with_its_sentence(capsys: pytest.CaptureFixture[str]):
    assert generators.main(["--list"], root=Path()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == generators.generator_names()
    assert all(len(line.split()) > 3 for line in lines)


def test_what_others_read_is_made_first_so_that_one_run_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = generators.generator_names()
    assert names[0] == "openapi_services"
    assert names[1:] == sorted(names[1:])
    ran: list[str] = []

    def run(name: str, *, root: Path, write: bool) -> list[str]:
        assert (root, write) == (tmp_path, True)
        ran.append(name)
        return []

    monkeypatch.setattr(generators, "_run", run)
    assert generators.main(["openapi_gateway", "openapi_services"], root=tmp_path) == 0
    assert ran == ["openapi_services", "openapi_gateway"]


def test_a_service_that_cannot_be_imported_ends_the_run_and_keeps_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    document = tmp_path / "contracts" / "openapi" / "registry.json"
    document.parent.mkdir(parents=True)
    document.write_text("{}\n")
    real = importlib.import_module

    def broken(name: str) -> ModuleType:
        if name == "services.registry.app":
            raise ModuleNotFoundError("No module named 'something_else'", name="something_else")
        return real(name)

    monkeypatch.setattr(openapi_services.importlib, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="something_else"):
        generators.main(["openapi_services"], root=tmp_path)
    assert document.read_text() == "{}\n"
