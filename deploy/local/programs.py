"""Commands of the installed programs: every step of the demonstration is one that an administrator could type."""

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

from presentation.messages import _, current_language

BIN: Final = Path(sys.executable).parent
NODE: Final = "redpact-node"
COORDINATOR: Final = "redpact-coordinator"
AUDIT: Final = "redpact-audit"
IN_PARALLEL: Final = 4
_MAX_SHOWN: Final = 2000

T = TypeVar("T")
R = TypeVar("R")


class DemoFailed(Exception):
    """A failed step of the demonstration, with the command and its output."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a command."""

    command: str
    code: int
    output: str
    errors: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The document that ``--json`` printed.

        Raises:
            DemoFailed: not one JSON document.
        """
        try:
            document = json.loads(self.output)
        except json.JSONDecodeError as error:
            raise DemoFailed(
                _("{command}\n--json no ha escrito un documento JSON: {error}", command=str(self), error=str(error))
            ) from error
        if not isinstance(document, dict):
            raise DemoFailed(_("{command}\n--json no ha escrito un objeto JSON", command=str(self)))
        return document

    @property
    def error_sentence(self) -> str:
        """The sentence of the error that a failed command printed, in the present language."""
        return str(self.document["error"][current_language()])

    @override
    def __str__(self) -> str:
        said = "\n".join(text.strip()[-_MAX_SHOWN:] for text in (self.output, self.errors) if text.strip())
        return f"$ {self.command}\n{said}\n({_('código de salida {code:d}', code=self.code)})"


class Programs:
    """Runs commands, writes a transcript of all of them, and raises when one fails."""

    def __init__(self, transcript: Path) -> None:
        self._transcript = transcript
        self._lock = threading.Lock()
        self.count = 0

    def attempt(self, program: str, *arguments: str | Path, stdin: str | None = None, timeout: float = 180) -> Outcome:
        """Run a command to its end, whatever its exit code.

        Raises:
            DemoFailed: it took longer than `timeout` seconds.
        """
        return self._run([str(BIN / program)], program, *arguments, stdin=stdin, timeout=timeout)

    def _run(
        self,
        start: list[str],
        program: str,
        *arguments: str | Path,
        stdin: str | None = None,
        timeout: float = 180,
    ) -> Outcome:
        words = [str(argument) for argument in arguments]
        command = shlex.join([program, *words])
        started = time.monotonic()
        try:
            done = subprocess.run(
                [*start, *words],
                input=stdin,
                stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
                env=environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise DemoFailed(
                _("$ {command}\nno ha terminado en {timeout:g} s", command=command, timeout=timeout)
            ) from error
        outcome = Outcome(command, done.returncode, done.stdout, done.stderr, time.monotonic() - started)
        self._note(outcome)
        return outcome

    def run(self, program: str, *arguments: str | Path, stdin: str | None = None, timeout: float = 180) -> str:
        """Run a command that must succeed, and return its output for people."""
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
            raise DemoFailed(_("{outcome}\nse esperaba el código de salida {code:d}", outcome=str(outcome), code=code))
        return outcome.document

    def own(self, module: str, *arguments: str | Path) -> dict[str, Any]:
        """Run a module of the demonstration itself, which must succeed, and return its JSON document: an attacker's."""
        outcome = self._run([sys.executable, "-m", module], module, *arguments)
        if outcome.code != 0:
            raise DemoFailed(str(outcome))
        return outcome.document

    def _note(self, outcome: Outcome) -> None:
        with self._lock:
            self.count += 1
            with self._transcript.open("a", encoding="utf-8") as file:
                file.write(f"{outcome}  [{outcome.seconds:.2f} s]\n\n")


def environment() -> dict[str, str]:
    """Return the environment of every command and process: the present language, and one thread of arithmetic each."""
    return os.environ | {
        "OMP_NUM_THREADS": "1",
        "NO_COLOR": "1",
        "COLUMNS": "110",
        "PYTHONUNBUFFERED": "1",
        "REDPACT_LANG": current_language(),
        "REDPACT_PORTAL": os.environ.get("REDPACT_PORTAL", "none"),  # nine nodes on one machine want one port
    }


def at_once(action: Callable[[T], R], items: Iterable[T], *, workers: int = IN_PARALLEL) -> list[R]:
    """Apply an action to several items, a few at a time, and return the results in order."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(action, items))
