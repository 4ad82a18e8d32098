"""Starts processes, starts them again when they crash, and stops them in the reverse order."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.markup import escape

from deploy import processes
from deploy.run_folder import DeskState, ProcessState, RunFolder, started_at

TICK_S = 0.1
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 15.0
RENEWAL_PATIENCE_S = 120.0
SETTLED_AFTER_S = 60.0
"""A process that has lived this long begins with the shortest pause again when it crashes."""


class StopAskedError(Exception):
    """Somebody asked the supervisor to stop."""


@dataclass(frozen=True)
class Program:
    """One process of the desk, and how to handle it."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    is_ready: Callable[[], bool] = lambda: True
    serves: Callable[[int], bool] | None = None
    """Whether the process with this id is ready, for programs of which a new process can stand beside the old one."""
    url: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    patience_s: float = 10.0
    """How long it may take to stop, in seconds."""
    at_its_end: str | None = None
    """What is said when it has ended by itself, its work done; None where it never does."""


@dataclass
class Child:
    """A program that has been started, perhaps more than once."""

    program: Program
    process: subprocess.Popen[bytes]
    alive_since: float
    restarts: int = 0
    backoff_s: float = FIRST_BACKOFF_S
    start_at: float | None = None
    """When it is to be started again."""
    done: bool = False


