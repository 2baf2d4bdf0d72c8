"""Consents in an audit: changed only as allowed (check 8), complete records (check 13), and the people who refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import RowSection, Story
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.consents.model import (
    DENY_NOTHING,
    STATE_NAMES,
    TRANSITIONS,
    VALID_FOR_PROCESSING,
    ConsentState,
)
from consent_ledger.consents.order import Agreement, Denial, act_digest, prevails
from consent_ledger.log.actors import Actor, Guardian
from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS, ConsentBody, WithdrawalBody
from consent_ledger.log.end_bodies import ConsentEndedBody, ExpiryBody
from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.entry_words import entry_name
from policies.catalogue import load_catalogue
from policies.notices import load_notices
from policies.support import load_support_rules
from presentation.messages import _, listing

_STATE_AFTER: Final = {kind: state for state, kind in TRANSITIONS.values()}
_STATES_BEFORE: Final = {
    kind: {before for (before, _act), (_state, entry) in TRANSITIONS.items() if entry is kind} for kind in _STATE_AFTER
}
_NOBODY: Final[frozenset[str]] = frozenset()
_Kept = TypeVar("_Kept")


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """The parts of a consent record that later entries are compared with.

    Attributes:
        agreed_at: tells a new agreement from a narrower version.
        known_ends: withdrawals that a consent given elsewhere comes after; None when it does not say.
    """

    consent_id: str
    person_ref: str
    fields: frozenset[str]
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    agreed_at: datetime | None
    given_here: bool
    known_ends: tuple[str, ...] | None


@dataclass(slots=True)
class AuditedConsent:
    """A consent at one place of the log. A ledger has a great many, so the rest of the record is not kept."""

    state: ConsentState
    terms: ConsentTerms
    agreed_index: int
    denial: Denial | None = None
    released_to: frozenset[str] = _NOBODY
    acknowledged_by: frozenset[str] = _NOBODY
    ended_at: int = 0

    @property
    def states_its_order(self) -> bool:
        """True when the record has what orders it; consents written before that was recorded have nothing."""
        return self.terms.given_here or self.terms.known_ends is not None

    def live(self, time: datetime) -> bool:
        """Return whether it is valid for processing at a time."""
        return self.state in VALID_FOR_PROCESSING and self.terms.valid_from <= time < self.terms.valid_until


class ConsentHistory(FeatureChecks):
    """Replays the changes of every consent. Check 8; the checks of other features ask it."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("consents")
        self._consents: dict[str, AuditedConsent] = {}
        self._denials: dict[str, list[AuditedConsent]] = {}  # by person
        self._kept: dict[Any, Any] = {}  # one copy of each set of fields, purposes, recipients
        self.bodies_lost = False
        """True when the content of an entry about a consent is missing."""

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {
            ConsentBody: self._change,
            WithdrawalBody: self._end,
            ExpiryBody: self._end,
            ConsentEndedBody: self._end,
        }

    @override
    def lost(self, entry: AuditedEntry) -> None:
        self.bodies_lost |= entry.leaf.type in _STATE_AFTER

    def get(self, consent_id: str) -> AuditedConsent | None:
        """Return a consent as the entries so far leave it."""
        return self._consents.get(consent_id)

    def denied(self, consent: AuditedConsent, purpose: str, recipient: str) -> frozenset[str]:
        """Return the fields that a later no took from a consent, by the rule of `consents.order`."""
        terms = consent.terms
        agreement = Agreement(consent.agreed_index, terms.given_here, terms.known_ends or ())
        taken = [
            denial.terms.fields & terms.fields
            for denial in self._denials.get(terms.person_ref, ())
            if denial.denial is not None
            and purpose in denial.terms.purposes
            and recipient in denial.terms.recipients
            and prevails(denial.denial, agreement)
        ]
        return _NOBODY.union(*taken)

    def withdrawn(self) -> Iterator[tuple[str, AuditedConsent]]:
        """Iterate by their ids over the consents whose end every party is told: withdrawn, or their person has died."""
        over = (ConsentState.WITHDRAWN, ConsentState.ENDED)
        return ((name, found) for name, found in self._consents.items() if found.state in over)

    def released(self, consent: AuditedConsent, recipient: str) -> None:
        """Note that data went to a recipient under a consent."""
        if recipient not in consent.released_to:
            consent.released_to = self._one(consent.released_to | {recipient})

    def acknowledged(self, consent: AuditedConsent, entity: str) -> None:
        """Note that an entity acknowledged the withdrawal of a consent."""
        consent.acknowledged_by = self._one(consent.acknowledged_by | {entity})

    def _change(self, entry: AuditedEntry, body: ConsentBody) -> None:
        for party in body.parties:
            self.report.names.setdefault(party.id, party.name)
        known = self._consents.get(body.consent_id)
        if not self._allowed(entry, known, body.consent_id):
            return
        state, terms = _STATE_AFTER[entry.leaf.type], self._terms(body)
        if known is None:
            known = self._consents[terms.consent_id] = AuditedConsent(state, terms, entry.index)
        else:
            if body.agreed_at is not None and body.agreed_at != known.terms.agreed_at:
                known.agreed_index = entry.index
            known.state, known.terms = state, terms
        if state is ConsentState.REFUSED:
            self._deny(known, Denial(entry.index, None))

    def _end(self, entry: AuditedEntry, body: WithdrawalBody | ExpiryBody | ConsentEndedBody) -> None:
        known = self._consents.get(body.consent_id)
        if not self._allowed(entry, known, body.consent_id) or known is None:
            return
        known.state, known.ended_at = _STATE_AFTER[entry.leaf.type], entry.index
        if isinstance(body, WithdrawalBody) and body.reason not in DENY_NOTHING:
            act = act_digest(body.consent_id, body.acted_at or entry.leaf.time)
            self._deny(known, Denial(entry.index, act))

    def _deny(self, consent: AuditedConsent, denial: Denial) -> None:
        consent.denial = denial
        self._denials.setdefault(consent.terms.person_ref, []).append(consent)

    def _allowed(self, entry: AuditedEntry, known: AuditedConsent | None, consent_id: str) -> bool:
        if known is None and self.bodies_lost and None not in _STATES_BEFORE[entry.leaf.type]:
            return False  # its beginning may be among the erased bodies
        self._check.examined += 1
        before = known.state if known else None
        if before in _STATES_BEFORE[entry.leaf.type]:
            return True
        self._check.fail(
            "transition",
            _(
                "El consentimiento {consent} estaba «{state}» y no admite una anotación «{type}».",
                consent=consent_id,
                state=STATE_NAMES[before] if before else _("sin dar"),
                type=entry_name(entry.leaf.type),
            ),
            index=entry.index,
        )
        return False

    def _terms(self, body: ConsentBody) -> ConsentTerms:
        return ConsentTerms(
            body.consent_id,
            body.person_ref,
            self._one(frozenset(body.fields)),
            self._one(body.purposes),
            self._one(body.recipients),
            body.valid_from,
            body.valid_until,
            body.agreed_at,
            body.origin is None,
            None if body.known_ends is None else self._one(body.known_ends),
        )

    def _one(self, value: _Kept) -> _Kept:
        """Return the one kept copy of a value that many consents have in common."""
        kept: _Kept = self._kept.setdefault(value, value)
        return kept


