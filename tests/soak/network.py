"""A network of real processes: what passes between them goes over lines that fail, and any of them may be killed."""

import random
import signal
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from typing_extensions import override

from deploy.local.network import Entity, LocalNetwork, Process
from deploy.local.programs import Programs
from tests.support.fault_proxy import FaultProxy, FaultScript

NAMES: Final = {"alba": "Alba", "bierzo": "Bierzo", "cabrera": "Cabrera", "duero": "Duero"}
_COORDINATOR: Final = "coordinator"


class FaultyNetwork(LocalNetwork):
    """Each service is reached through a line of its own, for calls and for witnessing."""

    def __init__(self, folder: Path, programs: Programs, *, seed: int) -> None:
        entities = [Entity(entity, f"Ayuntamiento ficticio de {name}") for entity, name in NAMES.items()]
        super().__init__(folder, entities, programs)
        self.seed = seed
        self.lines: list[FaultProxy] = []
        self.happened: Counter[str] = Counter()
        self.at_work = threading.Lock()
        """Held by whoever kills or starts processes."""
        self._stack = ExitStack()

    @override
    def reached(self, port: int, witness: int | None) -> list[str]:
        options = ["--address", self._line(port)]
        return options if witness is None else [*options, "--witness-url", f"http://{self._line(witness)}"]

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        return self

    @override
    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self._stack.close()

    def trouble(self, stopping: threading.Event) -> list[threading.Thread]:
        """Let every line, and the processes, suffer until the event is set; return the threads that see to it."""
        makers = [
            threading.Thread(target=self._spoil, args=(line, FaultScript(self.seed + number), stopping))
            for number, line in enumerate(self.lines)
        ]
        makers.append(threading.Thread(target=self._kill, args=(random.Random(self.seed), stopping)))
        for maker in makers:
            maker.start()
        return makers

    def mend(self) -> None:
        """Heal every line, and start whatever is down."""
        for line in self.lines:
            line.heal()
            line.reset()
        for process in self._processes():
            if process.pid is None:
                process.start()
                process.wait_ready()

    def _line(self, port: int) -> str:
        line = self._stack.enter_context(FaultProxy(f"127.0.0.1:{port}").running())
        self.lines.append(line)
        return line.address

    def _processes(self) -> list[Process]:
        return [self.coordinator, *self.nodes.values()]

    def _spoil(self, line: FaultProxy, script: FaultScript, stopping: threading.Event) -> None:
        for fault, seconds in script:
            line.suffer(fault)
            self.happened[f"line: {fault.kind.value}"] += 1
            if stopping.wait(seconds):
                return

    def _kill(self, chance: random.Random, stopping: threading.Event) -> None:
        while not stopping.wait(chance.uniform(2, 10)):
            process = chance.choice(self._processes())
            with self.at_work:
                process.stop(signal.SIGKILL)
                self.happened[f"kill -9: {process.home.name}"] += 1
                stopping.wait(chance.uniform(0, 4))
                process.start()
                process.wait_ready()
