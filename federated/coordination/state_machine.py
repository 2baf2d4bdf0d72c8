"""The coordinator's side of a campaign: the requests of each step, and the effect of the replies on the model.

A state machine without clock, network or database. Its caller sends `requests`, hands the replies to `accept` and keeps
the progress; after a restart it continues from there. Once the survivors of a round are kept, the round can only be
unmasked for them: the masked sums are requested again, and the entities, or the message table, send the stored bytes.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import (
    MaskReply,
    MaskRequest,
    StepKind,
    StepReply,
    StepRequest,
    TagsReply,
    TagsRequest,
    UnmaskReply,
    UnmaskRequest,
    WeightsRequest,
    encode_document,
    pack,
    read_reply,
    read_request,
)
from federated.coordination.cohort_forming import FORMING, CampaignSetup, CohortForming, require_enough
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord, chained
from federated.duplicates.multiplicities import multiplicities, pack_counts, unpack_tags
from federated.errors import CohortTooSmall, FederatedError, SecureSumRefused, SumLost, TrainingMessageMalformed
from federated.privacy.stages import Position, StageKind, position_of
from federated.secagg import server as secagg
from federated.secagg.cohort import Cohort
from federated.secagg.messages import MaskedInput, UnmaskingResponse, check_input
from presentation.messages import _
from trust.errors import TrustError

_log = logging.getLogger(__name__)

_FOUNDATIONS: Final = frozenset({StageKind.EDGES, StageKind.MEANS})
"""Stages of one sum each on which the model is built."""


def start(manifest: CampaignManifest, manifest_sha256: str) -> Progress:
    """Return the progress of a campaign before its first step."""
    return Progress(StepKind.JOIN, 1, StageSums(manifest).program.start(), manifest_sha256)


class CampaignStateMachine:
    """Advances one campaign from its progress to its end."""

    def __init__(self, terms: CampaignSetup, progress: Progress) -> None:
        self.progress = progress
        self.sums = StageSums(terms.manifest)
        self._terms = terms
        self._manifest = terms.manifest
        self._forming = CohortForming(terms, self._fault)
        self._inputs: dict[str, MaskedInput] = {}
        self._mask_request = b""
        self._cohort: Cohort | None = None

    @property
    def done(self) -> bool:
        """True when every round is over."""
        return self.progress.round > self._manifest.rounds

    @property
    def steps_left(self) -> int:
        """Upper bound on the number of steps until `done`."""
        setup = len(self._setup) - self._setup.index(self.progress.step) if self.progress.step in self._setup else 0
        rounds = 2 * (self._manifest.rounds - self.progress.completed)
        return setup + rounds + (0 if setup else 1)  # one more to gather the masked sums after a restart

    def requests(self) -> dict[str, bytes]:
        """Return the next step's documents, by entity; nothing when the campaign is done.

        Entities that withdrew their approval since the cohort was formed get no request.
        """
        if self.done:
            return {}
        approved = frozenset(self._terms.approved)
        return {entity: document for entity, document in self._requests().items() if entity in approved}

    def accept(self, replies: Mapping[str, bytes]) -> RoundRecord | None:
        """Process the replies to `requests` and advance; return the record of a round that is over.

        Raises:
            CohortTooSmall: fewer entities than the manifest's minimum are left.
            SumLost: the lost sum is one on which the model is built.
        """
        known = {entity: reply for entity, raw in replies.items() if (reply := self._read(entity, raw)) is not None}
        match self.progress.step:
            case step if step in FORMING:
                self.progress = self._forming.accept(self.progress, known, self._setup_after_forming)
            case StepKind.TAGS:
                self._on_tags(known)
            case StepKind.WEIGHTS:
                require_enough(self._manifest, self.progress, len(known))
                self.progress = replace(self.progress, step=StepKind.MASK, deliveries={})
            case StepKind.UNMASK if self._inputs:
                return self._on_unmask(known)
            case StepKind.MASK | StepKind.UNMASK:
                return self._on_mask(known)
        return None

    @property
    def _setup(self) -> tuple[StepKind, ...]:
        counted = (StepKind.TAGS, StepKind.WEIGHTS) if self._manifest.counts_entities else ()
        return (*FORMING, *counted)

    @property
    def _setup_after_forming(self) -> StepKind:
        return StepKind.TAGS if self._manifest.counts_entities else StepKind.MASK

    @property
    def _names(self) -> dict[str, str]:
        return self._terms.names

    @property
    def _members(self) -> tuple[str, ...]:
        return tuple(sorted(self.progress.statements))

    @property
    def _position(self) -> Position:
        position = position_of(self._manifest.stages, self.progress.round)
        if position is None:
            raise TrainingMessageMalformed(_("la campaña no tiene la ronda {round}", round=self.progress.round))
        return position

    @property
    def cohort(self) -> Cohort:
        """The cohort, known after REVEAL."""
        if self._cohort is None:
            self._cohort = self._forming.cohort(self.progress)
        return self._cohort

    def _requests(self) -> dict[str, bytes]:
        if self.progress.step in self._setup:
            return self._setup_requests()
        if self._inputs:
            return self._unmask_requests()
        return dict.fromkeys(self.progress.survivors or self._members, self._mask_bytes())

    def _setup_requests(self) -> dict[str, bytes]:
        match self.progress.step:
            case step if step in FORMING:
                return self._forming.requests(self.progress)
            case StepKind.TAGS:
                return dict.fromkeys(self._members, encode_document(TagsRequest(**self._names)))
            case _:
                counted = tuple(sorted(self.progress.deliveries))
                return self._each(
                    lambda delivery: WeightsRequest(**self._names, multiplicities=delivery, counted=counted)
                )

    def _each(self, request: Callable[[bytes], StepRequest]) -> dict[str, bytes]:
        return {entity: encode_document(request(delivery)) for entity, delivery in self.progress.deliveries.items()}

    def _mask_bytes(self) -> bytes:
        if not self._mask_request:
            position = self._position
            parameters, model = self.sums.published(self.progress.vectors, position)
            self._mask_request = encode_document(
                MaskRequest(
                    **self._names,
                    round=self.progress.round,
                    parameters=pack(parameters),
                    model=model,
                    cohort_sha256=self.cohort.sha256.hex(),
                    transcript=self.progress.transcript,
                )
            )
        return self._mask_request

    def _unmask_requests(self) -> dict[str, bytes]:
        asked = read_request(self._mask_bytes())
        return {
            entity: encode_document(
                UnmaskRequest(
                    **self._names,
                    round=self.progress.round,
                    mask_request_sha256=asked.sha256,
                    survivors=self.progress.survivors,
                    shares=dict(secagg.shares_for(self.cohort, self._inputs, entity)),
                )
            )
            for entity in secagg.required_responders(self.cohort, self.progress.survivors)
        }

    def _read(self, entity: str, raw: bytes) -> StepReply | None:
        try:
            reply = read_reply(raw).document
            expected = StepKind.MASK if not self._inputs and self._after_setup else self.progress.step
            if reply.kind != expected.value or getattr(reply, "round", self.progress.round) != self.progress.round:
                raise TrainingMessageMalformed(
                    _("se recibió una respuesta {reply}; se esperaba {expected}", reply=reply.kind, expected=expected)
                )
        except FederatedError as error:
            self._fault(entity, error)
            return None
        return reply

    @property
    def _after_setup(self) -> bool:
        return self.progress.step in {StepKind.MASK, StepKind.UNMASK}

    def _on_tags(self, replies: Mapping[str, StepReply]) -> None:
        require_enough(self._manifest, self.progress, len(replies))
        tags = {entity: reply.tags for entity, reply in replies.items() if isinstance(reply, TagsReply)}
        usable = {entity: each for entity, data in tags.items() if (each := self._tags(entity, data)) is not None}
        require_enough(self._manifest, self.progress, len(usable))
        deliveries = {entity: pack_counts(counts) for entity, counts in multiplicities(usable).items()}
        self.progress = replace(self.progress, step=StepKind.WEIGHTS, deliveries=deliveries)

    def _tags(self, entity: str, data: bytes) -> tuple[bytes, ...] | None:
        try:
            return unpack_tags(data)
        except FederatedError as error:
            self._fault(entity, error)
            return None

    def _on_mask(self, replies: Mapping[str, StepReply]) -> RoundRecord | None:
        size = self.sums.size(self._position.stage.kind)
        inputs: dict[str, MaskedInput] = {}
        for entity, reply in replies.items():
            assert isinstance(reply, MaskReply)
            try:
                masked = MaskedInput(reply.vector, reply.shares)
                check_input(self.cohort, entity, masked, size)
            except FederatedError as error:
                self._fault(entity, error)
            else:
                inputs[entity] = masked
        survivors = self.progress.survivors or tuple(sorted(inputs))
        require_enough(self._manifest, self.progress, len(survivors))
        self._require_openable(survivors)
        self._inputs = {entity: inputs[entity] for entity in survivors if entity in inputs}
        if len(self._inputs) < len(survivors):
            # Entities may have replied for this list already, and reply for no other one.
            _log.warning("round %s is lost: masked sums of its survivors are missing", self.progress.round)
            return self._finish_round(None)
        self.progress = replace(self.progress, step=StepKind.UNMASK, survivors=survivors)
        return None

    def _on_unmask(self, replies: Mapping[str, StepReply]) -> RoundRecord:
        answers = {
            entity: UnmaskingResponse(reply.sealed, reply.key_shares, reply.attestations)
            for entity, reply in replies.items()
            if isinstance(reply, UnmaskReply)
        }
        asked = read_request(self._mask_bytes())
        context = bytes.fromhex(asked.sha256)
        try:
            opened = secagg.total(self.cohort, self._inputs, answers, self.progress.round, context)
        except (SumLost, SecureSumRefused) as error:
            _log.warning("round %s is lost: %s", self.progress.round, error.message)
            return self._finish_round(None)
        for entity, reason in opened.unusable.items():
            _log.warning("round %s: the answer of %s was set aside: %s", self.progress.round, entity, reason)
        return self._finish_round(tuple(int(number) for number in opened.total))

    def _finish_round(self, total: tuple[int, ...] | None) -> RoundRecord:
        progress, position = self.progress, self._position
        if total is None and position.stage.kind in _FOUNDATIONS:
            raise SumLost(
                _("ronda {round}: se ha perdido la suma sobre la que se construye el modelo", round=progress.round),
                remedy=_("inicie una campaña nueva cuando las entidades puedan seguir conectadas"),
            )
        record = RoundRecord(
            round=progress.round,
            stage=position.stage.kind.value,
            contributors=progress.survivors,
            parameters_sha256=self._published_sha256(),
            total=total or (),
        )
        vectors, evaluation = progress.vectors, progress.evaluation
        if total is not None and position.stage.kind is StageKind.EVALUATE:
            evaluation = total
        elif total is not None:
            vectors = self.sums.program.advance(vectors, position.stage.kind, position.index + 1, total)
        everybody = {*progress.contributors, *progress.survivors} if total is not None else {*progress.contributors}
        self.progress = replace(
            progress,
            step=StepKind.MASK,
            round=progress.round + 1,
            vectors=vectors,
            transcript=chained(progress.transcript, record),
            survivors=(),
            evaluation=evaluation,
            contributors=tuple(sorted(everybody)),
            lost=progress.lost + (total is None),
        )
        self._inputs, self._mask_request = {}, b""
        return record

    def _published_sha256(self) -> str:
        document = read_request(self._mask_bytes()).document
        assert isinstance(document, MaskRequest), "it was written as one"
        return hashlib.sha256(document.parameters + document.model).hexdigest()

    def _require_openable(self, survivors: tuple[str, ...]) -> None:
        try:
            self.cohort.check_survivors(frozenset(survivors), self._manifest.minimum_cohort)
        except SecureSumRefused as error:
            raise CohortTooSmall(
                _("ronda {round}: {error}", round=self.progress.round, error=error.message),
                remedy=_("inicie una campaña nueva cuando más entidades puedan seguir hasta el final"),
            ) from error

    def _fault(self, entity: str, error: FederatedError | TrustError) -> None:
        _log.warning("%s of %s: %s (%s)", self.progress.step, entity, error.message, error.code)
