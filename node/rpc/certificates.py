"""The check that a caller's certificate is in force, by the directory of this node."""

from node.context import NodeContext
from service.peer import CertificateCheck, PresentedCertificate, require_in_force


def listed_certificates(context: NodeContext) -> CertificateCheck:
    """Return the check of certificates by the directory. A caller that it does not list passes: the call refuses it."""

    def check(caller: str, certificate: PresentedCertificate) -> None:
        directory = context.directory.newest()
        if directory is not None and caller in directory:
            # The entity may ask its own node, also while it is suspended.
            own = caller == context.settings.entity
            party = directory.party(caller) if own else directory.active_party(caller)
            require_in_force(certificate, party, directory.issued)

    return check
