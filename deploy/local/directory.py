"""The chapter on the directory: anchors are pinned, and a second directory is noticed."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.local.network import LocalNetwork, Process, free_ports
from deploy.local.programs import AUDIT, COORDINATOR, NODE, DemoFailed, at_once
from deploy.local.story import Story
from presentation.messages import _, listing, plural

ANCHORS: Final = ("valladolid", "burgos", "soria")
_PINNED: Final = 2
_PATIENCE_SECONDS: Final = 60.0


class DirectoryChapter:
    """The steps of the data-protection officers, and of a thief of the coordinator's keys."""

    def __init__(self, network: LocalNetwork, story: Story, output: Path) -> None:
        self._network, self._story, self._output = network, story, output
        self._programs = network.programs

    def pin(self) -> None:
        """Let every node pin two anchors, and wait until they vouch for its directory."""
        entities = [entity.id for entity in self._network.entities]
        with self._story.step(_("Cada DPD fija dos anclas por su huella impresa")) as step:
            printed = {each: self._ask(each, "anchors", "fingerprint")["fingerprint"] for each in ANCHORS}
            at_once(lambda entity: self._pin(entity, printed), entities)
            self._until("leon", vouched=True)
            step.say(_("cofirman {anchors}", anchors=listing(ANCHORS)))

    def _pin(self, entity: str, printed: dict[str, str]) -> None:
        for anchor in [each for each in ANCHORS if each != entity][:_PINNED]:
            self._ask(entity, "anchors", "pin", anchor, "--fingerprint", printed[anchor])

    def run(self) -> None:
        """Run the chapter."""
        self._story.heading(_("El directorio: el mismo para todos"))
        self._audit()
        self._second_directory()

    def _audit(self) -> None:
        folder = self._output / "directories"
        with self._story.step(_("Se exportan los directorios y redpact-audit los comprueba")) as step:
            self._programs.ask(COORDINATOR, "directory", "export", folder, "--home", self._network.coordinator_home)
            report = self._programs.ask(AUDIT, "directory", folder)
            step.say(plural("{n} directorio", "{n} directorios", report["examined"]))
        self._story.fact(
            _("Un solo registro de directorios"),
            plural(
                "{n} directorio en orden, comprobado sin red",
                "{n} directorios en orden, comprobados sin red",
                report["examined"],
            ),
        )

    def _second_directory(self) -> None:
        with self._story.step(_("Alguien copia las claves del coordinador y firma otro directorio")) as step:
            thief = self._output / "thief"
            shutil.copytree(self._network.coordinator_home, thief)
            for act in ("suspend", "reinstate"):
                self._act(self._network.coordinator_home, act, "segovia")
            self._until("leon", vouched=True)
            self._act(thief, "suspend", "zamora")
            _elsewhere(thief / "coordinator.toml")
            process = Process(COORDINATOR, thief, self._network.logs / "thief.log", outlives_us=False)
            process.start()
            try:
                process.wait_ready()
                state = self._until_noticed("burgos")
            finally:
                process.stop()
            step.say(_("las anclas no lo cofirman y guardan las dos firmas"))
        if state["contradicted"] or not state["vouched"]:
            raise DemoFailed(_("burgos ha dejado de usar el directorio que cofirmaron sus anclas"))
        self._story.fact(
            _("Un segundo directorio se nota"),
            _(
                "burgos guarda {evidence} y sigue con el suyo, que cofirmaron sus anclas",
                evidence=plural("{n} prueba", "{n} pruebas", len(state["evidence"])),
            ),
        )

    def _act(self, home: Path, act: str, entity: str) -> None:
        reason = ("--reason", "demo") if act == "suspend" else ()
        self._programs.ask(COORDINATOR, "entity", act, entity, *reason, "--home", home)

    def _ask(self, entity: str, *words: str) -> dict[str, Any]:
        return self._programs.ask(NODE, *words, "--home", self._network.home(entity))

    def _until(self, entity: str, *, vouched: bool) -> dict[str, Any]:
        return self._wait(entity, lambda state: bool(state["vouched"]) is vouched)

    def _until_noticed(self, entity: str) -> dict[str, Any]:
        return self._wait(entity, lambda state: any(each["kind"] == "fork" for each in state["evidence"]))

    def _wait(self, entity: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            state = self._ask(entity, "directory", "status")
            if done(state):
                return state
            time.sleep(0.5)
        raise DemoFailed(_("{entity} no ha llegado al estado esperado del directorio", entity=entity))


def _elsewhere(settings: Path) -> None:
    """Give the copy of a coordinator ports of its own, so that both run at once."""
    ports = iter(free_ports(3))
    text = settings.read_text(encoding="utf-8")
    for names in (("listen", "address"), ("enrolment_listen", "enrolment_address"), ("witness_listen",)):
        port = next(ports)
        for name in names:
            text = re.sub(rf'^{name} = ".*"$', f'{name} = "127.0.0.1:{port}"', text, flags=re.MULTILINE)
    settings.write_text(text, encoding="utf-8")
