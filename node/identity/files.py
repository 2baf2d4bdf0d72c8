"""The files of a node's certificate."""

from pathlib import Path
from typing import Final

from node import keys
from node.directory_cache import CA_FILE
from node.identity.tls_key import finish_replacement
from service.tls import CurrentCertificate

CERTIFICATE_FILE: Final = Path("tls", "certificate.pem")


def node_certificate(home: Path) -> CurrentCertificate:
    """Return the certificate in use of a node's home folder, after finishing an interrupted change of its key."""
    finish_replacement(home, CERTIFICATE_FILE)
    return CurrentCertificate(key=home / keys.FOLDER / keys.TLS, certificate=home / CERTIFICATE_FILE, ca=home / CA_FILE)
