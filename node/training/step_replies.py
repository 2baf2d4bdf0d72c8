"""Answers of this node to the steps of a campaign. The coordinator is not trusted in any of them.

Every step is answered in this order, without exception:

- (0) the witnesses say that this node's ledger is its newest;
- (1) the guard admits it, by the manifest and decision stored here, never by the coordinator's copies;
- (2) an answer already stored is returned as it is; nothing is computed;
- (3) otherwise the installed code computes one;
- (4) the guard checks once more; the answer's bytes, their privacy cost and the ledger entry become durable together;
- (5) only when the witnesses have cosigned that entry too does the caller sign and send it.

A refusal, by whichever of the checks (1) to (4), closes the campaign at this node for good before the caller hears of
it. A witness that knows a newer ledger closes all campaigns, as this node is an old copy then. Witnesses that are
silent are no refusal: nothing is answered, and the step may be asked again.
"""

import hashlib

import structlog
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import TrainingContributedBody
from consent_ledger.log.entry import EntryType, NewEntry
from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    AgreeRequest,
    CohortRequest,
    JoinRequest,
    MaskRequest,
    OpeningRequest,
    ReceivedDocument,
    RevealRequest,
    StepRequest,
    TableRequest,
    UnmaskRequest,
    WeightsRequest,
    read_request,
)
from federated.errors import FederatedError
from federated.models import local_sum_for
from federated.participation.enrolment import Enrolments
from federated.participation.local_sums import LocalSums
from federated.participation.round_replies import Participant
from federated.participation.table_replies import TableParticipant
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.ledger.witnessing.errors import LedgerContradicted
from node.training.campaign_closures import close_for_good
from node.training.campaign_decisions import decimal, finite_decimal
from node.training.cohort_steps import AdmittedStep, CohortSteps, Refresh, answer_alone
from node.training.duplicate_check import DuplicateCheck
from node.training.errors import TrainingError
from node.training.ledger_freshness import LedgerFreshness
from node.training.local_data import local_people, training_data
from node.training.stores import epsilon_ledger, own_enrolments, training_guard

_log = structlog.get_logger(__name__)


