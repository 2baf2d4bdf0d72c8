"""A coordinator and entity nodes as real processes on loopback."""

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.local.programs import BIN, COORDINATOR, NODE, DemoFailed, Programs, at_once, environment
from presentation.messages import _

NETWORK: Final = "demo.redpact.example"
READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the network."""

    id: str
    name: str
    kind: str = "public"
    listens: bool = True
    """False for an entity without an open port, reached by relay."""


class Process:
    """A service process: started, awaited until ready, and always ended."""

    def __init__(self, program: str, home: Path, log: Path, *, outlives_us: bool) -> None:
        self.program, self.home, self.log, self._outlives_us = program, home, log, outlives_us
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start without waiting."""
        with self.log.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [str(BIN / self.program), "serve", "--home", str(self.home), "--json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(),
                start_new_session=self._outlives_us,  # else Ctrl-C in our terminal would end it
            )

    def wait_ready(self) -> dict[str, object]:
        """Wait for the document with which it reports that it serves, and return it.

        Raises:
            DemoFailed: it ended, or took too long; the message shows the end of its log.
        """
        process = self._process
        if process is None or process.stdout is None:
            raise DemoFailed(_("no se ha arrancado {program} de {home}", program=self.program, home=self.home.name))
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            text = ""
            deadline = time.monotonic() + READY_SECONDS
            while time.monotonic() < deadline and selector.select(deadline - time.monotonic()):
                line = process.stdout.readline()
                text += line
                if not line or text.rstrip().endswith("}"):
                    break
        try:
            return dict(json.loads(text))
        except ValueError as error:
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise DemoFailed(
                _(
                    "{program} de {home} no ha arrancado. {text}\n{log}",
                    program=self.program,
                    home=self.home.name,
                    text=text,
                    log=tail,
                )
            ) from error

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it, by force after a while. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


class LocalNetwork:
    """The network of the demonstration. As a context manager it ends its processes, however the block ends.

    With `keep` its processes survive this program once `leave_running` was called.
    """

    def __init__(self, folder: Path, entities: list[Entity], programs: Programs, *, keep: bool = False) -> None:
        self.folder, self.entities, self.programs = folder, entities, programs
        self.coordinator_home = folder / "coordinator"
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        ports = iter(free_ports(3 + 2 * len(entities)))
        self.listen, self.enrolment, self.witness = next(ports), next(ports), next(ports)
        self.ports = {entity.id: (next(ports), next(ports)) for entity in entities}
        self.coordinator = Process(COORDINATOR, self.coordinator_home, self.logs / "coordinator.log", outlives_us=keep)
        self.nodes = {
            each.id: Process(NODE, self.home(each.id), self.logs / f"{each.id}.log", outlives_us=keep)
            for each in entities
        }
        self._left = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._left:
            self.stop()

    def home(self, entity: str) -> Path:
        """Return the home folder of an entity's node."""
        return self.folder / "nodes" / entity

    def start_coordinator(self) -> None:
        """Create the coordinator and run it."""
        ports = {"--listen": self.listen, "--enrolment-listen": self.enrolment, "--witness-listen": self.witness}
        addresses = [word for option, port in ports.items() for word in (option, f"127.0.0.1:{port}")]
        addresses += self.reached(self.listen, self.witness)
        self.programs.ask(COORDINATOR, "init", "--home", self.coordinator_home, "--network", NETWORK, *addresses)
        self.coordinator.start()
        self.coordinator.wait_ready()

    def enrol(self, entity: Entity) -> None:
        """Invite an entity, and let it enrol with its one-time token."""
        who = (entity.id, "--name", entity.name, "--kind", entity.kind)
        invited = self.programs.ask(COORDINATOR, "entity", "invite", *who, "--home", self.coordinator_home)
        # An entity without planned ports enrols but never serves.
        port, witness = self.ports.get(entity.id, (0, None))
        open_port = entity.listens and witness is not None
        listen = f"127.0.0.1:{port}" if entity.listens and port else "none"
        witness_listen = f"127.0.0.1:{witness}" if open_port else "none"
        addresses = ("--listen", listen, "--witness-listen", witness_listen, *self.reached(port, witness))
        home = ("--home", self.home(entity.id))
        self.programs.ask(NODE, "init", *home, *addresses, "--token", "-", stdin=str(invited["token"]))

    def reached(self, port: int, witness: int | None) -> list[str]:  # noqa: ARG002 - overridden where a proxy stands in between
        """Return options of ``init`` with the addresses at which others reach these ports, if they differ."""
        return []

    def serve(self, entities: list[str]) -> None:
        """Run the nodes of these entities."""
        for entity in entities:
            self.nodes[entity].start()
        at_once(lambda entity: self.nodes[entity].wait_ready(), entities)

    def leave_running(self) -> list[int]:
        """Leave the processes running, and return their ids."""
        self._left = True
        running = [self.coordinator, *self.nodes.values()]
        return [process.pid for process in running if process.pid is not None]

    def stop(self) -> None:
        """End every process, all at once."""
        with ExitStack() as stack:
            for process in [self.coordinator, *self.nodes.values()]:
                stack.callback(process.stop)
                if process.pid is not None:
                    os.kill(process.pid, signal.SIGTERM)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def fresh_folder(folder: Path) -> None:
    """Empty the output folder, but only one that a demonstration made."""
    marker = folder / ".redpact-demo"
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise DemoFailed(_("{folder} contiene algo que no es una demostración: elija otro --output", folder=folder))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.touch()
