"""The installed programs as real processes."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.addresses import free_address
from tests.support.network import NETWORK
from tests.support.waiting import PATIENCE_SECONDS

PROGRAMS = Path(sys.executable).parent


def _document(text: bytes) -> dict[str, Any] | None:
    """Return the JSON document that a text is, None while there is more to come."""
    try:
        return dict(json.loads(text))
    except ValueError:
        return None


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
    return Result(
        subprocess.run(command, capture_output=True, text=True, input=stdin, check=False, timeout=PATIENCE_SECONDS)
    )


class Serving:
    """A ``serve`` process: started, ready, and stopped at the end of a ``with`` block."""

    def __init__(self, program: str, home: Path) -> None:
        self._log = (home / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [str(PROGRAMS / program), "serve", "--home", str(home), "--json"],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            self.ready = self._ready()
        except BaseException:
            self.process.kill()
            self.stop()
            raise

    def _ready(self) -> dict[str, Any]:
        """Return the document that says so.

        A service that cannot start prints another one, of several lines, and ends: all of it is in the failure.
        """
        said, document = b"", None
        while document is None and (more := self._more()):
            said += more
            document = _document(said)
        if document is None or "ready" not in document:
            ended = f"ended with {self.process.wait(PATIENCE_SECONDS)}" if document is None else "is not ready"
            log = Path(self._log.name).read_text(encoding="utf-8", errors="replace")
            raise AssertionError(f"{self.process.args!r} {ended}: {said.decode(errors='replace')}\n{log}")
        return document

    def _more(self) -> bytes:
        """Return what the process says next; nothing once it has closed its output."""
        assert self.process.stdout is not None
        found, _, _ = select.select([self.process.stdout], [], [], PATIENCE_SECONDS)
        assert found, f"{self.process.args!r} said nothing for {PATIENCE_SECONDS} seconds"
        return os.read(self.process.stdout.fileno(), 65_536)

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
            code = self.process.wait(PATIENCE_SECONDS)
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
    # Tests of anchors pin some and ask for them.
    settings = home / "node.toml"
    settings.write_text(settings.read_text().replace("training_anchors = 1", "training_anchors = 0"))
    return address
