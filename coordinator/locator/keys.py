"""The coordinator's private keys of pseudonyms: one for each epoch."""

from pathlib import Path

from presentation.messages import _
from records_exchange.key_holding.key_files import KeyFiles


class LocatorKeys(KeyFiles):
    """The coordinator's keys, by the number of their epoch."""

    def __init__(self, home: Path, network: str) -> None:
        super().__init__(
            home,
            stem="locator",
            info=f"redpact/locator/{network}",
            remedy=_("restáurela de una copia de seguridad, o ejecute: redpact-coordinator locator rotate"),
        )


def key_file(home: Path, epoch: int) -> Path:
    """Return the path of the coordinator's private key of an epoch."""
    return LocatorKeys(home, "").path(epoch)
