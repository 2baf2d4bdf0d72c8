"""Audits: every ledger exported and verified offline, a forgery noticed, and no person found at the coordinator."""

import re
import shutil
from pathlib import Path
from typing import Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import AUDIT, NODE, DemoFailed, at_once
from deploy.local.story import Story

_DOCUMENT: Final = re.compile(r"[0-9XYZ][0-9]{7}[A-Z]")


class LedgerChapter:
    """What a data-protection officer does."""

    def __init__(self, network: LocalNetwork, story: Story, output: Path) -> None:
        self._network, self._story = network, story
        self._programs, self._audits = network.programs, output / "audit"

    def run(self, documents: set[str], names: set[str]) -> None:
        """Tell the chapter; `documents` and `names` are of people who must not be found at the coordinator."""
        self._story.heading("Ledgers: verified offline")
        self._verify_all()
        self._notice_a_forgery()
        self._search_the_coordinator(documents, names)

    def _verify_all(self) -> None:
        entities = [entity.id for entity in self._network.entities]
        self._audits.mkdir()
        with self._story.step(f"{len(entities)} ledgers exported, and verified by redpact-audit") as step:
            sizes = at_once(self._verify, entities)
            step.say(f"{sum(sizes)} entries")
        self._story.fact("Every ledger verifies offline", f"{len(entities)} ledgers, {sum(sizes)} entries: no finding")

    def _verify(self, entity: str) -> int:
        folder = self._audits / entity
        exported = self._programs.ask(NODE, "ledger", "export", folder, "--home", self._network.home(entity))
        self._programs.ask(AUDIT, "verify", folder)
        return int(exported["size"])

    def _notice_a_forgery(self) -> None:
        with self._story.step("One byte of one exported body is changed") as step:
            original = next(folder for folder in sorted(self._audits.iterdir()) if any((folder / "bodies").iterdir()))
            forged = self._audits.parent / "forged"
            shutil.copytree(original, forged)
            victim = min((forged / "bodies").iterdir())
            data = bytearray(victim.read_bytes())
            data[len(data) // 2] ^= 1
            victim.write_bytes(bytes(data))
            outcome = self._programs.attempt(AUDIT, "verify", forged, "--json")
            if outcome.code != 1:
                raise DemoFailed(f"the forgery went unnoticed\n{outcome}")
            step.say("redpact-audit says no")
        self._story.fact("A forgery is noticed", f"{victim.name} of {original.name} changed by one bit: exit code 1")

    def _search_the_coordinator(self, documents: set[str], names: set[str]) -> None:
        wanted = len(documents) + len(names)
        with self._story.step(f"Everything the coordinator keeps is searched for {wanted} documents and names") as step:
            files = [path for path in self._network.coordinator_home.rglob("*") if path.is_file()]
            found = [path.name for path in files if _holds_anybody(path, documents, names)]
            if found:
                raise DemoFailed(f"people were found at the coordinator, in {', '.join(found)}")
            step.say(f"{len(files)} files, none found")
        self._story.fact(
            "The coordinator knows nobody", f"{wanted} documents and names: none in its {len(files)} files"
        )


def _holds_anybody(path: Path, documents: set[str], names: set[str]) -> bool:
    text = path.read_bytes().decode("latin-1")
    if documents & set(_DOCUMENT.findall(text)):
        return True
    # Names as the bytes that UTF-8 gives them, read back one character a byte like the file.
    return any(name.encode().decode("latin-1") in text for name in names)