class RecordChecks(FeatureChecks):
    """Compares consent records with the network's documents. Check 13."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("records")
        self._notices = {notice.sha256 for notice in load_notices().notices}
        self._rules = load_support_rules().by_id
        self._unknown_notices: set[str] = set()
        self._never_shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ConsentBody: self._consent, WithdrawalBody: self._withdrawal}

    def fields(self, index: int, fields: tuple[str, ...]) -> None:
        """Check that an entry covers only fields that a general consent may share."""
        never = self._never_shared.get(fields)
        if never is None:
            catalogue = load_catalogue()
            never = tuple(name for name in fields if name in catalogue and not catalogue.field(name).shareable)
            self._never_shared[fields] = never
        if never:
            self._check.fail(
                "field_never_shared",
                _("Trata datos que no se ceden con un consentimiento general: {names}.", names=listing(never)),
                index=index,
            )

    def _consent(self, entry: AuditedEntry, body: ConsentBody) -> None:
        self._check.examined += 1
        self.fields(entry.index, body.fields)
        if not self.report.origin.endswith(f"/entity/{body.controller}"):
            self._check.fail(
                "controller",
                _(
                    "El consentimiento dice que lo recogió {controller}, que no es la entidad del registro.",
                    controller=body.controller,
                ),
                index=entry.index,
            )
        self._guardian(entry, body)
        if body.special_fields and body.lawful_basis != EXPLICIT_CONSENT_BASIS:
            self._check.fail(
                "explicit_basis",
                _("Trata categorías especiales de datos sin consentimiento explícito (RGPD art. 9.2.a)."),
                index=entry.index,
            )
        self._notice(entry.index, body)

    def _withdrawal(self, entry: AuditedEntry, body: WithdrawalBody) -> None:
        if body.entity is None:  # one told from elsewhere names its guardian there
            self._guardian(entry, body)

    def _guardian(self, entry: AuditedEntry, body: ConsentBody | WithdrawalBody) -> None:
        if (body.acted_by is Actor.GUARDIAN) != (body.guardian is not None):
            self._check.fail("guardian", _("No consta quién actuó en nombre de la persona."), index=entry.index)
        elif body.guardian is not None and body.guardian.rule is not None:
            self._rule(entry, body.guardian, given=isinstance(body, ConsentBody))

    def _rule(self, entry: AuditedEntry, guardian: Guardian, *, given: bool) -> None:
        """Check that the stated rule lets the relation act, and that the person was heard where it asks for it."""
        rule = self._rules.get(guardian.rule or "")
        if rule is None or rule.relation != guardian.relation:
            self._check.fail(
                "guardian_rule",
                _(
                    "Quien actuó por la persona ({relation}) lo hizo con una regla que no se lo permite.",
                    relation=guardian.relation,
                ),
                index=entry.index,
            )
        elif given and rule.heard_from == 0 and guardian.heard is not True:
            self._check.fail(
                "person_not_heard",
                _("No consta que se oyera a la persona, como pide la ley ({article}).", article=rule.article),
                index=entry.index,
            )

    def _notice(self, index: int, body: ConsentBody) -> None:
        digest = body.notice.sha256
        if digest in self._notices or digest in self._unknown_notices:
            return
        self._unknown_notices.add(digest)  # reported once: thousands of consents share a notice
        self._check.warn(
            "notice_unknown",
            _(
                "La información que se mostró ({id} {version}) no es ninguna de las publicadas.",
                id=body.notice.id,
                version=body.notice.version,
            ),
            index=index,
        )


class RefusedConsentSection(RowSection):
    """The people who were asked for a consent and refused it; it also gives the report the names of entities."""

    template = "audit/refused_consents.html"
    counted = EntryType.CONSENT_REFUSED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ConsentBody: self._consent}

    def _consent(self, entry: AuditedEntry, body: ConsentBody) -> None:
        story: Story = self.story
        story.names.update({party.id: party.name for party in body.parties})
        story.consent_entries.setdefault(body.consent_id, entry.index)
        if entry.leaf.type is EntryType.CONSENT_REFUSED:
            self.add(entry, body)


CONSENTS: Final = Feature(
    names={
        EntryType.CONSENT_GIVEN: _("Consentimientos dados"),
        EntryType.CONSENT_RENEWED: _("Consentimientos renovados o reducidos"),
        EntryType.CONSENT_REFUSED: _("Consentimientos denegados"),
        EntryType.CONSENT_WITHDRAWN: _("Consentimientos retirados"),
        EntryType.CONSENT_EXPIRED: _("Consentimientos caducados"),
        EntryType.CONSENT_ENDED: _("Consentimientos terminados"),
    },
    numbered=(
        NumberedCheck(8, "consents", _("Los consentimientos cambian solo como está permitido")),
        NumberedCheck(13, "records", _("Los consentimientos están completos y solo tratan datos que se pueden ceder")),
    ),
    checks=(ConsentHistory, RecordChecks),
    sections=(RefusedConsentSection,),
)
