"""Replacement of this entity's keys: stated, published, taken into use, and kept in its ledger.

A key goes through these steps, and an interrupted change goes on where it was: (1) the next key is made; (2) signing
key, old key and new key sign the statement; (3) the coordinator publishes it; (4) this node sees it in the directory,
verified like anybody's; (5) the next key takes the place of the old. The ledger's own key hands over: the old key signs
the entry, and both sign the checkpoint that holds it.
"""

from dataclasses import dataclass

from consent_ledger.log.bodies import KeyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.proofs.note import NoteSigner
from node.clients import coordinator
from node.context import NodeContext
from node.identity.follow import DirectoryFollower
from node.identity.renewal import CertificateRenewal
from node.ledger.own import own_ledger
from node.next_keys import discard_former, next_signer, take_next, waiting_purposes
from presentation.messages import _
from service.tls import CurrentCertificate, key_digest, read_certificates
from trust.directory import Directory
from trust.errors import KeyChangeUnproven
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.published_keys import published_keys
from trust.recovery import Recovery
from trust.signing import Signer


@dataclass(frozen=True, slots=True)
class ReplacedKey:
    """A change that took effect: the public keys in hex, of TLS their SHA-256."""

    old: str
    new: str


class KeyChanges:
    """Replaces keys. A part of the node, as the command and the background work share it."""

    def __init__(
        self,
        context: NodeContext,
        certificate: CurrentCertificate,
        renewal: CertificateRenewal,
        follower: DirectoryFollower,
    ) -> None:
        self._context = context
        self._certificate = certificate
        self._renewal = renewal
        self._follower = follower

    # ---- the keys that the directory lists

    def rotate(self, purpose: KeyPurpose) -> ReplacedKey:
        """Replace a key.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not publish it; the key in use stays, and
                the next attempt goes on with the same new key.
            KeyChangeUnproven: the directory that came back does not list what was stated.
        """
        directory = self._newest()
        new = next_signer(self._context.home, purpose)
        if not self._lists(directory, purpose, new):
            self._state(directory, purpose, new)
            directory = self._newest()
        return self._take(directory, purpose, new)

    def finish_waiting(self, directory: Directory) -> None:
        """Take into use the next keys that the directory lists already, and destroy old keys that nobody needs."""
        context = self._context
        for purpose in waiting_purposes(context.home):
            new = next_signer(context.home, purpose)
            if self._lists(directory, purpose, new):
                self._take(directory, purpose, new)
        discard_former(context.home, context.clock.now())

    def _newest(self) -> Directory:
        return self._follower.refresh() or self._context.directory.current(self._context.clock.now())

    def _lists(self, directory: Directory, purpose: KeyPurpose, new: Signer) -> bool:
        return published_keys(directory.party(self._context.settings.entity)).get(purpose) == new.public_key

    def _state(self, directory: Directory, purpose: KeyPurpose, new: Signer) -> None:
        context, signers = self._context, self._context.keys.signers()
        settings = context.settings
        change = KeyChange(
            network=settings.network,
            entity=settings.entity,
            purpose=purpose,
            sequence=len(directory.party(settings.entity).key_changes) + 1,
            time=context.clock.now(),
            old=signers[purpose].public_key.hex(),
            new=new.public_key.hex(),
        )
        record = KeyChangeRecord.signed(change, signing_key=signers[KeyPurpose.SIGNING], old=signers[purpose], new=new)
        coordinator.change_key(self._follower.channel(), record)

    def _take(self, directory: Directory, purpose: KeyPurpose, new: Signer) -> ReplacedKey:
        context, old = self._context, self._context.keys.signers()[purpose]
        if not self._lists(directory, purpose, new):
            raise KeyChangeUnproven(_("el directorio recibido no incluye la clave nueva"))
        body = KeyChangedBody(key=purpose.value, old=old.public_key.hex(), new=new.public_key.hex())
        with context.transaction() as session:
            ledger = own_ledger(context, session)
            ledger.append([NewEntry(EntryType.KEY_CHANGED, body)], context.clock.now())
            if purpose is KeyPurpose.LEDGER:
                ledger.hand_over(NoteSigner(ledger.origin, new))
        take_next(context.home, purpose, context.clock.now())
        return ReplacedKey(body.old, body.new)

    def note_recovered(self, recovery: Recovery) -> None:
        """Keep in the new ledger the keys that were lost, and those with which this entity came back."""
        new = recovery.new_keys()
        bodies = [
            KeyChangedBody(key=purpose.value, old=old.hex(), new=new[purpose].hex())
            for purpose, old in recovery.old_keys().items()
        ]
        context = self._context
        with context.transaction() as session:
            entries = [NewEntry(EntryType.KEY_CHANGED, body) for body in bodies]
            own_ledger(context, session).append(entries, context.clock.now())

    # ---- the key of connections

    def replace_tls(self) -> ReplacedKey:
        """Take another TLS key into use; the coordinator revokes the certificates of the earlier one.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable, EnrolmentAnswerInvalid: it was not certified; the one in use
                stays, and the next attempt goes on with the same new key.
        """
        before = self.tls_key()
        self._renewal.replace_key()
        return self.note_tls(before)

    def tls_key(self) -> str:
        """Return the SHA-256 of the TLS public key in use."""
        return key_digest(read_certificates(self._certificate.identity().chain_pem)[0].public_key())

    def note_tls(self, before: str) -> ReplacedKey:
        """Keep a change of the TLS key in the ledger."""
        context, body = self._context, KeyChangedBody(key="tls", old=before, new=self.tls_key())
        with context.transaction() as session:
            own_ledger(context, session).append([NewEntry(EntryType.KEY_CHANGED, body)], context.clock.now())
        return ReplacedKey(body.old, body.new)
