"""Admission of a new entity and renewal of its certificate.

A request to join passes these checks, in this order, inside one transaction; the first that fails refuses it and
changes nothing: (1) the invitation exists; (2) it has not expired; (3) the application is signed by the key it names,
and each of its other keys has signed for its purpose; (4) it is for this network, this entity, this invitation and this
certificate request; (5) no key is weak or another entity's, ledger and witness keys carry the entity's name, and the
addresses are such as others may be led to call; (6) the invitation was not used, except by the same keys, as its first
answer may have been lost; (7) an entity that enrols again has the keys that it had; (8) the certificate request is
sound, and its key neither revoked nor somebody else's; (9) two persons approved the invitation, where they are asked
for.

An entity that enrols again gets a new certificate; those it had are revoked. A used invitation changes nothing: the
same node only gets its answer again.
"""

import hashlib
from datetime import datetime, timedelta

from consent_ledger.proofs.note import NoteVerifier
from coordinator.authority import IssuedCertificate, requested_key
from coordinator.errors import ApplicationRefused, InvitationExpired, InvitationUnknown, InvitationUsed, KeysDiffer
from coordinator.published_keys import require_own_keys, require_own_witness
from coordinator.registry import Registry, recovery_waits
from coordinator.tables import InvitationRow
from presentation.messages import _
from service.tls import key_digest
from trust.enrolment import EntityApplication, hash_secret, open_application
from trust.parties import EntityKind, EntityStatus, Party, ledger_origin
from trust.published import require_published_address
from trust.published_keys import published_keys
from trust.signing import Envelope


def admit(registry: Registry, secret: str, application: Envelope, csr_pem: bytes, now: datetime) -> bytes:
    """Admit the bearer of an invitation and return its certificate (PEM).

    Raises:
        InvitationUnknown: (1) fails.
        InvitationExpired: (2) fails.
        SignatureInvalid, MalformedDocument: (3) or (5) fails.
        ApplicationRefused: (4) or (5) fails.
        AddressRefused, EntityInvalid, KeyRefused: (5) fails.
        InvitationUsed: (6) fails.
        KeysDiffer: (7) fails.
        RecoveryWaiting: (7) the entity is recovering its keys.
        CertificateRequestRefused, TlsKeyRefused: (8) fails.
        ApprovalsMissing: (9) fails.
    """
    row = registry.lock_invitation(hash_secret(secret))
    if row is None:  # (1)
        raise InvitationUnknown(_("no existe esa invitación"), remedy=_("pida una nueva"))
    if now >= row.expires_at:  # (2)
        raise InvitationExpired(
            _("la invitación caducó el {expires_at}", expires_at=row.expires_at), remedy=_("pida una nueva")
        )
    asked = open_application(application)  # (3)
    _require_own(asked, row, registry.settings.network, csr_pem)  # (4)
    _require_own_ledger(asked)  # (5)
    _require_callable(registry, asked)  # (5)
    require_own_keys(registry, _party(asked, row))  # (5)
    if row.used_at is not None:  # (6)
        return _answer_again(registry, row, asked, csr_pem, now)
    back = row.recovers and row.used_by_key == asked.signing_key  # approved when its recovery was opened
    approved = None if back else registry.approval_of(row)  # (9)
    _require_known_keys(registry, _party(asked, row), row)  # (7)
    tls_key = key_digest(requested_key(csr_pem))  # (8)
    registry.certificates.require_own_key(row.entity, tls_key)
    registry.certificates.revoke(row.entity, now)
    certificate = issue(registry, row.entity, csr_pem, now)
    row.used_at, row.used_by_key = now, asked.signing_key
    admission = {} if row.recovers else {"admission": approved}
    registry.admit(_party(asked, row).model_copy(update=admission), now)
    return certificate.pem


def _answer_again(
    registry: Registry, row: InvitationRow, asked: EntityApplication, csr_pem: bytes, now: datetime
) -> bytes:
    listed = registry.party(row.entity) if row.used_by_key == asked.signing_key else None
    same = listed is not None and (listed.signing_key, listed.exchange_key, listed.ledger_vkey) == (
        asked.signing_key,
        asked.exchange_key,
        asked.ledger_vkey,
    )
    if not same or registry.certificates.newest_key(row.entity) != key_digest(requested_key(csr_pem)):
        raise InvitationUsed(_("la invitación ya se ha usado"), remedy=_("pida una nueva"))
    return issue(registry, row.entity, csr_pem, now).pem


def issue(registry: Registry, entity: str, csr_pem: bytes, now: datetime) -> IssuedCertificate:
    """Issue and record a certificate.

    Raises:
        CertificateRequestRefused: the request is malformed.
    """
    life = timedelta(days=registry.settings.certificate_days)
    certificate = registry.authority.sign_request(csr_pem, entity=entity, now=now, life=life)
    registry.certificates.record(entity, certificate)
    return certificate


def _require_own(asked: EntityApplication, row: InvitationRow, network: str, csr_pem: bytes) -> None:
    expected = (network, row.entity, row.secret_sha256, hashlib.sha256(csr_pem).hexdigest())
    if (asked.network, asked.entity, asked.secret_sha256, asked.csr_sha256) != expected:
        raise ApplicationRefused(_("la solicitud no corresponde a esta invitación"), remedy=_("ejecute de nuevo init"))


def _require_own_ledger(asked: EntityApplication) -> None:
    if NoteVerifier.from_vkey(asked.ledger_vkey).name != ledger_origin(asked.network, asked.entity):
        raise ApplicationRefused(
            _("la clave de registro no es la del registro de esta entidad"), remedy=_("ejecute de nuevo init")
        )


def _require_callable(registry: Registry, asked: EntityApplication) -> None:
    allowed = registry.settings.callable_networks(registry.settings.address)
    for address in asked.addresses:
        require_published_address(address, allowed)
    if asked.witness is not None:
        require_own_witness(registry, asked.entity, asked.witness, asked.witness_key)


def _require_known_keys(registry: Registry, party: Party, row: InvitationRow) -> None:
    known = registry.find(party.id)
    if known is None:
        return
    if known.pending_recovery is not None:
        raise recovery_waits(party.id)
    before, after = published_keys(known), published_keys(party)
    if {**after, **before} != after:  # an entity of an earlier version has no witness key yet
        if row.recovers:
            raise ApplicationRefused(
                _("la invitación es para recuperar las claves de {entity}", entity=party.id),
                remedy=_("ejecute redpact-node recover"),
            )
        raise KeysDiffer(
            _("{entity} se inscribe de nuevo con otras claves", entity=party.id),
            remedy=_("restaure keys/ de la copia de seguridad de la entidad"),
        )


def _party(asked: EntityApplication, row: InvitationRow) -> Party:
    return Party(
        id=row.entity,
        name=row.name,
        kind=EntityKind(row.kind),
        status=EntityStatus.ACTIVE,
        addresses=asked.addresses,
        signing_key=asked.signing_key,
        exchange_key=asked.exchange_key,
        ledger_vkey=asked.ledger_vkey,
        witness=asked.witness,
        witness_key=asked.witness_key,
    )
