from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.choices import read_choices
from cli.errors import DeskError
from cli.places import contest_name, contests_of, name_of
from contracts.offices import contests_over
from deploy.desk_settings import DEMONSTRATION, ChoiceSetting, read_settings, write_settings
from deploy.run_folder import SETTINGS_FILE, RunFolder, _empty

SURABAYA = ["gubernur-35", "walikota-35.78"]


@pytest.mark.parametrize(
    ("kabkota", "contests"),
    [
        (["35.78"], ["gubernur-35", "walikota-35.78"]),
        (["35.22", "35.78"], ["gubernur-35", "bupati-35.22", "walikota-35.78"]),
        (["34.71"], ["walikota-34.71"]),
        (["31.71"], ["gubernur-31"]),
        ([], []),
    ],
)
def test_contests_follow_from_the_place(kabkota: list[str], contests: list[str]):
    assert contests_over(kabkota) == contests


def test_a_part_of_a_city_votes_for_what_the_city_votes_for():
    assert contests_of("35.78") == contests_of("35.78.09") == contests_of("35.78.09.1001") == SURABAYA


def test_a_province_has_the_contests_of_all_that_is_in_it():
    contests = contests_of("34")
    assert "gubernur-34" not in contests
    assert {"walikota-34.71", "bupati-34.04"} <= set(contests)
    assert contests_of("31") == ["gubernur-31"]


def test_contests_are_called_after_their_office():
    assert contest_name("walikota-35.78") == "Pemilihan Wali Kota Surabaya"
    assert contest_name("bupati-35.22") == "Pemilihan Bupati Bojonegoro"
    assert contest_name("gubernur-35") == "Pemilihan Gubernur Jawa Timur"
    with pytest.raises(DeskError, match=r"99\.99"):
        name_of("99.99")


def test_choices_are_read_as_spreadsheets_write_them(tmp_path: Path):
    file = tmp_path / "choices.csv"
    file.write_text(
        "\ufeffcontest;number;name;kind\nwalikota-35.78;2;Kolom kosong;kolom_kosong\nwalikota-35.78;1; A - B ;\n"
    )
    first, second = read_choices(file, contests=SURABAYA)
    assert (first.number, first.kind, first.name) == (1, "pair", "A - B")
    assert (second.number, second.kind) == (2, "kolom_kosong")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("contest,number,name\nwalikota-35.78,one,A - B\n", "row 2: number"),
        (
            "contest,number,name\nwalikota-35.78,1,A - B\nwalikota-32.71,1,A - B\n",
            "row 3: walikota-32.71 is not held",
        ),
        ("contest,number,name\nwalikota-35.78,1,\n", "row 2: name"),
        ("contest,nomor,name\nwalikota-35.78,1,A\n", "nomor, number"),
        ("contest,number,name\n", "no rows"),
    ],
)
def test_what_is_wrong_with_choices_is_said_with_its_row(tmp_path: Path, text: str, complaint: str):
    file = tmp_path / "choices.csv"
    file.write_text(text)
    with pytest.raises(DeskError, match=complaint):
        read_choices(file, contests=SURABAYA)


def init(home: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["init", *words], env={"DESK_HOME": str(home), "DESK_PORT": "24890"})
    return done.exit_code, done.output


def test_a_desk_is_set_up_once(tmp_path: Path):
    wish = ("--region", "91.71", "--election", "pilkada-2024")
    code, told = init(tmp_path, *wish)
    assert code == 0
    assert "Kota Jayapura (91.71)" in told
    assert "WIT" in told
    settings = read_settings(RunFolder(tmp_path / "24890", first_port=24890))
    assert (settings.region, settings.rehearsal, settings.demonstration) == ("91.71", False, False)
    assert settings.voting_date == date(2024, 11, 27)
    assert init(tmp_path, *wish)[0] == 0
    code, told = init(tmp_path, *wish, "--rehearsal")
    assert code == 2
    assert "holds another desk" in told


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--region", "99.99", "--election", "pilkada-2024"), "no region has the code 99.99"),
        (("--region", "35.78", "--election", "pilkada-2029"), "--voting-date"),
        (("--region", "35.78", "--election", "Pilkada 2029", "--voting-date", "2029-11-28"), "election"),
        (("--region", "35.78", "--election", "pilkada-2024", "--choices", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_set_up_leaves_nothing(tmp_path: Path, words: tuple[str, ...], complaint: str):
    code, told = init(tmp_path, *words)
    assert code == 2
    assert complaint in told
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_settings_is_the_demonstration(tmp_path: Path):
    assert read_settings(RunFolder(tmp_path, first_port=8000)) == DEMONSTRATION


def test_what_a_desk_is_for_outlives_a_fresh_start(tmp_path: Path):
    folder = RunFolder(tmp_path / "desk", first_port=8000)
    write_settings(folder, DEMONSTRATION)
    (folder.path / "clock.json").write_text("{}")
    _empty(folder)
    assert [path.name for path in folder.path.iterdir()] == [SETTINGS_FILE]


@pytest.mark.parametrize(
    "words", [("results", "--contest", "walikota"), ("rebuild",), ("dead-letters", "list"), ("define",)]
)
def test_without_a_desk_a_command_says_so(tmp_path: Path, words: tuple[str, ...]):
    done = CliRunner().invoke(app, words, env={"DESK_HOME": str(tmp_path), "DESK_PORT": "24890"})
    assert done.exit_code == 2
    assert done.output.startswith(f"desk {words[0]}")
    assert "Traceback" not in done.output


PAIR = ChoiceSetting(contest="walikota-32.71", number=1, name="A - B")


@pytest.mark.parametrize(
    ("change", "region", "complaint"),
    [
        ({"rehearsal": False}, "32.71", "real desk"),
        ({"choices": (PAIR,)}, "32.71", "pairs of its own"),
        ({}, "32.7", "no region has the code 32.7"),
        ({}, "35.78", "does not lie"),
        ({}, "32", "does not lie"),
        ({}, "32.71.06", "no desk has run"),
    ],
)
def test_nothing_is_simulated_on_a_desk_that_is_not_for_it(
    tmp_path: Path, change: dict[str, object], region: str, complaint: str
):
    settings = DEMONSTRATION.model_copy(update=change)
    write_settings(RunFolder(tmp_path / "24890", first_port=24890), settings)
    environment = {"DESK_HOME": str(tmp_path), "DESK_PORT": "24890"}
    done = CliRunner().invoke(app, ["simulate", "--region", region, "--tps", "3"], env=environment)
    assert done.exit_code == 2
    assert complaint in done.output
