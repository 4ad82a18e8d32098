"""Children that cannot outlive the process that started them."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path | None = None,
    on_our_death: signal.Signals = signal.SIGKILL,
    hand_in: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that the kernel ends when we die, however we die.

    Call it from the main thread only: the kernel watches the *thread* that forked, so a child that was
    started by a worker thread gets the signal as soon as that thread returns.

    Args:
        command: The program and its arguments.
        log: File that receives its standard output and error, appended.
        environment: Variables of the child, all of them; ours where absent.
        user: Name of the account that it runs as; only root may name one.
        cwd: Its working folder.
        on_our_death: What the kernel sends to it when we are gone.
        hand_in: Open files of ours that it shall have under the same numbers.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=cwd,
            start_new_session=True,
            pass_fds=hand_in,
            preexec_fn=_tie_to_parent(on_our_death),  # noqa: PLW1509 - two calls, no locks
            user=user,
            group=group_of(user),
            extra_groups=[] if user else None,
        )


def run(
    command: Sequence[str | Path],
    *,
    user: str | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    text: str | None = None,
) -> str:
    """Run a short program to its end and return what it printed.

    Args:
        command: The program and its arguments.
        user: Name of the account that it runs as; only root may name one.
        cwd: Its working folder.
        environment: Variables of the child, all of them; ours where absent.
        text: What it reads from standard input.

    Raises:
        RuntimeError: It exited with another code than 0; the message ends with its output.
    """
    done = subprocess.run(
        [str(part) for part in command],
        input=text or "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=None if environment is None else dict(environment),
        cwd="/" if user else cwd,
        check=False,
        preexec_fn=_tie_to_parent(signal.SIGKILL),
        user=user,
        group=group_of(user),
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} exited with {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout


def stop(process: subprocess.Popen[bytes], *, first: signal.Signals, patience_s: float) -> None:
    """Ask a child to end, wait, and end its whole session by force where it does not.

    Args:
        process: The child, made by `spawn`.
        first: The polite signal.
        patience_s: How long it may take, in seconds.
    """
    if process.poll() is None:
        process.send_signal(first)
        wait_or_kill(process, patience_s=patience_s)


def wait_or_kill(process: subprocess.Popen[bytes], *, patience_s: float) -> None:
    """Wait for a child that was asked to end, and end its whole session by force where it does not."""
    try:
        process.wait(timeout=patience_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(
    ready: Callable[[], bool],
    *,
    process: subprocess.Popen[bytes],
    log: Path,
    name: str,
    patience_s: float,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until a child is ready; say why where it is not.

    Args:
        ready: Tells whether it is ready.
        process: The child.
        log: Its log; the end of it is quoted in the error.
        name: What to call it in the error.
        patience_s: How long it may take, in seconds.
        pause: Sleeps the seconds given; the supervisor passes one that notices a stop.

    Raises:
        RuntimeError: It ended, or was not ready in time.
    """
    deadline = time.monotonic() + patience_s
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} was not ready within {patience_s:.0f} s:\n{tail(log)}")
        pause(0.05)


def tail(log: Path, *, lines: int = 15) -> str:
    """The last lines of a log file."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def group_of(user: str | None) -> int | None:
    """The main group of an account, or none for none."""
    return None if user is None else pwd.getpwnam(user).pw_gid


def _tie_to_parent(wanted: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec; after the change of user, which would clear it."""
    parent = os.getpid()

    def tie() -> None:
        _prctl(PR_SET_PDEATHSIG, int(wanted), 0, 0, 0)
        if os.getppid() != parent:  # we died between the fork and the call
            os.kill(os.getpid(), signal.SIGKILL)

    return tie
