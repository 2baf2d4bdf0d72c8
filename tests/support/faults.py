"""System calls of a writer that fail at a chosen occurrence, by strace (its option ``-e inject``)."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from typing_extensions import override

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "close")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
PATIENCE = 30


@dataclass(frozen=True)
class Fault:
    """What happens at the `occurrence`-th system call of this name, from 1."""

    call: str
    what: str
    occurrence: int

    @override
    def __str__(self) -> str:
        return f"{self.call}:{self.what}:when={self.occurrence}"


@dataclass
class Life:
    """What a writer said before its end."""

    status: int
    said: list[list[str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    injected: bool = False

    def words(self, first: str) -> list[list[str]]:
        return [words for words in self.said if words[0] == first]


class Nursery:
    """Writers under strace, one after the other."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._process = process
        self._log = folder / "strace.log"

    def run(self, home: Path, export: Path, fault: Fault | None = None) -> Life:
        """Let a writer live, with or without a fault."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{home} {export}\n".encode())
        self._process.stdin.flush()
        born, said = self._until("born")
        pid = int(born[1])
        with _strace(pid, self._log, fault):
            os.kill(pid, signal.SIGUSR1)
            dead, said = self._until("dead")
        log = self._log.read_text(errors="replace")
        calls = Counter(re.findall(r"^([a-z0-9]+)\(", log, re.MULTILINE))
        return Life(int(dead[2]), said, calls, "INJECTED" in log or "SIGKILL" in log)

    def _until(self, word: str) -> tuple[list[str], list[list[str]]]:
        said: list[list[str]] = []
        while True:
            words = _line(self._process.stdout).split()
            assert words, "the nursery ended"
            if words[0] == word:
                return words, said
            said.append(words)


def _line(stream: IO[bytes] | None) -> str:
    assert stream is not None
    ready, _, _ = select.select([stream], [], [], PATIENCE)
    assert ready, f"nobody said anything for {PATIENCE} seconds"
    return stream.readline().decode()


@contextmanager
def _strace(pid: int, log: Path, fault: Fault | None) -> Iterator[None]:
    command = ["strace", "-p", str(pid), "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    if fault is not None:
        command += ["-e", f"inject={fault}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, bufsize=0) as tracer:
        attached = _line(tracer.stderr)
        assert "attached" in attached, attached
        yield
        tracer.wait(PATIENCE)


def why_not_here() -> str | None:
    """Return the reason why faults cannot be injected on this machine, or None when they can."""
    if shutil.which("strace") is None:
        return "strace is not installed: make system installs it"
    command = ["strace", "-qq", "-e", "trace=close", "-e", "inject=close:error=EIO:when=1", "true"]
    probe = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if "INJECTED" in probe.stderr else f"strace cannot trace here: {probe.stderr.strip()[:200]}"


@contextmanager
def fault_nursery(warm_up: Path) -> Iterator[Nursery]:
    """Start the process that forks writers."""
    command = [sys.executable, "-m", "tests.support.fault_nursery", str(warm_up)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        nursery = Nursery(process, warm_up)
        for _ in range(7):  # what it said while it warmed up: six acknowledgements and the export
            _line(process.stdout)
        yield nursery
        assert process.stdin is not None
        process.stdin.close()
        process.wait(PATIENCE)
