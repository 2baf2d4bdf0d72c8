"""Replacement of this entity's keys, each kept in its ledger."""

from consent_ledger.log.bodies import KeyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.context import NodeContext
from node.identity.renewal import CertificateRenewal
from node.ledger.own import own_ledger
from service.tls import CurrentCertificate, key_digest, read_certificates


class KeyChanges:
    """Replaces keys. A part of the node, as the command and the background work share it."""

    def __init__(self, context: NodeContext, certificate: CurrentCertificate, renewal: CertificateRenewal) -> None:
        self._context = context
        self._certificate = certificate
        self._renewal = renewal

    def replace_tls(self) -> None:
        """Take another TLS key into use; the coordinator revokes the certificates of the earlier one.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable, EnrolmentAnswerInvalid: it was not certified; the one in use
                stays, and the next attempt goes on with the same new key.
        """
        before = self.tls_key()
        self._renewal.replace_key()
        self.note_tls(before)

    def tls_key(self) -> str:
        """Return the SHA-256 of the TLS public key in use."""
        return key_digest(read_certificates(self._certificate.identity().chain_pem)[0].public_key())

    def note_tls(self, before: str) -> None:
        """Keep a change of the TLS key in the ledger."""
        self._note(KeyChangedBody(key="tls", old=before, new=self.tls_key()))

    def _note(self, body: KeyChangedBody) -> None:
        context = self._context
        with context.transaction() as session:
            own_ledger(context, session).append([NewEntry(EntryType.KEY_CHANGED, body)], context.clock.now())
