"""Renewal of an entity's certificate, and change of its addresses, by statements of its signing key.

The certificate with which an entity calls is not enough: a thief of a TLS key would go on for ever. A request for a new
TLS key revokes the certificates of the earlier one.
"""

import hashlib
from datetime import datetime

from coordinator.admission import issue
from coordinator.authority import requested_key
from coordinator.errors import ApplicationRefused
from coordinator.published_keys import require_own_keys, require_own_witness
from coordinator.registry import Registry
from presentation.messages import _
from service.peer import PresentedCertificate, revoked
from service.tls import key_digest
from trust.entity_statements import AddressStatement, RenewalStatement
from trust.key_proofs import KeyPurpose, verify_possession
from trust.parties import Party, WitnessAddress
from trust.published import require_published_address
from trust.published_keys import key_of_vkey
from trust.signing import Envelope


def renew(
    registry: Registry,
    party: Party,
    csr_pem: bytes,
    statement: Envelope,
    *,
    presented: PresentedCertificate,
    now: datetime,
) -> bytes:
    """Return the next certificate (PEM) of an active entity.

    A caller whose certificate was revoked, as after a suspension that was lifted, needs a new TLS key.

    Raises:
        SignatureInvalid, MalformedDocument, StatementRefused: the entity's signing key does not ask for it.
        ApplicationRefused: the statement is for another request.
        CertificateRequestRefused: the request is malformed.
        TlsKeyRefused: its key was revoked or is another entity's.
        CertificateRevoked: the caller's certificate was revoked, and the request is for the same key.
        ChangesTooFrequent: the entity changed its TLS key or its addresses too often lately.
    """
    asked = registry.take_statement(party.id, statement, RenewalStatement, now)
    if asked.csr_sha256 != hashlib.sha256(csr_pem).hexdigest():
        raise ApplicationRefused(
            _("la declaración es de otra solicitud de certificado"), remedy=_("repita la operación")
        )
    tls_key, certificates = key_digest(requested_key(csr_pem)), registry.certificates
    certificates.require_own_key(party.id, tls_key)
    if tls_key == presented.tls_key and not certificates.in_force(presented.serial, party.id):
        raise revoked(party.id)
    if tls_key != certificates.newest_key(party.id):
        registry.spend_change(party.id, now)
    issued = issue(registry, party.id, csr_pem, now)
    if certificates.revoke(party.id, now, but_key=tls_key):
        registry.publish(now)
    return issued.pem


def change_addresses(registry: Registry, party: Party, statement: Envelope, now: datetime) -> bool:
    """Publish the addresses and the witness that an active entity states; return whether they changed.

    Raises:
        SignatureInvalid, MalformedDocument, StatementRefused: the entity's signing key does not state them.
        AddressRefused: others may not be led to call one of them.
        EntityInvalid, KeyRefused: the witness key is not this entity's.
        ChangesTooFrequent: it changed them too often lately.
    """
    stated = registry.take_statement(party.id, statement, AddressStatement, now)
    settings = registry.settings
    for address in stated.addresses:
        require_published_address(address, settings.callable_networks(settings.address))
    if (party.addresses, party.witness) == (stated.addresses, stated.witness):
        return False
    if stated.witness is not None:
        _require_witness(registry, party, stated, stated.witness)
    registry.set_addresses(party.id, stated.addresses, now, witness=stated.witness)
    return True


def _require_witness(registry: Registry, party: Party, stated: AddressStatement, witness: WitnessAddress) -> None:
    key = key_of_vkey(witness.vkey)
    # An entity admitted before witness keys were published has none yet, and shows the one that it has.
    require_own_witness(registry, party.id, witness, party.witness_key or key.hex())
    if not party.witness_key:
        require_own_keys(registry, party.model_copy(update={"witness_key": key.hex()}))
    owner = {"network": stated.network, "entity": stated.entity, "signing_key": party.signing_key}
    verify_possession(stated.witness_proof or "", key, KeyPurpose.WITNESS, **owner)
