"""Consents given at other entities that wait for a professional on the case, who confirms or declines them.

The professional sees the terms and the signed form. Nothing is shared under the consent until they confirm it, beyond
what other proofs open (decision 0025). The origin hears the decision in a signed message, never that nobody decided.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.consents.in_force import Obstacle
from consent_ledger.consents.model import ConsentView
from consent_ledger.log.given_elsewhere import ConfirmationBody, ConsentOrigin, ProofFound
from node.care.errors import NotOnTheCase
from node.care.professionals import check_professional
from node.care.store import case_store
from node.consents.changes import ConsentChanges
from node.consents.errors import NothingToConfirm
from node.consents.held import HeldConsents
from node.consents.in_force import ConsentInForce, InForce
from node.consents.signed_forms import EvidenceVault
from node.context import NodeContext
from node.inbox.items import Inbox, ItemKind
from node.ledger.own import own_consents
from node.people.store import people_store
from policies.assurance import Assurance
from policies.decline_reasons import decline_reason
from presentation.messages import _
from records_exchange.assurance.decisions import CONSENT_DECIDED, DecisionBody, DecisionOutcome
from records_exchange.mailboxes import NewNotification, SqlMailbox

_OVER: Final = frozenset({Obstacle.NOT_STARTED, Obstacle.ENDED, Obstacle.REFUSED, Obstacle.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A consent given elsewhere whose signed form waits for a professional.

    Attributes:
        view: the consent as held here.
        origin: where it was given, with what was found.
        form_sha256: digest of the scan of the signed form.
        closed: fields that it does not open yet, for one of its purposes and recipients at least.
    """

    view: ConsentView
    origin: ConsentOrigin
    form_sha256: str
    closed: tuple[str, ...]


class ConsentRequests:
    """The requests at one node, and the decisions on them."""

    def __init__(self, context: NodeContext, changes: ConsentChanges) -> None:
        self._context = context
        self._changes = changes
        self._vault = EvidenceVault(context.home)

    def list(self) -> tuple[ConsentRequest, ...]:
        """Return the requests that wait, the oldest first."""
        with self._context.snapshot() as session:
            found = InForce(self._context, session, self._context.clock.now()).list()
        return tuple(request for each in found if (request := _request(each)) is not None)

    def form(self, consent_id: str) -> bytes:
        """Return the scan of the signed form of a request.

        Raises:
            NothingToConfirm: the consent does not wait for a confirmation.
            EvidenceMissing: the scan is not kept here any more.
        """
        with self._context.snapshot() as session:
            request = self._get(session, consent_id)
            cipher = people_store(self._context, session).cipher_of(request.view.person_ref)
            return self._vault.read(request.view.person_ref, cipher, request.form_sha256)

    def confirm(self, consent_id: str, professional: str) -> ConsentView:
        """Confirm a consent: from its return on it opens what the policy accepts from a confirmation.

        Raises:
            NothingToConfirm: the consent does not wait for a confirmation.
            ProfessionalInvalid, NotOnTheCase: the professional may not decide.
            EvidenceMissing: the scan is not kept here any more.
        """
        self.form(consent_id)  # nobody confirms what cannot be looked at
        return self._decide(consent_id, professional, None)

    def decline(self, consent_id: str, professional: str, reason: str) -> ConsentView:
        """Decline a consent: it opens nothing here, whatever else was found.

        Raises:
            NothingToConfirm, ProfessionalInvalid, NotOnTheCase: as in `confirm`.
            UnknownTerm: there is no such reason.
        """
        decline_reason(reason)
        return self._decide(consent_id, professional, reason)

    def _decide(self, consent_id: str, professional: str, reason: str | None) -> ConsentView:
        reference, now = check_professional(professional), self._context.clock.now()
        with self._context.transaction() as session:
            request = self._get(session, consent_id)
            person, origin = request.view.person_ref, request.origin
            if not case_store(self._context, session).memberships(person, reference, now):
                raise NotOnTheCase(_("{professional} no está en el equipo del caso", professional=reference))
            digest = origin.terms_sha256 or origin.leaf_hash
            decision = ConfirmationBody(
                consent_id=consent_id,
                person_ref=person,
                origin_index=origin.index,
                terms_sha256=digest,
                form_sha256=request.form_sha256,
                decided_by=reference,
                reason=reason,
            )
            proof = ProofFound(assurance=Assurance.CONFIRMED, terms_sha256=digest, evidence_sha256=request.form_sha256)
            held = HeldConsents(self._context, session, self._changes)
            view = held.confirm(decision, proof if reason is None else None, now)
            Inbox(session).settle(ItemKind.CONSENT_REQUEST, consent_id, now)
            if reason is None or decline_reason(reason).told:
                outcome = DecisionOutcome.CONFIRMED if reason is None else DecisionOutcome.DECLINED
                body = DecisionBody(consent_id=consent_id, index=origin.index, outcome=outcome, reason=reason)
                content = body.model_dump(mode="json")
                SqlMailbox(session).post([NewNotification(CONSENT_DECIDED, origin.entity, consent_id, content)], now)
            return view

    def _get(self, session: Session, consent_id: str) -> ConsentRequest:
        known = own_consents(self._context, session).find(consent_id)
        now = self._context.clock.now()
        request = _request(InForce(self._context, session, now).of(consent_id)) if known else None
        if request is None:
            raise NothingToConfirm(consent_id)
        return request


def _request(found: ConsentInForce) -> ConsentRequest | None:
    """Return what waits for a professional of a consent; None when nothing does, or it is over."""
    view, origin = found.view, found.view.record.origin
    if origin is None or origin.form_sha256 is None or found.obstacle in _OVER:
        return None
    confirmed = any(proof.assurance is Assurance.CONFIRMED for proof in origin.proofs or ())
    if confirmed or origin.declined is not None:
        return None
    closed = {field for part in found.parts for field in part.closed}
    fields = tuple(field for field in view.record.fields if field in closed)
    return ConsentRequest(view, origin, origin.form_sha256, fields)
