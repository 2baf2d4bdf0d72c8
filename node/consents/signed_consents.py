"""Consents that people sign with their own certificate: the form to be signed, and the consent once it is.

The form names the consent's id and times, so that what was signed is exactly what is recorded. The person signs it with
a program of their own, such as AutoFirma.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import DENIALS, ConsentGrant, ConsentView
from consent_ledger.errors import ConsentInvalid
from consent_ledger.log.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS, Actor, Notice
from node.consents.assurance.authorities import SignatureAuthorities
from node.consents.assurance.papers import require_sendable
from node.consents.consents import GrantInput
from node.consents.grant_scope import GrantScope, grant_scope
from node.consents.guardians import circumstances, require_entitled
from node.consents.held import HeldConsents
from node.consents.propagation.copies import EvidenceGiven, post_copies
from node.consents.signed_forms import EvidenceVault, Scan
from node.consents.terms import current_notice, end_of_validity, exchange_purposes, special_fields
from node.ledger.own import own_consents
from node.people.documents import Document, parse_document
from node.people.store import people_store
from policies.local_days import local_day
from policies.notices import load_notices
from presentation.messages import _
from records_exchange.assurance.e_signature import read_signed_form
from records_exchange.assurance.form_document import FormDocument
from records_exchange.assurance.form_pdf import form_pdf
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import FormSignatureInvalid

if TYPE_CHECKING:
    from node.consents.changes import ConsentChanges
    from node.context import NodeContext

FORM_LIFETIME: Final = timedelta(days=30)
"""The time in which a form may be signed and handed in."""


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """A form to be signed: its PDF and its terms."""

    pdf: bytes
    terms: ConsentTerms


class SignedConsents:
    """Writes forms, and records the consents that were signed on them."""

    def __init__(self, context: "NodeContext", changes: "ConsentChanges") -> None:
        self._context = context
        self._changes = changes

    def form(self, given: GrantInput) -> WrittenForm:
        """Return the form for the person to sign. Nothing is recorded.

        Raises:
            RedpactError: as in `Consents.grant`.
        """
        now, scope = self._context.clock.now(), self._scope(given)
        with self._context.snapshot() as session:
            self._entitled_person(session, given.document, now)
        terms = ConsentTerms(
            consent_id=secrets.token_hex(16),
            origin=self._context.settings.entity,
            fields=tuple(sorted(scope.fields)),
            purposes=tuple(sorted(exchange_purposes(given.purposes)["purposes"])),
            recipients=tuple(sorted(scope.recipients)),
            holders=tuple(sorted(scope.holders)),
            valid_from=now,
            valid_until=end_of_validity(now, given.valid_days),
            agreed_at=now,
            acted_by=Actor.PERSON,
            guardian_relation=None,
            notice_sha256=current_notice(given.language).sha256,
        )
        return WrittenForm(form_pdf(FormDocument.of(terms, self._context.entity_names(), given.language)), terms)

    def grant(self, file: Path) -> ConsentView:
        """Record the consent of a signed form; it is durable, and in the ledger, when this returns.

        Raises:
            EvidenceUnreadable, FormTooLarge: the file cannot be read, or does not fit a message.
            ESignatureUnavailable, FormSignatureInvalid, AuthorityInvalid: the signature cannot be verified, or is not
                valid under the authorities pinned here.
            ConsentInvalid: it is recorded already, or too old.
            RedpactError: as in `Consents.grant`.
        """
        now, scan = self._context.clock.now(), Scan.read(file)
        require_sendable(scan)
        signed = read_signed_form(scan.data, SignatureAuthorities(self._context).certificates(), now)
        terms = signed.form.terms
        self._require_ours(signed.form, now)
        given = GrantInput(
            document=parse_document(signed.document),
            purposes=terms.purposes,
            recipients=terms.recipients,
            fields=terms.fields,
            holders=terms.holders,
        )
        scope = self._scope(given)
        with self._context.transaction() as session:
            person = self._entitled_person(session, given.document, now)
            held = HeldConsents(self._context, session, self._changes)
            if held.find(terms.consent_id) is not None:
                raise ConsentInvalid(
                    _("el consentimiento de este formulario ya está registrado"), remedy=_("ejecute: consent list")
                )
            self._require_no_later_no(session, person, terms)
            view = held.grant(_grant(person, scope, signed.form, scan), now)
            if ConsentTerms.of(view.record) != terms:  # the catalogue or the directory changed since it was written
                raise _outdated()
            cipher = people_store(self._context, session).cipher_of(person)
            EvidenceVault(self._context.home).keep(person, cipher, scan)
            post_copies(session, view, now, EvidenceGiven("e_signature"))
            return view

    def _require_no_later_no(self, session: Session, person: str, terms: ConsentTerms) -> None:
        """Refuse a form that the person signed before a no: recorded now, it would prevail over it."""
        agreed = terms.agreed_at or terms.valid_from
        for view in own_consents(self._context, session).list(person):
            same = set(view.record.purposes) & set(terms.purposes) and set(view.record.recipients) & set(
                terms.recipients
            )
            if view.state in DENIALS and same and view.changed_at >= agreed:
                raise ConsentInvalid(
                    _("la persona dijo que no después de que se escribiera este formulario"),
                    remedy=_("si ha cambiado de idea, escriba otro con «redpact-node consent form»"),
                )

    def _require_ours(self, form: FormDocument, now: datetime) -> None:
        terms, names = form.terms, self._context.entity_names()
        if terms.origin != self._context.settings.entity or terms.acted_by is not Actor.PERSON:
            raise FormSignatureInvalid(
                _("el formulario es de {entity}", entity=terms.origin),
                remedy=_("regístrelo en la entidad que lo escribió"),
            )
        agreed = terms.agreed_at or terms.valid_from
        if not now - FORM_LIFETIME <= agreed <= now or not form.named_as(names):
            raise _outdated()

    def _scope(self, given: GrantInput) -> GrantScope:
        named = {"recipients": given.recipients, "holders": given.holders}
        return grant_scope(self._context, **named, purposes=given.purposes, fields=given.fields)

    def _entitled_person(self, session: Session, document: Document, now: datetime) -> str:
        people = people_store(self._context, session)
        person = people.get_by_document(document).person_id
        people.standing.of(person).require_open()
        known = circumstances(self._context, session, person, None)
        require_entitled(people.identity(person), None, local_day(now), known)
        return person


def _grant(person: str, scope: GrantScope, form: FormDocument, scan: Scan) -> ConsentGrant:
    terms, special = form.terms, special_fields(scope.fields)
    return ConsentGrant(
        person_ref=person,
        fields=scope.fields,
        special_fields=special,
        **exchange_purposes(terms.purposes),
        recipients=scope.recipients,
        parties=scope.parties,
        holders=scope.holders,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        notice=_notice(terms.notice_sha256),
        language=form.lang,
        method="e-signature",
        lawful_basis=EXPLICIT_CONSENT_BASIS if special else CONSENT_BASIS,
        evidence_sha256=scan.sha256,
        consent_id=terms.consent_id,
        agreed_at=terms.agreed_at,
    )


def _notice(sha256: str) -> Notice:
    for notice in load_notices().notices:
        if notice.sha256 == sha256:
            return Notice(id=notice.id, version=notice.version, sha256=notice.sha256)
    raise _outdated()


def _outdated() -> ConsentInvalid:
    return ConsentInvalid(
        _("el formulario firmado ya no corresponde a lo que se puede registrar hoy"),
        remedy=_("escriba otro con «redpact-node consent form» y pida a la persona que lo firme antes de 30 días"),
    )
