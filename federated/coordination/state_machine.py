"""The coordinator's side of a campaign: the requests of each step, and the effect of the replies on the model.

A state machine without clock, network or database. Its caller sends `requests`, hands the replies to `accept` and keeps
the progress; after a restart it continues from there. Once the survivors of a round are kept, the round can only be
unmasked for them: the masked sums are requested again with the same bytes, and the entities, or the message table, send
the stored ones. Each request names its recipient's chain (`federated.coordination.step_chains`): an entity that missed
a step is asked that one again, and takes part again when it has answered.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from federated.campaign.manifest import CampaignManifest
from federated.campaign.possible_sums import PossibleSums
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import (
    MaskRequest,
    StepKind,
    StepReply,
    StepRequest,
    encode_document,
    pack,
    read_reply,
)
from federated.coordination.cohort_forming import FORMING, CampaignSetup, CohortForming, require_enough
from federated.coordination.gathered_sum import GatheredSum
from federated.coordination.progress import Progress
from federated.coordination.step_requests import StepRequests
from federated.coordination.transcript import RoundRecord, chained
from federated.duplicates.keyed_table import TABLE_ROUND, TableShape
from federated.errors import CohortTooSmall, FederatedError, SecureSumRefused, SumLost, TrainingMessageMalformed
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import Position, StageKind
from federated.secagg.cohort import Cohort
from presentation.messages import _
from trust.errors import TrustError

_log = logging.getLogger(__name__)

_GATHERING: Final = {StepKind.OPENING: StepKind.TABLE, StepKind.UNMASK: StepKind.MASK}
_COUNTING: Final = (StepKind.TABLE, StepKind.OPENING, StepKind.WEIGHTS)
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
        self._requests = StepRequests(terms, self._forming, self.sums)
        self._sum: GatheredSum | None = None
        self._asked: dict[str, bytes] = {}
        self._waited = False

    @property
    def done(self) -> bool:
        """True when every round is over."""
        return self.progress.round > self._manifest.rounds

    @property
    def steps_left(self) -> int:
        """Upper bound on the number of steps until `done`."""
        setup = len(self._setup) - self._setup.index(self.progress.step) if self.progress.step in self._setup else 0
        rounds = 3 * (self._manifest.rounds - self.progress.completed)  # of each, one step may be asked twice
        return 2 * setup + rounds + 1  # one more to gather the masked sums after a restart

    def requests(self) -> dict[str, bytes]:
        """Return the next step's documents, by entity; nothing when the campaign is done.

        An entity that missed a step gets that one again; when without it too few are left, the others wait for it for
        one step, and are asked the same again. Entities that withdrew their approval since the cohort was
        formed, or refused a step, get no request.
        """
        if self.done:
            return {}
        approved = frozenset(self._terms.approved) - self.progress.chains.gone
        asked = self.progress.survivors if self._gathers_again else self._members
        found = self._requests.due(self._expected, self.progress, asked, self._sum)
        self._asked = self._addressed({entity: request for entity, request in found.items() if entity in approved})
        if not self._gathers_again:
            late = self.progress.chains.unanswered
            self._asked |= {entity: late[entity] for entity in self._members if entity in late and entity in approved}
        return dict(self._asked)

    def accept(self, replies: Mapping[str, bytes], declined: Collection[str] = ()) -> RoundRecord | None:
        """Process the replies to `requests` and advance; return the record of a round that is over.

        Args:
            replies: by entity.
            declined: entities that refused the step, for good.

        Raises:
            CohortTooSmall: fewer entities than the manifest's minimum are left.
            SumLost: the lost sum is one on which the model is built.
            SumImpossible: people and noise cannot give an opened sum.
        """
        asked = self._asked or self.requests()
        late = frozenset() if self._gathers_again else frozenset(self.progress.chains.unanswered)
        current = {entity: raw for entity, raw in replies.items() if entity in asked and entity not in late}
        known = {entity: reply for entity, raw in current.items() if (reply := self._read(entity, raw)) is not None}
        if self._waits(known, late.intersection(replies)):
            caught_up = {entity: asked[entity] for entity in late.intersection(replies)}
            self.progress = replace(self.progress, chains=self.progress.chains.after(caught_up, replies, declined))
            self._asked, self._waited = {}, True
            return None
        self._waited = False
        if not self._gathers_again:
            before, chains = self.progress.chains.heads, self.progress.chains.after(asked, replies, declined)
            if self._expected in _GATHERING.values():
                chains = replace(chains, before_sum={entity: before[entity] for entity in known})
            self.progress = replace(self.progress, chains=chains)
        record = self._advanced(known)
        self.progress = replace(self.progress, chains=self.progress.chains.keeping(self._members))
        self._asked = {}
        return record

    def _waits(self, known: Collection[str], caught_up: Collection[str]) -> bool:
        # Too few answered, but others have just answered the step before: the next time there may be enough.
        few = len(known) < self._manifest.minimum_cohort and self.progress.step not in _GATHERING
        return few and bool(caught_up) and not self._waited

    def _advanced(self, known: Mapping[str, StepReply]) -> RoundRecord | None:
        match self._expected:
            case step if step in FORMING:
                following = StepKind.TABLE if self._manifest.counts_entities else StepKind.MASK
                self.progress = self._forming.accept(self.progress, known, following)
            case StepKind.TABLE:
                self._on_table(known)
            case StepKind.OPENING:
                self._on_opening(known)
            case StepKind.WEIGHTS:
                require_enough(self._manifest, self.progress, len(known))
                self.progress = replace(self.progress, step=StepKind.MASK, table=b"")
            case StepKind.MASK:
                return self._on_mask(known)
            case StepKind.UNMASK:
                return self._on_unmask(known)
        return None

    @property
    def _setup(self) -> tuple[StepKind, ...]:
        counted = _COUNTING if self._manifest.counts_entities else ()
        return (*FORMING, *counted)

    @property
    def _gathers_again(self) -> bool:
        # After a restart the inputs of the sum are gone: they are asked for once more, with the same bytes.
        return self.progress.step in _GATHERING and self._sum is None

    @property
    def _expected(self) -> StepKind:
        return _GATHERING[self.progress.step] if self._gathers_again else self.progress.step

    @property
    def _members(self) -> tuple[str, ...]:
        return self.progress.counted or tuple(sorted(self.progress.statements or self.progress.commitments))

    @property
    def _position(self) -> Position:
        return self._requests.position(self.progress)

    @property
    def cohort(self) -> Cohort:
        """The cohort, known after REVEAL."""
        return self._requests.cohort(self.progress)

    def _addressed(self, due: Mapping[str, StepRequest]) -> dict[str, bytes]:
        chains = self.progress.chains
        heads = chains.before_sum if self._gathers_again else chains.heads
        return {
            entity: encode_document(
                request.model_copy(update={"previous": heads.get(entity, self._terms.manifest_sha256)})
            )
            for entity, request in due.items()
        }

    @property
    def _gathered(self) -> GatheredSum:
        assert self._sum is not None, "it is gathered before it is opened"
        return self._sum

    def _read(self, entity: str, raw: bytes) -> StepReply | None:
        try:
            reply = read_reply(raw).document
            expected = self._expected
            if reply.kind != expected.value or getattr(reply, "round", self.progress.round) != self.progress.round:
                raise TrainingMessageMalformed(
                    _("se recibió una respuesta {reply}; se esperaba {expected}", reply=reply.kind, expected=expected)
                )
        except FederatedError as error:
            self._fault(entity, error)
            return None
        return reply

    def _on_table(self, replies: Mapping[str, StepReply]) -> None:
        cohort = self.cohort
        shape = TableShape.of(self._manifest.people_estimate, len(cohort.keys))
        shared = self._requests.table(self.progress).shared_sha256
        gathered = GatheredSum(cohort, TABLE_ROUND, bytes.fromhex(shared))
        if not self._gather(gathered, replies, shape.words):
            raise _without_count(_("faltan tablas de entidades que ya se anunciaron"))
        self.progress = replace(self.progress, step=StepKind.OPENING)

    def _on_opening(self, replies: Mapping[str, StepReply]) -> None:
        try:
            total = self._opened(replies)
        except (SumLost, SecureSumRefused) as error:
            raise _without_count(error.message) from error
        counted = self.progress.survivors
        self.progress = replace(
            self.progress, step=StepKind.WEIGHTS, table=pack(total.view("<u8")), counted=counted, survivors=()
        )
        # Only those that were counted contribute, to sums in which only these are.
        self.progress = replace(
            self.progress, deliveries={}, counted_sha256=self._requests.weights(self.progress).shared_sha256
        )
        self._sum = None

    def _on_mask(self, replies: Mapping[str, StepReply]) -> RoundRecord | None:
        shared = bytes.fromhex(self._requests.mask(self.progress).shared_sha256)
        gathered = GatheredSum(self.cohort, self.progress.round, shared)
        if not self._gather(gathered, replies, self.sums.size(self._position.stage.kind)):
            # Entities may have replied for this list already, and reply for no other one.
            _log.warning("round %s is lost: masked sums of its survivors are missing", self.progress.round)
            return self._finish_round(None)
        self.progress = replace(self.progress, step=StepKind.UNMASK)
        return None

    def _on_unmask(self, replies: Mapping[str, StepReply]) -> RoundRecord:
        try:
            total = self._opened(replies)
        except (SumLost, SecureSumRefused) as error:
            _log.warning("round %s is lost: %s", self.progress.round, error.message)
            return self._finish_round(None)
        opened = tuple(int(number) for number in total)
        PossibleSums(self.sums).check(self._position, len(self.progress.survivors), self.progress.vectors, opened)
        return self._finish_round(opened)

    def _gather(self, gathered: GatheredSum, replies: Mapping[str, StepReply], size: int) -> bool:
        """Take the inputs of a sum and return whether it has those of all survivors, announced now or before."""
        gathered.gather(replies, size, self._fault)
        survivors = self.progress.survivors or tuple(sorted(gathered.inputs))
        require_enough(self._manifest, self.progress, len(survivors))
        self._require_openable(survivors)
        gathered.inputs = {entity: gathered.inputs[entity] for entity in survivors if entity in gathered.inputs}
        self.progress = replace(self.progress, survivors=survivors)
        self._sum = gathered
        return len(gathered.inputs) == len(survivors)

    def _opened(self, replies: Mapping[str, StepReply]) -> IntVector:
        total, unusable = self._gathered.opened(replies)
        for entity, reason in unusable.items():
            _log.warning("%s: the answer of %s was set aside: %s", self.progress.step, entity, reason)
        return total

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
            parameters_sha256=_published_sha256(self._requests.mask(self.progress)),
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
        self._sum = None
        return record

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


def _published_sha256(request: MaskRequest) -> str:
    return hashlib.sha256(request.parameters + request.model).hexdigest()


def _without_count(reason: str) -> SumLost:
    return SumLost(
        _("se ha perdido el recuento de las personas que están en varias entidades: {reason}", reason=reason),
        remedy=_("inicie una campaña nueva cuando las entidades puedan seguir conectadas"),
    )
