"""Files of keys that are being replaced: the next one of each purpose, and the exchange keys that were left.

A next key waits until the directory lists it. A replaced exchange key stays for `EXCHANGE_GRACE`, as others may have
sealed or named something for it; the other replaced keys are destroyed, as nothing needs them again.
"""

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from node import keys
from node.keys import FORMER, new_x25519, read_x25519
from service.files import private_folder, read_private, write_private
from trust.key_changes import EXCHANGE_GRACE
from trust.key_proofs import KeyPurpose
from trust.signing import Ed25519Signer, Signer
from trust.xeddsa import ExchangeSigner

_FILES: Final[Mapping[KeyPurpose, str]] = {
    KeyPurpose.SIGNING: keys.SIGNING,
    KeyPurpose.EXCHANGE: keys.EXCHANGE,
    KeyPurpose.LEDGER: keys.LEDGER,
    KeyPurpose.WITNESS: keys.WITNESS,
}


def next_signer(home: Path, purpose: KeyPurpose) -> Signer:
    """Return the next key of a purpose, made on first use.

    Raises:
        KeyUnreadable: the file is malformed, or open to others.
    """
    path = _next(home, purpose)
    if not path.exists():
        make: Callable[[], bytes] = new_x25519 if purpose is KeyPurpose.EXCHANGE else _new_ed25519
        write_private(path, make())
    pem = read_private(path)
    return ExchangeSigner(read_x25519(pem)) if purpose is KeyPurpose.EXCHANGE else Ed25519Signer.from_pem(pem)


def waiting_purposes(home: Path) -> tuple[KeyPurpose, ...]:
    """Return the purposes whose next key waits."""
    return tuple(purpose for purpose in KeyPurpose if _next(home, purpose).exists())


def waiting_keys(home: Path) -> dict[KeyPurpose, bytes]:
    """Return the public keys that wait, by purpose.

    Raises:
        KeyUnreadable: a file is malformed, or open to others.
    """
    return {purpose: next_signer(home, purpose).public_key for purpose in waiting_purposes(home)}


def take_next(home: Path, purpose: KeyPurpose, now: datetime) -> None:
    """Put the next key of a purpose in the place of the one in use."""
    current = home / keys.FOLDER / _FILES[purpose]
    if purpose is KeyPurpose.EXCHANGE:
        private_folder(home / keys.FOLDER / FORMER)
        kept = home / keys.FOLDER / FORMER / f"{purpose.value}-{int(now.timestamp())}.pem"
        if not kept.exists():
            shutil.copy(current, kept)
    _next(home, purpose).replace(current)


def discard_former(home: Path, now: datetime) -> None:
    """Destroy the replaced keys that are no longer needed."""
    for path in (home / keys.FOLDER / FORMER).glob("*.pem"):
        since = path.stem.rpartition("-")[2]
        if since.isdigit() and now.timestamp() - int(since) > EXCHANGE_GRACE.total_seconds():
            path.unlink(missing_ok=True)


def _next(home: Path, purpose: KeyPurpose) -> Path:
    return home / keys.FOLDER / f"{purpose.value}.next.pem"


def _new_ed25519() -> bytes:
    return Ed25519Signer.generate().to_pem()
