"""Releases in an audit: each under a live consent, none after its end. Checks 9 and 10; refusals and receptions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup
from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.features.consents import AuditedConsent, ConsentHistory, RecordChecks
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import RowSection, Story
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.consents.model import VALID_FOR_PROCESSING
from consent_ledger.log.bodies import RefusalBody, ReleaseBody, ReleaseReceivedBody
from consent_ledger.log.entry import Body, EntryType
from presentation import charts
from presentation.messages import _, listing

_NO_FIELDS: Final[frozenset[str]] = frozenset()


class ReleaseChecks(FeatureChecks):
    """Compares each release with the consents that it names. Checks 9 and 10, and check 13 for its fields."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._releases, self._ends = self.report.check("releases"), self.report.check("withdrawals")
        self._history, self._records = run.part(ConsentHistory), run.part(RecordChecks)

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReleaseBody: self._release}

    def _release(self, entry: AuditedEntry, body: ReleaseBody) -> None:
        self._records.fields(entry.index, body.fields)
        named = [self._history.get(consent_id) for consent_id in body.consents]
        consents = [consent for consent in named if consent is not None]
        if len(consents) < len(named) and self._history.bodies_lost:
            self._releases.warn(
                "release_unverifiable",
                _(
                    "No se puede comprobar la cesión a {recipient}: el contenido del consentimiento se borró.",
                    recipient=body.recipient,
                ),
                index=entry.index,
            )
            return
        self._releases.examined += 1
        self._ends.examined += 1
        open_to, denied, unordered = _NO_FIELDS, _NO_FIELDS, _NO_FIELDS
        for consent in consents:
            self._history.released(consent, body.recipient)
            if self._covers(entry, body, consent):
                taken = self._history.denied(consent, body.purpose, body.recipient)
                open_to |= consent.terms.fields - taken
                denied |= taken
                unordered |= _NO_FIELDS if consent.states_its_order else taken
        fields = frozenset(body.fields) - open_to
        self._denied(entry, body, fields & denied, unordered)
        self._uncovered(entry, body, fields - denied)

    def _denied(
        self, entry: AuditedEntry, body: ReleaseBody, fields: frozenset[str], unordered: frozenset[str]
    ) -> None:
        """Report fields that the person had said no to; a warning where the record does not state the order."""
        values = {"recipient": body.recipient, "names": listing(sorted(fields))}
        if not fields:
            return
        if fields <= unordered:
            text = _(
                "No consta si el consentimiento dado en otra entidad es posterior a la negativa de la persona a ceder "
                "a {recipient}: {names}.",
                **values,
            )
            self._ends.warn("release_order_unknown", text, index=entry.index)
            return
        text = _("Se cedió a {recipient} aunque la persona había dicho después que no: {names}.", **values)
        self._ends.fail("release_after_denial", text, index=entry.index)

    def _uncovered(self, entry: AuditedEntry, body: ReleaseBody, fields: frozenset[str]) -> None:
        if fields:
            self._releases.fail(
                "release_uncovered",
                _(
                    "Se cedió a {recipient} sin consentimiento vigente: {names}.",
                    recipient=body.recipient,
                    names=listing(sorted(fields)),
                ),
                index=entry.index,
            )

    def _covers(self, entry: AuditedEntry, body: ReleaseBody, consent: AuditedConsent) -> bool:
        terms = consent.terms
        if consent.state not in VALID_FOR_PROCESSING or entry.leaf.time >= terms.valid_until:
            self._ends.fail(
                "release_after_end",
                _(
                    "Se cedió a {recipient} cuando el consentimiento {consent} ya no valía.",
                    recipient=body.recipient,
                    consent=terms.consent_id,
                ),
                index=entry.index,
            )
            return False
        return (
            entry.leaf.time >= terms.valid_from
            and body.purpose in terms.purposes
            and body.recipient in terms.recipients
            and body.person_ref == terms.person_ref
        )


class ReleaseSection(RowSection):
    """Each release: its recipient, time, purpose, fields and consents; totals by recipient and by purpose."""

    template = "audit/releases.html"
    counted = EntryType.RELEASE

    def __init__(self, story: Story) -> None:
        super().__init__(story)
        self._recipients: Counter[str] = Counter()
        self._purposes: Counter[str] = Counter()

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReleaseBody: self._release}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        recipients = [(glossary.term(term), count) for term, count in self._recipients.most_common()]
        purposes = [(glossary.term(term), count) for term, count in self._purposes.most_common()]
        say = glossary.say
        return super().context(glossary) | {
            "recipients": recipients,
            "recipients_chart": _bars(say("Cesiones por entidad que recibió los datos"), recipients, glossary.lang),
            "purposes": purposes,
            "purposes_chart": _bars(say("Cesiones por finalidad"), purposes, glossary.lang),
        }

    def _release(self, entry: AuditedEntry, body: ReleaseBody) -> None:
        self.add(entry, body)
        self._recipients[body.recipient] += 1
        self._purposes[body.purpose] += 1


def _bars(title: str, items: Sequence[tuple[str, int]], lang: str) -> Markup:
    return charts.figure(charts.bars(title, items, lang), title)


class RefusalSection(RowSection):
    """The requests that were refused."""

    template = "audit/refusals.html"
    counted = EntryType.REFUSAL

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {RefusalBody: self.add}


class ReceptionSection(RowSection):
    """The answers that this entity received from others."""

    template = "audit/receptions.html"
    counted = EntryType.RELEASE_RECEIVED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReleaseReceivedBody: self.add}


RELEASES: Final = Feature(
    names={EntryType.RELEASE: _("Cesiones")},
    numbered=(
        NumberedCheck(9, "releases", _("Cada cesión tenía un consentimiento vigente")),
        NumberedCheck(10, "withdrawals", _("Nada se cedió después de una retirada, una negativa o una caducidad")),
    ),
    checks=(ReleaseChecks,),
    sections=(ReleaseSection,),
)
ANSWERS: Final = Feature(
    names={EntryType.REFUSAL: _("Peticiones rechazadas"), EntryType.RELEASE_RECEIVED: _("Recepciones")},
    sections=(RefusalSection, ReceptionSection),
)
