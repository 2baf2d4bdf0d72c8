"""Driving the installed programs: every step of the demonstration is a command that an administrator could type."""

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from typing_extensions import override

BIN: Final = Path(sys.executable).parent
NODE: Final = "redpact-node"
COORDINATOR: Final = "redpact-coordinator"
AUDIT: Final = "redpact-audit"
IN_PARALLEL: Final = 4
_MAX_SHOWN: Final = 2000

T = TypeVar("T")
R = TypeVar("R")


class DemoFailed(Exception):
    """A step did not do what it should; the message says which command, and what it answered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    command: str
    code: int
    output: str
    errors: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """What ``--json`` printed.

        Raises:
            DemoFailed: not one JSON document.
        """
        try:
            document = json.loads(self.output)
        except json.JSONDecodeError as error:
            raise DemoFailed(f"{self}\n--json did not print one JSON document: {error}") from error
        if not isinstance(document, dict):
            raise DemoFailed(f"{self}\n--json printed something else than an object")
        return document

    @override
    def __str__(self) -> str:
        said = "\n".join(text.strip()[-_MAX_SHOWN:] for text in (self.output, self.errors) if text.strip())
        return f"$ {self.command}\n{said}\n(exit code {self.code})"


class Programs:
    """Runs commands, keeps a transcript of all of them, and fails loudly."""

    def __init__(self, transcript: Path) -> None:
        self._transcript = transcript
        self._lock = threading.Lock()
        self.count = 0

    def attempt(self, program: str, *arguments: str | Path, stdin: str | None = None, timeout: float = 180) -> Outcome:
        """Run a command to its end, whatever it answers.

        Raises:
            DemoFailed: it took longer than `timeout` seconds.
        """
        words = [str(argument) for argument in arguments]
        command = shlex.join([program, *words])
        started = time.monotonic()
        try:
            done = subprocess.run(
                [str(BIN / program), *words],
                input=stdin,
                stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
                env=environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise DemoFailed(f"$ {command}\ndid not end within {timeout:g} s") from error
        outcome = Outcome(command, done.returncode, done.stdout, done.stderr, time.monotonic() - started)
        self._note(outcome)
        return outcome

    def run(self, program: str, *arguments: str | Path, stdin: str | None = None, timeout: float = 180) -> str:
        """Run a command that must succeed, and return what it printed for people."""
        outcome = self.attempt(program, *arguments, stdin=stdin, timeout=timeout)
        if outcome.code != 0:
            raise DemoFailed(str(outcome))
        return outcome.output

    def ask(
        self, program: str, *arguments: str | Path, stdin: str | None = None, timeout: float = 180
    ) -> dict[str, Any]:
        """Run a command that must succeed, with ``--json``, and return its document."""
        outcome = self.attempt(program, *arguments, "--json", stdin=stdin, timeout=timeout)
        if outcome.code != 0:
            raise DemoFailed(str(outcome))
        return outcome.document

    def refused(self, program: str, *arguments: str | Path, code: int = 1) -> dict[str, Any]:
        """Run a command that must be refused with exit code `code`, and return its JSON document."""
        outcome = self.attempt(program, *arguments, "--json")
        if outcome.code != code:
            raise DemoFailed(f"{outcome}\nexit code {code} was expected")
        return outcome.document

    def _note(self, outcome: Outcome) -> None:
        with self._lock:
            self.count += 1
            with self._transcript.open("a", encoding="utf-8") as file:
                file.write(f"{outcome}  [{outcome.seconds:.2f} s]\n\n")


def environment() -> dict[str, str]:
    """Return the environment of every command and process: one thread of arithmetic each, as there are many of them."""
    return os.environ | {"OMP_NUM_THREADS": "1", "NO_COLOR": "1", "COLUMNS": "110", "PYTHONUNBUFFERED": "1"}


def at_once(action: Callable[[T], R], items: Iterable[T], *, workers: int = IN_PARALLEL) -> list[R]:
    """Do the same for several items, a few at a time, and return the results in order."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(action, items))
