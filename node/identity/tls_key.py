"""Replacement of the TLS key: the next one waits beside the one in use until a certificate for it has come.

The certificate is written first and the key follows. A crash between the two is finished at the next start.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from node import keys
from service.errors import CertificateUnusable
from service.files import write_private
from service.tls import new_tls_key, read_certificates, read_tls_key

NEXT: Final = "tls.next.pem"


def next_tls_key(home: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key that waits for its certificate, made on first use.

    Raises:
        KeyUnreadable: the file is malformed, or open to others.
    """
    path = home / keys.FOLDER / NEXT
    if not path.exists():
        write_private(path, new_tls_key())
    return read_tls_key(path)


def discard_next_tls_key(home: Path) -> None:
    """Remove the key that waits: it was refused, and the next attempt needs another."""
    (home / keys.FOLDER / NEXT).unlink(missing_ok=True)


def finish_replacement(home: Path, certificate: Path) -> None:
    """Take the waiting key into use when the certificate in use is of that key."""
    waiting = home / keys.FOLDER / NEXT
    if not waiting.exists():
        return
    try:
        leaf = read_certificates((home / certificate).read_bytes())[0]
    except (OSError, CertificateUnusable):
        return
    if leaf.public_key() == read_tls_key(waiting).public_key():
        with suppress(FileNotFoundError):  # another process of this node was faster
            waiting.replace(home / keys.FOLDER / keys.TLS)
