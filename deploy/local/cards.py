"""Cards of codes in the demonstration: issued to a person, and read back from the paper as a scanner would."""

import re
from pathlib import Path
from typing import Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import NODE

_SERIAL: Final = re.compile(r'class="serial">([0-9A-Z-]+)<')
_CODE: Final = re.compile(r'class="symbols">([0-9A-Z-]+)<')


def issued_codes(network: LocalNetwork, holder: str, document: str, purpose: str) -> list[str]:
    """Give the person a card at a holder and return its codes, as they are typed, in the order of their numbers."""
    out = network.folder / f"card-{holder}-{len(list(network.folder.glob('card-*.html')))}.html"
    words = ("--document", "-", "--for", f"{purpose}:P2", "--codes", "4", "--out", out, "--no-pdf")
    network.programs.ask(NODE, "card", "issue", *words, "--home", network.home(holder), stdin=document)
    return _printed(out)


def _printed(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    serial = _SERIAL.findall(text)[0]
    return [f"{serial}/{number}/{code}" for number, code in enumerate(_CODE.findall(text), start=1)]