class StepReplies:
    """Answers step requests; keeps each campaign's people in memory from the first round on."""

    def __init__(self, context: NodeContext, refresh: Refresh) -> None:
        self._context = context
        self._cohort_steps = CohortSteps(context, refresh)
        self._participants: dict[str, Participant] = {}
        self._duplicates = DuplicateCheck(context)
        self._freshness = LedgerFreshness(context)

    def answer(self, raw: bytes) -> bytes:
        """Return the reply to a request: durable, and paid for where it costs.

        Raises:
            FederatedError: the guard or the cohort refuses.
            TrainingError: the data are missing, or not as they were registered.
            RuntimeFault, TrustError: this node has a fault; nothing is answered.
            LedgerContradicted: the ledger here is an old copy; every campaign is closed.
            LedgerUnwitnessed: nobody can tell whether it is; nothing is answered.
        """
        asked = read_request(raw)  # bytes that name no step of any campaign close none
        try:
            # (0) nothing is added to an old copy of the ledger, nor paid from an old copy of the budget
            self._freshness.require()
            reply = self._admitted(asked)
            # (5) a copy restored from before this reply could not know it, but the witnesses do
            self._freshness.require()
        except (FederatedError, TrainingError) as error:
            close_for_good(self._context, asked.document, error)
            self.forget(asked.document.campaign_id)
            raise
        except LedgerContradicted:
            self._participants.clear()
            raise
        return reply

    def forget(self, campaign_id: str) -> None:
        """Free the memory of a campaign's people."""
        self._participants.pop(campaign_id, None)

    def _admitted(self, asked: ReceivedDocument[StepRequest]) -> bytes:
        # (1) admitted, or (2) answered before; a read, so that writers do not wait meanwhile
        with self._context.snapshot() as session:
            admission = training_guard(self._context, session).admit(asked, self._context.clock.now())
        if admission.stored is not None:
            return admission.stored
        return self._answered(AdmittedStep(asked, admission))

    def _answered(self, step: AdmittedStep) -> bytes:
        match step.asked.document:
            case JoinRequest() | RevealRequest() | CohortRequest() | AgreeRequest() as request:
                return self._cohort_steps.answer(step, request)
            case TableRequest() | OpeningRequest() | WeightsRequest():
                return self._counting(step, step.asked.document)
            case MaskRequest():
                return self._mask(step, step.asked.document)
            case UnmaskRequest():
                return self._unmask(step, step.asked.document)

    def _counting(self, step: AdmittedStep, request: TableRequest | OpeningRequest | WeightsRequest) -> bytes:
        def made(session: Session) -> bytes:
            enrolments, manifest = own_enrolments(self._context, session), step.manifest
            cohort = enrolments.cohort(manifest, step.digest)
            taking_part = TableParticipant(manifest, cohort, enrolments.masker(cohort), enrolments.entity)
            match request:
                case TableRequest():
                    people = training_data(self._context, session, manifest).keys
                    return self._duplicates.table(session, enrolments, taking_part, request, people)
                case OpeningRequest():
                    enrolments.required.check(request.survivors)
                    return taking_part.opening(request)
                case WeightsRequest():
                    return self._duplicates.weigh(enrolments, taking_part, request)

        return answer_alone(self._context, step, made)

    def _mask(self, step: AdmittedStep, request: MaskRequest) -> bytes:
        participant = self._participant(step)
        # (3) computed outside the transaction, so that the node goes on answering others meanwhile
        reply = participant.mask(ReceivedDocument(request, step.asked.raw))
        # (4) paid for, logged and stored together
        with self._context.transaction() as session:
            ledger = own_ledger(self._context, session)
            ledger.lock()  # before the budget's lock, as everywhere
            now = self._context.clock.now()
            durable = training_guard(self._context, session).record(step.asked, reply, now)
            if durable is not reply:
                return durable  # another worker stored an answer first: its bytes count
            ledger.append([NewEntry(EntryType.TRAINING_CONTRIBUTED, self._body(session, step, request, reply))], now)
            return durable

    def _unmask(self, step: AdmittedStep, request: UnmaskRequest) -> bytes:
        participant = self._participant(step)
        with self._context.snapshot() as session:
            enrolments = own_enrolments(self._context, session)
            enrolments.required.check(request.survivors)
            self._duplicates.require_counted(enrolments, step.manifest, request.survivors)
        reply = participant.unmask(ReceivedDocument(request, step.asked.raw))
        return answer_alone(self._context, step, lambda _session: reply)

    def _body(
        self, session: Session, step: AdmittedStep, request: MaskRequest, reply: bytes
    ) -> TrainingContributedBody:
        statement = epsilon_ledger(session).statement()
        return TrainingContributedBody(
            campaign_id=request.campaign_id,
            manifest_sha256=request.manifest_sha256,
            round=request.round,
            data_set=step.admission.dataset,
            epsilon_after=decimal(statement.spent),
            epsilon_alone_after=finite_decimal(statement.spent_alone),
            delta=decimal(statement.limit.delta),
            contribution_sha256=hashlib.sha256(reply).hexdigest(),
        )

    def _participant(self, step: AdmittedStep) -> Participant:
        campaign_id = step.manifest.campaign_id
        if campaign_id not in self._participants:
            with self._context.snapshot() as session:
                enrolments = own_enrolments(self._context, session)
                self._participants[campaign_id] = self._made(session, enrolments, step)
        return self._participants[campaign_id]

    def _made(self, session: Session, enrolments: Enrolments, step: AdmittedStep) -> Participant:
        manifest = step.manifest
        cohort = enrolments.cohort(manifest, step.digest)
        masker = enrolments.masker(cohort)
        data = training_data(self._context, session, manifest)
        weights = self._duplicates.weights(enrolments, manifest, data.keys)
        people = local_people(data, manifest, weights)
        own_noise = epsilon_ledger(session).require_open(manifest.campaign_id).own_noise
        sums = LocalSums(manifest, people, local_sum_for(manifest), own_noise)
        return Participant(manifest, cohort, masker, sums)


def warm_up(context: NodeContext, session: Session, manifest: CampaignManifest) -> None:
    """Load the data, the model's libraries and the noise, so that the first round is not slow.

    Unreadable data are only logged here: the round that needs them is refused with the code.
    """
    try:
        data = training_data(context, session, manifest)
        trainer = LocalSums(manifest, local_people(data, manifest, None), local_sum_for(manifest))
        trainer.warm_up()
    except (FederatedError, TrainingError) as error:
        _log.warning("data_unreadable", campaign=manifest.campaign_id, code=error.code)
