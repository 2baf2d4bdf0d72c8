"""The installed programs as real processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.network import NETWORK, free_address

PROGRAMS = Path(sys.executable).parent
START_SECONDS = 60.0


class Result:
    """How a command ended."""

    def __init__(self, finished: "subprocess.CompletedProcess[str]") -> None:
        self.code = finished.returncode
        self.out = finished.stdout
        self.err = finished.stderr

    @property
    def json(self) -> Any:
        """The document on standard output."""
        return json.loads(self.out)


def run(program: str, *arguments: str, stdin: str = "") -> Result:
    """Run a command to its end, whatever its exit code."""
    command = [str(PROGRAMS / program), *arguments]
    return Result(subprocess.run(command, capture_output=True, text=True, input=stdin, check=False, timeout=120))


class Serving:
    """A ``serve`` process: started, ready, and stopped at the end of a ``with`` block."""

    def __init__(self, program: str, home: Path) -> None:
        self._log = (home / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [str(PROGRAMS / program), "serve", "--home", str(home), "--json"],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{program} did not start: {(home / 'serve.log').read_text()}"
        self.ready: dict[str, Any] = json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Ask the process to end, wait for it, and return its exit code. Safe to call twice."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()
            self._log.close()
        return code


def make_coordinator(home: Path) -> list[str]:
    """Make a network at free addresses and return the main and the enrolment address."""
    addresses = [free_address(), free_address()]
    made = run(
        "redpact-coordinator", "init", "--home", str(home), "--network", NETWORK,
        "--listen", addresses[0], "--enrolment-listen", addresses[1],
    )  # fmt: skip
    assert made.code == 0, made.err
    return addresses


def invite(home: Path, entity: str, *, kind: str = "public") -> str:
    """Return a token for an entity."""
    made = run(
        "redpact-coordinator", "entity", "invite", entity, "--home", str(home),
        "--name", f"Entidad {entity}", "--kind", kind, "--json",
    )  # fmt: skip
    assert made.code == 0, made.err
    return str(made.json["token"])


def make_node(home: Path, token: str) -> str:
    """Join with a token and return the node's address."""
    address = free_address()
    made = run("redpact-node", "init", "--home", str(home), "--token", "-", "--listen", address, stdin=token)
    assert made.code == 0, made.err
    return address