@dataclass
class Supervisor:
    """Runs the programs of one desk, in its main thread.

    Signals only set a flag, which every wait looks at, so that a stop comes at places that we know.
    """

    folder: RunFolder
    say: Callable[[str], None]
    stop_asked: bool = False
    renewal_asked: bool = False
    terminal: select.poll = field(default_factory=select.poll)
    phase: str = "starting"
    stages: list[list[Child]] = field(default_factory=list[list[Child]])

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and a closed terminal as the wish to stop; `nohup` stays in force."""
        for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(wish) is not signal.SIG_IGN:
                signal.signal(wish, self._note)
        signal.signal(signal.SIGUSR1, self._note_renewal)
        # The kernel tells a closed terminal to the session's leader alone. That may be make, which keeps it to itself.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and os.isatty(0):
            self.terminal.register(0, 0)

    def start(self, *programs: Program) -> None:
        """Start programs that belong together; they are stopped together."""
        stage: list[Child] = []
        self.stages.append(stage)
        for program in programs:
            self.check_stop()
            stage.append(Child(program=program, process=program.start(), alive_since=time.monotonic()))
            self._write_state()

    def wait_ready(self, *programs: Program, patience_s: float = 180) -> None:
        """Wait until programs are ready.

        Raises:
            RuntimeError: One ended, or took too long.
            StopAskedError: Somebody asked us to stop.
        """
        for program in programs:
            child = next(child for child in self._children() if child.program is program)
            processes.wait_until(
                program.is_ready,
                process=child.process,
                log=program.log,
                name=program.name,
                patience_s=patience_s,
                pause=self.pause,
            )

    def run_to_end(self, *jobs: Program, patience_s: float = 240) -> None:
        """Run short jobs beside one another and wait until each has ended well.

        Raises:
            RuntimeError: One failed, or took too long.
            StopAskedError: Somebody asked us to stop.
        """
        running = [(job, job.start()) for job in jobs]
        deadline = time.monotonic() + patience_s
        try:
            for job, process in running:
                while process.poll() is None and time.monotonic() < deadline:
                    self.pause(TICK_S)
                if process.returncode != 0:
                    raise RuntimeError(f"{job.name} failed:\n{processes.tail(job.log)}")
        finally:
            for _, process in running:
                processes.stop(process, first=signal.SIGKILL, patience_s=5)

    def watch(self, *, each_tick: Callable[[], None]) -> None:
        """Keep everything running until somebody asks us to stop."""
        self.phase = "ready"
        self._write_state()
        while not self._shall_stop():
            for child in self._children():
                self._look_after(child)
            each_tick()
            if self.renewal_asked:
                self._renew_all()
            time.sleep(TICK_S)

    def stop_all(self) -> None:
        """Stop every stage, last started first; within a stage all at once."""
        self.phase = "stopping"
        self._write_state()
        while self.stages:
            stage = self.stages[-1]
            living = [child for child in stage if child.process.poll() is None]
            if living:
                self.say(f"stopping {', '.join(child.program.name for child in living)}")
            for child in living:
                child.process.send_signal(child.program.stop_signal)
            for child in living:
                processes.wait_or_kill(child.process, patience_s=child.program.patience_s)
            self.stages.pop()
            self._write_state()
        self.phase = "down"
        self._write_state()

    def programs(self) -> list[Program]:
        """What has been started, in that order."""
        return [child.program for child in self._children()]

    def pause(self, seconds: float) -> None:
        """Sleep, unless we shall stop.

        Raises:
            StopAskedError: Somebody asked us to stop.
        """
        self.check_stop()
        time.sleep(seconds)
        self.check_stop()

    def check_stop(self) -> None:
        """Say by an exception that we shall stop.

        Raises:
            StopAskedError: Somebody asked us to stop.
        """
        if self._shall_stop():
            raise StopAskedError

    def _renew_all(self) -> None:
        """Put a new process in the place of each one that allows it, one after another, without a pause in its service."""
        self.phase = "renewing"
        self._write_state()
        for child in self._children():
            if child.program.serves is not None and child.start_at is None and not self._shall_stop():
                self._renew(child, child.program.serves)
        self.renewal_asked = False
        self.phase = "ready"
        self._write_state()

    def _renew(self, child: Child, serves: Callable[[int], bool]) -> None:
        old, new = child.process, child.program.start()
        deadline = time.monotonic() + RENEWAL_PATIENCE_S
        while not serves(new.pid):
            if self._shall_stop() or new.poll() is not None or time.monotonic() > deadline:
                self.say(f"{child.program.name} was not renewed: its new process did not become ready")
                processes.stop(new, first=signal.SIGKILL, patience_s=5)
                return
            time.sleep(TICK_S)
        child.process, child.alive_since = new, time.monotonic()
        self._write_state()
        processes.stop(old, first=child.program.stop_signal, patience_s=child.program.patience_s)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.done:
            return
        if child.start_at is not None:
            if now >= child.start_at:
                self._restart(child)
            return
        code = child.process.poll()
        if code is None:
            if now - child.alive_since > SETTLED_AFTER_S:
                child.backoff_s = FIRST_BACKOFF_S
            return
        if code == 0 and child.program.at_its_end is not None:
            child.done = True
            self.say(child.program.at_its_end)
        else:
            child.start_at = now + child.backoff_s
            self.say(
                f"{child.program.name} ended with {code}; starting it again in {child.backoff_s:g} s "
                f"(see {child.program.log})"
            )
            child.backoff_s = min(2 * child.backoff_s, LONGEST_BACKOFF_S)
        self._write_state()

    def _restart(self, child: Child) -> None:
        child.restarts += 1
        child.alive_since = time.monotonic()
        try:
            child.process = child.program.start()
            child.start_at = None
        except (OSError, RuntimeError) as error:
            child.start_at = time.monotonic() + child.backoff_s
            child.backoff_s = min(2 * child.backoff_s, LONGEST_BACKOFF_S)
            self.say(f"{child.program.name} cannot be started: {escape(str(error))}")
        self._write_state()

    def _children(self) -> Sequence[Child]:
        return [child for stage in self.stages for child in stage]

    def _write_state(self) -> None:
        states = [
            ProcessState(
                name=child.program.name,
                pid=child.process.pid,
                started=started_at(child.process.pid),
                url=child.program.url,
                restarts=child.restarts,
            )
            for child in self._children()
            if not child.done
        ]
        self.folder.write_state(DeskState(phase=self.phase, processes=states))

    def _shall_stop(self) -> bool:
        return self.stop_asked or bool(self.terminal.poll(0))

    def _note_renewal(self, _signal: int, _frame: FrameType | None) -> None:
        self.renewal_asked = True

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_asked = True
