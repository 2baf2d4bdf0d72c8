"""The check that a caller's certificate is in force, by the directory of this node."""

from node.context import NodeContext
from service.peer import CertificateCheck, PresentedCertificate, require_in_force
from trust.parties import EntityStatus


def listed_certificates(context: NodeContext) -> CertificateCheck:
    """Return the check of certificates by the directory. A caller that it does not list passes: the call refuses it."""

    def check(caller: str, certificate: PresentedCertificate) -> None:
        directory = context.directory.newest()
        if directory is None or caller not in directory:
            return
        party, own = directory.party(caller), caller == context.settings.entity
        if party.status is EntityStatus.ACTIVE or not own:  # a suspended entity may still ask its own node
            require_in_force(certificate, directory.active_party(caller), directory.issued)

    return check
