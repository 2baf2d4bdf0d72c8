"""The card that hands out a linkage code: an HTML page in Spanish and English to print, without personal data."""

from pathlib import Path
from typing import Final

from node.people.errors import CardExists
from node.people.linkage_code import grouped
from presentation.catalogue import SOURCE
from presentation.messages import _
from presentation.pages import Pages
from service.files import write_private

_PAGES: Final = Pages("node.people")


def write_card(path: Path, code: str, network: str) -> None:
    """Write the card to a new file that only its owner can read.

    Raises:
        CardExists: there is a file of that name.
        HomeUnusable, StorageFull: it cannot be written.
    """
    if path.exists():
        raise CardExists(_("{path} ya existe", path=path), remedy=_("elija otro nombre"))
    write_private(path, linkage_card(code, network))


def linkage_card(code: str, network: str) -> bytes:
    """Return the page.

    Args:
        code: in normal form.
        network: the name of the network that knows the code.
    """
    page = _PAGES.bilingual(
        "linkage_card.html", SOURCE, main="linkage_card_main.html", code=grouped(code), network=network
    )
    return page.encode()
