"""The coordinator's side of the steps before the rounds in which the cohort is formed: JOIN, REVEAL, COHORT, AGREE.

Entities that fall silent in JOIN or REVEAL are done without. From COHORT on the cohort is fixed: as everybody masks
only with the signed agreement of all, a missing one ends the campaign, before any privacy is spent.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    AgreeRequest,
    CohortReply,
    CohortRequest,
    JoinReply,
    JoinRequest,
    RevealReply,
    RevealRequest,
    StepKind,
    StepReply,
    encode_document,
    read_request,
)
from federated.coordination.progress import Progress
from federated.duplicates.group_key import SEALED_SHARE_BYTES
from federated.errors import CohortTooSmall, FederatedError, TrainingMessageMalformed
from federated.secagg.agreement import CohortAgreement, require_same
from federated.secagg.cohort import Cohort
from federated.secagg.cohort_reading import AGREEMENT, COMMITMENT, STATEMENT, CohortReader, Kind
from federated.secagg.keys import EntityStatement, check_public_key, statement_sha256
from presentation.messages import _, listing
from trust import canonical
from trust.errors import TrustError

FORMING: Final = (StepKind.JOIN, StepKind.REVEAL, StepKind.COHORT, StepKind.AGREE)
"""The steps, in their order."""

_S = TypeVar("_S", bound=EntityStatement)

OnFault = Callable[[str, FederatedError | TrustError], None]
"""Told of an entity whose reply is set aside, and why."""


@dataclass(frozen=True, slots=True)
class CampaignSetup:
    """The fixed terms of a running campaign.

    Attributes:
        approved: entities that approved.
        key_of: returns the signing key of an entity from the network's directory.
    """

    manifest: CampaignManifest
    manifest_sha256: str
    approved: tuple[str, ...]
    key_of: Callable[[str], bytes]

    @property
    def names(self) -> dict[str, str]:
        """The fields by which every request names the campaign."""
        return {"campaign_id": self.manifest.campaign_id, "manifest_sha256": self.manifest_sha256}


class CohortForming:
    """Forms the cohort of one campaign; the caller keeps the progress."""

    def __init__(self, setup: CampaignSetup, on_fault: OnFault) -> None:
        self._setup = setup
        self._on_fault = on_fault
        self._reader = CohortReader(setup.manifest, setup.manifest_sha256, setup.key_of)

    def requests(self, progress: Progress) -> dict[str, bytes]:
        """Return the documents of the next step, by entity."""
        names = self._setup.names
        match progress.step:
            case StepKind.JOIN:
                return dict.fromkeys(self._setup.approved, encode_document(JoinRequest(**names)))
            case StepKind.REVEAL:
                shown = encode_document(RevealRequest(**names, commitments=_sorted(progress.commitments)))
                return dict.fromkeys(sorted(progress.commitments), shown)
            case StepKind.COHORT:
                return dict.fromkeys(sorted(progress.statements), self._cohort_request(progress))
            case _:
                agreements, sent = _sorted(progress.agreements), _sent(progress.deliveries)
                return {
                    entity: encode_document(AgreeRequest(**names, agreements=agreements, shares=_shares(sent, entity)))
                    for entity in sorted(progress.statements)
                }

    def accept(self, progress: Progress, replies: Mapping[str, StepReply], following: StepKind) -> Progress:
        """Process the replies to a step; `following` is the step after AGREE.

        Raises:
            CohortTooSmall: fewer entities than the manifest's minimum are left, or one of the cohort does not agree.
        """
        match progress.step:
            case StepKind.JOIN:
                found = self._usable(replies, self._commitment)
                require_enough(self._setup.manifest, progress, len(found))
                return replace(progress, step=StepKind.REVEAL, commitments=found)
            case StepKind.REVEAL:
                committed = self._reader.commitments(_sorted(progress.commitments))
                found = self._usable(replies, lambda entity, reply: self._statement(entity, reply, committed))
                require_enough(self._setup.manifest, progress, len(found))
                return replace(progress, step=StepKind.COHORT, statements=found)
            case StepKind.COHORT:
                return self._agreed(progress, replies)
            case _:
                require_enough(self._setup.manifest, progress, len(replies))
                return replace(progress, step=following, deliveries={})

    def cohort(self, progress: Progress) -> Cohort:
        """Return the cohort, known after REVEAL."""
        committed = self._reader.commitments(_sorted(progress.commitments))
        return self._reader.revealed(_sorted(progress.statements), committed).cohort

    def _cohort_request(self, progress: Progress) -> bytes:
        return encode_document(CohortRequest(**self._setup.names, statements=_sorted(progress.statements)))

    def _usable(self, replies: Mapping[str, StepReply], checked: Callable[[str, StepReply], bytes]) -> dict[str, bytes]:
        found = {}
        for entity, reply in replies.items():
            try:
                found[entity] = checked(entity, reply)
            except (FederatedError, TrustError) as error:
                self._on_fault(entity, error)
        return found

    def _commitment(self, entity: str, reply: StepReply) -> bytes:
        assert isinstance(reply, JoinReply)
        self._own(entity, reply.commitment, COMMITMENT)
        return reply.commitment

    def _statement(self, entity: str, reply: StepReply, committed: Mapping[str, str]) -> bytes:
        assert isinstance(reply, RevealReply)
        opened = self._own(entity, reply.statement, STATEMENT)
        check_public_key(entity, bytes.fromhex(opened.channel_key))
        if committed.get(entity) != statement_sha256(reply.statement):
            raise TrainingMessageMalformed(_("la clave no es la que la entidad fijó antes"))
        return reply.statement

    def _agreed(self, progress: Progress, replies: Mapping[str, StepReply]) -> Progress:
        cohort, request = self.cohort(progress), read_request(self._cohort_request(progress))
        agreements, shares = {}, {}
        for entity, reply in replies.items():
            assert isinstance(reply, CohortReply)
            expected = CohortAgreement(
                **self._setup.names,
                entity=entity,
                cohort_sha256=cohort.sha256.hex(),
                request_sha256=request.sha256,
            )
            try:
                require_same(expected, self._own(entity, reply.agreement, AGREEMENT))
                self._check_shares(entity, reply.shares, cohort)
            except (FederatedError, TrustError) as error:
                self._on_fault(entity, error)
            else:
                agreements[entity] = reply.agreement
                shares[entity] = {name: base64.b64encode(share).decode() for name, share in reply.shares.items()}
        missing = sorted(set(cohort.keys) - set(agreements))
        if missing:
            raise CohortTooSmall(
                _("no llegó lo que firman sobre la cohorte estas entidades: {missing}", missing=listing(missing)),
                remedy=_("no se ha gastado privacidad: inicie una campaña nueva cuando puedan seguir conectadas"),
            )
        sent = {entity: canonical.encode(each) for entity, each in shares.items()}
        return replace(progress, step=StepKind.AGREE, agreements=agreements, deliveries=sent)

    def _check_shares(self, entity: str, shares: Mapping[str, bytes], cohort: Cohort) -> None:
        draws = self._setup.manifest.counts_entities and cohort.is_member(entity)
        others = set(cohort.keys) - {entity} if draws else set()
        if set(shares) != others or any(len(share) != SEALED_SHARE_BYTES for share in shares.values()):
            raise TrainingMessageMalformed(_("las partes del mensaje no son las del protocolo"))

    def _own(self, entity: str, statement: bytes, kind: Kind[_S]) -> _S:
        opened = self._reader.opened(statement, kind)
        if opened.entity != entity:
            raise TrainingMessageMalformed(_("lo firma otra entidad: {other}", other=opened.entity))
        return opened


def require_enough(manifest: CampaignManifest, progress: Progress, count: int) -> None:
    """Check the number of entities that took part in a step.

    Raises:
        CohortTooSmall: fewer than the manifest's minimum.
    """
    if count < manifest.minimum_cohort:
        raise CohortTooSmall(
            _(
                "{step} de la ronda {round}: entidades que participaron, {count}; el mínimo es {minimum_cohort}",
                step=progress.step,
                round=progress.round,
                count=count,
                minimum_cohort=manifest.minimum_cohort,
            ),
            remedy=_("inicie una campaña nueva cuando puedan participar más entidades"),
        )


def _sorted(statements: Mapping[str, bytes]) -> tuple[bytes, ...]:
    return tuple(statements[entity] for entity in sorted(statements))


def _sent(deliveries: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    return {sender: canonical.decode(each, max_bytes=len(each)) for sender, each in deliveries.items()}


def _shares(sent: Mapping[str, Mapping[str, str]], recipient: str) -> dict[str, bytes]:
    return {sender: base64.b64decode(each[recipient]) for sender, each in sent.items() if recipient in each}
