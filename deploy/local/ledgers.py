"""The chapter on ledgers: exported and verified offline, a forgery detected, no person found at the coordinator."""

import re
import shutil
from pathlib import Path
from typing import Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import AUDIT, NODE, DemoFailed, at_once
from deploy.local.story import Story
from presentation.messages import _, listing, plural

_DOCUMENT: Final = re.compile(r"[0-9XYZ][0-9]{7}[A-Z]")


class LedgerChapter:
    """The steps of a data-protection officer."""

    def __init__(self, network: LocalNetwork, story: Story, output: Path) -> None:
        self._network, self._story = network, story
        self._programs, self._audits = network.programs, output / "audit"

    def run(self, documents: set[str], names: set[str]) -> None:
        """Run the chapter.

        Args:
            documents: of people who must not be found at the coordinator.
            names: of these people.
        """
        self._story.heading(_("Registros: comprobados sin red"))
        self._verify_all()
        self._detect_forgery()
        self._search_the_coordinator(documents, names)

    def _verify_all(self) -> None:
        entities = [entity.id for entity in self._network.entities]
        self._audits.mkdir()
        with self._story.step(
            plural(
                "Se exporta {n} registro y redpact-audit lo comprueba",
                "Se exportan {n} registros y redpact-audit los comprueba",
                len(entities),
            )
        ) as step:
            sizes = at_once(self._verify, entities)
            step.say(plural("{n} entrada", "{n} entradas", sum(sizes)))
        self._story.fact(
            _("Cada registro se comprueba sin red"),
            _(
                "{ledgers}, {entries}: ningún hallazgo",
                ledgers=plural("{n} registro", "{n} registros", len(entities)),
                entries=plural("{n} entrada", "{n} entradas", sum(sizes)),
            ),
        )

    def _verify(self, entity: str) -> int:
        folder = self._audits / entity
        exported = self._programs.ask(NODE, "ledger", "export", folder, "--home", self._network.home(entity))
        self._programs.ask(AUDIT, "verify", folder)
        return int(exported["size"])

    def _detect_forgery(self) -> None:
        with self._story.step(_("Se cambia un bit de una entrada exportada")) as step:
            original = next(folder for folder in sorted(self._audits.iterdir()) if any((folder / "bodies").iterdir()))
            forged = self._audits.parent / "forged"
            shutil.copytree(original, forged)
            victim = min((forged / "bodies").iterdir())
            data = bytearray(victim.read_bytes())
            data[len(data) // 2] ^= 1
            victim.write_bytes(bytes(data))
            outcome = self._programs.attempt(AUDIT, "verify", forged, "--json")
            if outcome.code != 1:
                raise DemoFailed(_("no se ha notado la falsificación\n{outcome}", outcome=str(outcome)))
            step.say(_("redpact-audit la rechaza"))
        self._story.fact(
            _("Una falsificación se nota"),
            _("{file} de {entity}, con un bit cambiado: código de salida 1", file=victim.name, entity=original.name),
        )

    def _search_the_coordinator(self, documents: set[str], names: set[str]) -> None:
        wanted = len(documents) + len(names)
        with self._story.step(
            _("Se buscan {n} documentos y nombres en todo lo que guarda el coordinador", n=wanted)
        ) as step:
            files = [path for path in self._network.coordinator_home.rglob("*") if path.is_file()]
            found = [path.name for path in files if _holds_anybody(path, documents, names)]
            if found:
                raise DemoFailed(_("hay personas en el coordinador, en {files}", files=listing(found)))
            step.say(plural("{n} fichero, ninguna persona", "{n} ficheros, ninguna persona", len(files)))
        self._story.fact(
            _("El coordinador no conoce a nadie"),
            _("{wanted} documentos y nombres: ninguno en sus {n} ficheros", wanted=wanted, n=len(files)),
        )


def _holds_anybody(path: Path, documents: set[str], names: set[str]) -> bool:
    text = path.read_bytes().decode("latin-1")
    if documents & set(_DOCUMENT.findall(text)):
        return True
    # Names as the bytes that UTF-8 gives them, read back one character a byte like the file.
    return any(name.encode().decode("latin-1") in text for name in names)
