"""Enrolment: the node's first call, which trusts only the authority and key that the invitation names."""

import hashlib
from datetime import datetime
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from consent_ledger.directories.logged import LoggedDirectory
from consent_ledger.proofs.note import NoteSigner
from node import keys as key_files
from node.clients import coordinator
from node.directory_cache import DirectoryCache
from node.identity.errors import EnrolmentAnswerInvalid, InvitationRefused
from node.identity.files import CERTIFICATE_FILE
from node.identity.reach import Reach
from node.identity.requests import certificate_request, require_own_certificate
from node.identity.tls_key import finish_replacement, next_tls_key
from node.keys import NodeKeys
from presentation.messages import _
from service.errors import PeerRefused
from service.files import write_private
from service.tls import read_tls_key
from trust.directory import Directory
from trust.enrolment import EntityApplication, Invitation, hash_secret
from trust.errors import DirectoryUnvouched, InvitationMalformed, UnknownParty
from trust.key_proofs import KeyPurpose, prove_possession
from trust.parties import COORDINATOR_ID, ledger_origin, server_name
from trust.signing import Envelope


def enrol(
    home: Path,
    invitation: Invitation,
    *,
    keys: NodeKeys,
    reach: Reach,
    now: datetime,
    again: DirectoryCache | None = None,
) -> Directory:
    """Join the network of an invitation with the keys in `home` and return its directory.

    The answer is checked before anything is written: (1) the directory is signed by the invitation's key and of its
    network, and the newest of its log; (2) the certificate is for our key and entity, by the invitation's authority;
    (3) the directory lists us with our own keys. Certificate and directory are then kept in `home`. An entity that
    enrols again does so with a new TLS key, as the coordinator revokes the certificates of the earlier one.

    Args:
        home: of the node.
        invitation: from the coordinator.
        keys: of the node.
        reach: where others reach it.
        now: the present time.
        again: the directory of a node that enrols again; one that its anchors have not cosigned yet comes later.

    Raises:
        InvitationMalformed: the invitation's certificate authority is not a certificate.
        InvitationRefused: the coordinator refuses the invitation: used, expired, or unknown to it.
        PeerRefused: it refused for another reason.
        PeerUntrusted: the coordinator's certificate is not by the invitation's authority.
        PeerUnreachable: no answer.
        SignatureInvalid, MalformedDocument, ProofError: (1) fails.
        DirectoryForked: the directory contradicts the one that this node has.
        EnrolmentAnswerInvalid: (2) or (3) fails.
    """
    tls_key = next_tls_key(home) if again is not None else read_tls_key(home / key_files.FOLDER / key_files.TLS)
    csr = certificate_request(tls_key, invitation.entity)
    ca_pem = authority_pem(invitation)
    coordinator_key = bytes.fromhex(invitation.coordinator_key)
    kept = again or DirectoryCache(home, network=invitation.network, coordinator_key=coordinator_key)
    application = _application(invitation, keys, reach, csr)
    certificate_pem, logged = _call(invitation, ca_pem, csr, application, known_size=kept.size())
    require_own_certificate(
        certificate_pem, key=tls_key, ca_pem=ca_pem, network=invitation.network, entity=invitation.entity
    )
    directory = logged.open(network=invitation.network, coordinator_key=coordinator_key).directory
    _require_listed(directory, invitation.entity, keys)
    try:
        directory = kept.accept(logged, now)
    except DirectoryUnvouched:
        if again is None:
            raise
    write_private(home / CERTIFICATE_FILE, certificate_pem)
    finish_replacement(home, CERTIFICATE_FILE)
    return directory


def _application(invitation: Invitation, keys: NodeKeys, reach: Reach, csr: bytes) -> Envelope:
    origin = ledger_origin(invitation.network, invitation.entity)
    proofs = {
        f"{purpose.value}_proof": prove_possession(
            signer,
            purpose,
            network=invitation.network,
            entity=invitation.entity,
            signing_key=keys.signing.public_key.hex(),
        )
        for purpose, signer in keys.signers().items()
        if purpose is not KeyPurpose.SIGNING
    }
    application = EntityApplication(
        network=invitation.network,
        entity=invitation.entity,
        addresses=reach.addresses,
        signing_key=keys.signing.public_key.hex(),
        exchange_key=keys.exchange_public.hex(),
        ledger_vkey=NoteSigner(origin, keys.ledger).vkey,
        witness_key=keys.witness.public_key.hex(),
        witness=reach.witness,
        secret_sha256=hash_secret(invitation.secret),
        csr_sha256=hashlib.sha256(csr).hexdigest(),
        **proofs,
    )
    return application.seal(keys.signing)


def _call(
    invitation: Invitation, ca_pem: bytes, csr: bytes, application: Envelope, *, known_size: int = 0
) -> tuple[bytes, LoggedDirectory]:
    try:
        with enrolment_channel(invitation, ca_pem) as channel:
            return coordinator.enrol(
                channel, secret=invitation.secret, csr_pem=csr, application=application, known_size=known_size
            )
    except PeerRefused as error:
        if error.peer_code.startswith("invitation_"):
            raise InvitationRefused(error.message, remedy=_("pida una invitación nueva al coordinador")) from error
        raise


def enrolment_channel(invitation: Invitation, ca_pem: bytes) -> grpc.Channel:
    """Return a channel to the port of enrolment, which trusts only the authority that the invitation names."""
    name = server_name(invitation.network, COORDINATOR_ID)
    options = (("grpc.ssl_target_name_override", name),)
    return grpc.secure_channel(invitation.address, grpc.ssl_channel_credentials(ca_pem), options)


def authority_pem(invitation: Invitation) -> bytes:
    """Return the certificate of the authority that the invitation names, PEM.

    Raises:
        InvitationMalformed: it is not a certificate.
    """
    try:
        certificate = x509.load_der_x509_certificate(invitation.ca_der)
    except ValueError as error:
        raise InvitationMalformed(
            _("la autoridad de certificación de la invitación no es un certificado"), remedy=_("pida otra invitación")
        ) from error
    return certificate.public_bytes(serialization.Encoding.PEM)


def _require_listed(directory: Directory, entity: str, keys: NodeKeys) -> None:
    try:
        party = directory.party(entity)
    except UnknownParty as error:
        raise EnrolmentAnswerInvalid(_("el directorio recibido no incluye esta entidad")) from error
    if party.signing_key != keys.signing.public_key.hex() or party.exchange_key != keys.exchange_public.hex():
        raise EnrolmentAnswerInvalid(_("el directorio recibido incluye otras claves para esta entidad"))
