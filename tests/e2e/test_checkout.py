"""A new checkout, in a path with spaces and of an ordinary user: set up, started, stopped, and started without Kafka."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import postgres, processes
from tests.operating import CTRL_C, ROOT, Operator

USER = postgres.account()
"""Whose checkout it is: ours, or an account without rights where the tests run as root."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other accounts reach, as those that pytest makes are not."""
    folder = Path(tempfile.mkdtemp(prefix="desk-checkout-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def newcomer(place: Path) -> Operator:
    """Somebody with a checkout that `make setup` has filled."""
    checkout = place / "a path with spaces" / "desk pilkada"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    shutil.copytree(ROOT / ".tools", checkout / ".tools", symlinks=True)  # not to download them once more
    # Files that are shared with the cache of uv must not change hands.
    environment = dict(os.environ) | {"UV_LINK_MODE": "copy"}
    subprocess.run(["make", "setup", f"PYTHON={_python()}"], cwd=checkout, env=environment, check=True)
    home = place / "home"
    home.mkdir()
    if USER is not None:
        subprocess.run(["chown", "--recursive", f"{USER}:", checkout, home], check=True)
    operator = Operator(home, checkout=checkout, desk=checkout / ".venv" / "bin" / "desk", user=USER)
    operator.environment |= {"HOME": str(home)}
    return operator


def _python() -> Path:
    """A Python that the owner of the checkout may run."""
    folders = [Path(sys.base_prefix) / "bin", *map(Path, os.environ["PATH"].split(os.pathsep))]
    for python in (folder / "python3" for folder in folders):
        try:
            processes.run(
                [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], user=USER, cwd=Path("/")
            )
        except (RuntimeError, OSError):
            continue
        return python
    pytest.skip(f"{USER} may run no Python of this machine")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_ordinary_user_runs_a_checkout_in_a_path_with_spaces(newcomer: Operator) -> None:
    healthy = newcomer.type("doctor")
    assert healthy.returncode == 0, healthy.stdout
    a_folder_of_somebody_else_is_named(newcomer)
    terminal = newcomer.start_in_terminal()
    try:
        uid = newcomer.home.stat().st_uid
        assert uid != 0
        running = newcomer.processes()
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in running} == {uid}
        assert len(running) > 8
        terminal.press(CTRL_C)
        terminal.process.wait(timeout=60)
    finally:
        terminal.close()
    assert newcomer.processes() == []

    without_kafka_the_fallback_is_said_aloud(newcomer)


def a_folder_of_somebody_else_is_named(newcomer: Operator) -> None:
    """Point the desk to a folder that its user may not even look into."""
    closed = newcomer.home.parent / "closed"
    closed.mkdir(mode=0)
    newcomer.environment |= {"DESK_HOME": str(closed)}
    for command in ("doctor", "run"):
        refused = newcomer.type(command)
        assert refused.returncode == 1
        assert str(closed) in refused.stdout
        assert "Traceback" not in refused.stderr
    newcomer.environment |= {"DESK_HOME": str(newcomer.home)}
    closed.rmdir()


def without_kafka_the_fallback_is_said_aloud(newcomer: Operator) -> None:
    """Take away a jar and the way to get it: the examination says so, and so does the start, which goes on."""
    next((newcomer.checkout / ".tools" / "kafka").glob("kafka-raft-*.jar")).unlink()
    newcomer.environment |= {"https_proxy": "http://127.0.0.1:9"}
    ill = newcomer.type("doctor")
    assert ill.returncode == 1
    assert "1 jars are missing" in ill.stdout
    supervisor = newcomer.start()
    try:
        printed = " ".join(newcomer.output.read_text().split())
        assert "Apache Kafka cannot be had (kafka-raft" in printed
        assert "The desk runs on the fallback broker, Tansu" in printed
        names = {process["name"] for process in newcomer.status()["processes"]}
        assert "tansu" in names
        assert "kafka" not in names
    finally:
        stopped = newcomer.type("down")
        supervisor.wait(timeout=20)  # it has let go of the desk, and may still be on its way out
    assert stopped.returncode == 0, stopped.stderr
    assert newcomer.processes() == []
