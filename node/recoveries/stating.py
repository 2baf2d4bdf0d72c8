"""Recovery at the entity that lost its keys: its new node states other keys, and learns how the recovery stands."""

from dataclasses import dataclass
from datetime import datetime

from node.clients import coordinator
from node.identity.enrolment import authority_pem, enrolment_channel
from node.identity.errors import EnrolmentAnswerInvalid, InvitationRefused
from node.keys import NodeKeys
from node.recoveries.errors import RecoveryVetoed
from presentation.messages import _
from service.errors import PeerRefused
from trust import canonical
from trust.directory import Directory
from trust.enrolment import Invitation, hash_secret
from trust.recovery import Recovery, RecoveryStatement, sign_recovery


@dataclass(frozen=True, slots=True)
class StatedRecovery:
    """A recovery as the directory lists it, and whether its keys are in force."""

    recovery: Recovery
    counted: bool


def state_recovery(invitation: Invitation, keys: NodeKeys, now: datetime) -> StatedRecovery:
    """State the keys of this node as those with which its entity comes back; return the recovery as it is listed.

    A repetition states the same keys again, which changes nothing and tells how the recovery stands.

    Raises:
        InvitationMalformed, InvitationRefused, PeerRefused, PeerUntrusted, PeerUnreachable: it was not taken.
        SignatureInvalid, MalformedDocument, ProofError: the directory that came back does not verify.
        EnrolmentAnswerInvalid: it does not tell of this recovery.
        RecoveryVetoed: the owner of the old keys vetoed it.
    """
    signers = keys.signers()
    statement = RecoveryStatement(
        network=invitation.network,
        entity=invitation.entity,
        time=now,
        secret_sha256=hash_secret(invitation.secret),
        new={purpose: signer.public_key.hex() for purpose, signer in signers.items()},
    )
    payload = canonical.encode(statement.model_dump(mode="json"))
    try:
        with enrolment_channel(invitation, authority_pem(invitation)) as channel:
            logged = coordinator.recover(
                channel, secret=invitation.secret, payload=payload, signatures=sign_recovery(payload, signers)
            )
    except PeerRefused as error:
        if error.peer_code.startswith("invitation_"):
            raise InvitationRefused(error.message, remedy=_("pida una invitación nueva al coordinador")) from error
        raise
    opened = logged.open(network=invitation.network, coordinator_key=bytes.fromhex(invitation.coordinator_key))
    return _listed(opened.directory, invitation.entity, statement)


def _listed(directory: Directory, entity: str, statement: RecoveryStatement) -> StatedRecovery:
    party = directory.party(entity) if entity in directory else None
    listed = (*party.recoveries, *([party.recovery] if party.recovery else [])) if party else ()
    for recovery in reversed(listed):
        recovery.verified(network=statement.network, entity=entity)
        if recovery.statement.new != statement.new:
            continue
        if recovery.veto is not None:
            raise RecoveryVetoed(_("la recuperación de {entity} está vetada", entity=entity))
        return StatedRecovery(recovery, counted=party is not None and recovery is not party.recovery)
    raise EnrolmentAnswerInvalid(_("el directorio recibido no incluye la recuperación de esta entidad"))
