"""The access report for the person: one HTML file a language, in the second person, to be read or printed on A4."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consent_ledger.audit.words import term_label
from consent_ledger.consents.assured import strongest
from consent_ledger.log.bodies import (
    AccessReportBody,
    ConsentBody,
    ReferralBody,
    RefusalBody,
    ReleaseBody,
    ReleaseReceivedBody,
    WithdrawalBody,
    WithheldField,
)
from consent_ledger.log.card_bodies import CardBlockedBody, CardIssuedBody
from consent_ledger.log.end_bodies import ConsentEndedBody, ExpiryBody
from consent_ledger.log.entry import EntryType
from consent_ledger.log.given_elsewhere import ConfirmationBody, ConsentOrigin
from consent_ledger.log.person_bodies import PersonChangedBody
from consent_ledger.log.person_words import CHANGE_NAMES
from consent_ledger.log.reading_bodies import RecordReadBody
from node.consents.in_force_report import in_force_message
from node.consents.latest_change import Change, change_between
from node.rights.access_report.collecting import PersonEntry
from node.rights.access_report.document import AccessReport, HolderPart, part_failure
from policies.assurance import assurance_label
from policies.card_ends import card_end_label
from policies.record_readings import part_label, reading_reason
from policies.referrals import MOVES, ReferralStep, WordList, load_referral_words
from policies.staff_reasons import staff_reason
from presentation import formats
from presentation.messages import Message, _, in_language, speaking
from presentation.pages import Pages, moment

_PAGES: Final = Pages("node.rights.access_report")
_DECISIONS: Final[Mapping[EntryType, Message]] = {
    EntryType.CONSENT_GIVEN: _("usted dio su consentimiento"),
    EntryType.CONSENT_RENEWED: _("usted lo renovó"),
    EntryType.CONSENT_REFUSED: _("usted dijo que no"),
    EntryType.CONSENT_WITHDRAWN: _("usted lo retiró"),
    EntryType.CONSENT_EXPIRED: _("caducó"),
    EntryType.CONSENT_ENDED: _("terminó"),
}
_CHANGES: Final[Mapping[Change, Message]] = {
    Change.NARROWED: _("usted lo redujo"),
    Change.RENEWED_AND_NARROWED: _("usted lo renovó y redujo"),
}
_ANSWERS: Final[Mapping[EntryType, Message]] = {
    EntryType.CONSENT_CONFIRMED: _("un profesional de esta entidad vio su firma y lo confirmó"),
    EntryType.CONSENT_DECLINED: _("un profesional de esta entidad no lo confirmó"),
}
_ENTRY: Final = _("N.º")
_DATE: Final = _("Fecha")
_WHO: Final = _("Quién")
_ROLE: Final = _("En calidad de")
_PURPOSE: Final = _("Para qué")
_DATA: Final = _("Qué datos")
_TO: Final = _("Para quién")


@dataclass(frozen=True, slots=True)
class _Part:
    """A table with its heading and a warning; `empty` is shown in place of a table without rows."""

    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    heading: str = ""
    caution: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    parts: Sequence[_Part]
    note: str = ""


def report_page(report: AccessReport, lang: str) -> str:
    """Return the page in a language, ``es`` or ``en``; times are local, with their offset."""
    page = _Page(report, lang)
    return _PAGES.render(
        "access_report.html",
        lang,
        title=_("Quién ha consultado sus datos"),
        report=report,
        entity=report.name(report.entity),
        staff_note=page.staff_note(),
        sections=page.sections(),
    )


class _Page:
    """The sections of one report in one language, as text; the template escapes every value."""

    def __init__(self, report: AccessReport, lang: str) -> None:
        self._report = report
        self._lang = lang
        self._say = speaking(lang)

    def staff_note(self) -> str:
        reason = self._report.staff_reason
        if reason is None:
            return self._say(
                "No se nombra a las personas que trabajan en la entidad: el derecho de acceso no lo incluye, salvo que "
                "sea imprescindible para que usted ejerza sus derechos (STJUE C-579/21). Si lo necesita, dígaselo a la "
                "persona delegada de protección de datos."
            )
        return self._say(
            "Se nombra a las personas que consultaron por decisión de la persona delegada de protección de datos: "
            "{reason}.",
            reason=staff_reason(reason).label(self._lang),
        )

    def sections(self) -> tuple[_Section, ...]:
        return (
            self._seen(),
            self._read_here(),
            self._asked(),
            self._referrals(),
            self._refused(),
            self._others(),
            self._consents(),
            self._elsewhere(),
            self._cards(),
            self._changes(),
            self._reports(),
        )

    def _seen(self) -> _Section:
        rows = [
            (
                *self._place(entry),
                self._report.name(entry.body.recipient),
                self._term(entry.body.role),
                self._term(entry.body.purpose),
                self._terms(entry.body.fields),
                self._withheld(entry.body.withheld),
            )
            for entry in self._report.of(EntryType.RELEASE)
            if isinstance(entry.body, ReleaseBody)
        ]
        heads = (_ENTRY, _DATE, _WHO, _ROLE, _PURPOSE, _DATA, _("No entregados"))
        return self._section(self._say("Quién ha visto datos suyos aquí"), heads, rows)

    def _asked(self) -> _Section:
        staff = self._report.staff_reason is not None
        rows = []
        for entry in self._report.of(EntryType.RELEASE_RECEIVED):
            if isinstance(entry.body, ReleaseReceivedBody):
                named = (self._report.staff(entry) or "-",) if staff else ()
                rows.append((*self._place(entry), *self._received(entry.body), *named))
        heads = (_ENTRY, _DATE, _("A quién"), _ROLE, _PURPOSE, _DATA, _("Resultado"))
        title = self._say("Lo que esta entidad pidió a otras sobre usted")
        return self._section(title, (*heads, _("Persona")) if staff else heads, rows)

    def _read_here(self) -> _Section:
        staff = self._report.staff_reason is not None
        rows = []
        for entry in self._report.of(EntryType.RECORD_READ):
            if isinstance(entry.body, RecordReadBody):
                body, named = entry.body, (self._report.staff(entry) or "-",) if staff else ()
                reason = reading_reason(body.case_access, body.reason, self._lang)
                rows.append((*self._place(entry), part_label(body.part, self._lang), reason, *named))
        heads = (_ENTRY, _DATE, _("Qué se consultó"), _("Motivo"))
        note = self._say("Las listas y exportaciones de muchas personas constan también: usted pudo estar en ellas.")
        title = self._say("Quién de esta entidad ha consultado sus datos")
        return self._section(title, (*heads, _("Persona")) if staff else heads, rows, note)

    def _received(self, body: ReleaseReceivedBody) -> tuple[str, ...]:
        outcome = self._say("entregado") if body.outcome == "released" else self._say("rechazado")
        shown = self._terms(body.fields) or "-"
        return (self._report.name(body.holder), self._term(body.role), self._term(body.purpose), shown, outcome)

    def _referrals(self) -> _Section:
        words, rows = load_referral_words(), []
        for entry in self._report.of(EntryType.REFERRAL):
            body = entry.body
            if not isinstance(body, ReferralBody):
                continue
            own = (body.taken_by == "sender") == (body.direction == "sent")
            service = words.label(WordList.SERVICES, body.service or "-", self._lang)
            peer = self._report.name(body.peer)
            by = self._say("esta entidad") if own else peer
            rows.append((*self._place(entry), peer, service, self._step(body), by))
        heads = (_ENTRY, _DATE, _("Con qué entidad"), _("Recurso"), _("Paso"), _("De quién"))
        return self._section(self._say("Derivaciones"), heads, rows)

    def _refused(self) -> _Section:
        rows = [
            (
                *self._place(entry),
                self._report.name(entry.body.recipient),
                self._term(entry.body.role or "-"),
                self._term(entry.body.purpose),
                self._term(entry.body.reason),
            )
            for entry in self._report.of(EntryType.REFUSAL)
            if isinstance(entry.body, RefusalBody)
        ]
        heads = (_ENTRY, _DATE, _WHO, _ROLE, _PURPOSE, _("Motivo"))
        note = self._say("No salió ningún dato suyo.")
        return self._section(self._say("Peticiones que se rechazaron"), heads, rows, note)

    def _others(self) -> _Section:
        title = self._say("Lo que dicen otras entidades")
        if not self._report.asked_others:
            note = self._say("No se ha preguntado a otras entidades. Puede pedirles este mismo informe directamente.")
            return _Section(title, (), note)
        if not self._report.others:
            return _Section(title, (), self._say("Ningún consentimiento suyo nombra a otra entidad."))
        note = self._say(
            "Se ha preguntado a las entidades que nombran sus consentimientos. Cada una cuenta solo lo que afecta a "
            "consentimientos en los que esta entidad es parte: así nadie averigua por este camino quién más le conoce. "
            "Para saberlo todo, pida este mismo informe en cada entidad; es gratis y no hace falta dar motivos."
        )
        return _Section(title, [self._part(part) for part in self._report.others], note)

    def _part(self, part: HolderPart) -> _Part:
        name, answer = self._report.name(part.entity), part.answer
        if answer is None:
            why = part_failure(part, self._lang)
            return _Part(heading=name, caution=self._say("No hay respuesta de {name}: {why}.", name=name, why=why))
        rows = [
            (
                moment(access.time, self._lang),
                self._report.name(access.entity)
                if access.entity
                else self._say("otra entidad que nombra su consentimiento"),
                self._term(access.role),
                self._term(access.purpose),
                self._terms(access.fields),
            )
            for access in answer.accesses
        ]
        older = self._say("{name}: hay accesos más antiguos que no caben en su respuesta.", name=name)
        return _Part(
            self._heads(_DATE, _WHO, _ROLE, _PURPOSE, _DATA),
            rows,
            heading=name,
            caution=older if answer.more else "",
            empty=self._say("{name} no tiene nada que contar a esta entidad.", name=name),
        )

    def _consents(self) -> _Section:
        entries = sorted(self._report.of(*_DECISIONS), key=lambda entry: entry.index)
        entries = [entry for entry in entries if not _given_elsewhere(entry)]
        changed = _narrowings(entries)
        here = (entry for entry in reversed(entries) if not _given_elsewhere(entry))
        rows = [self._decision(entry, changed.get(entry.index)) for entry in here]
        heads = (_ENTRY, _DATE, _("Decisión"), _TO, _PURPOSE, _DATA, _("Válido hasta"))
        decided = _Part(self._heads(*heads), rows, empty=self._say("Nada."))
        return _Section(self._say("Lo que usted decidió"), [self._in_force(), decided])

    def _in_force(self) -> _Part:
        """Return what may be shared at the time of the report: what the entity itself would answer."""
        rows = [
            (
                each.view.consent_id[:8],
                formats.listed([self._report.name(to) for to in each.view.record.recipients], self._lang),
                self._terms(each.view.record.purposes),
                in_language(in_force_message(each, self._report.names), self._lang),
            )
            for each in self._report.consents
        ]
        heads = self._heads(_("Consentimiento"), _TO, _PURPOSE, _("En vigor"))
        return _Part(heads, rows, heading=self._say("Lo que está en vigor hoy"), empty=self._say("Nada."))

    def _decision(self, entry: PersonEntry, change: Message | None) -> tuple[str, ...]:
        body, said = entry.body, in_language(change or _DECISIONS[entry.kind], self._lang)
        if isinstance(body, ConsentBody):
            recipients = formats.listed([self._report.name(each) for each in body.recipients], self._lang)
            until = "-" if entry.kind is EntryType.CONSENT_REFUSED else moment(body.valid_until, self._lang)
            return (*self._place(entry), said, recipients, self._terms(body.purposes), self._terms(body.fields), until)
        consent = body.consent_id if isinstance(body, WithdrawalBody | ExpiryBody | ConsentEndedBody) else "-"
        return (*self._place(entry), f"{said} · {consent[:8]}", "-", "-", "-", "-")

    def _elsewhere(self) -> _Section:
        """Return the consents that other entities sent, with what proves that the person gave them."""
        kinds = (EntryType.CONSENT_GIVEN, EntryType.CONSENT_RENEWED, *_ANSWERS)
        rows: list[tuple[str, ...]] = []
        for entry in self._report.of(*kinds):
            body = entry.body
            if isinstance(body, ConfirmationBody):
                said = in_language(_ANSWERS[entry.kind], self._lang)
                rows.append((*self._place(entry), "-", f"{said} · {body.consent_id[:8]}", "-", "-", "-", "-"))
            elif isinstance(body, ConsentBody) and body.origin is not None:
                rows.append((*self._place(entry), *self._sent(body, body.origin)))
        heads = (_ENTRY, _DATE, _("Quién lo envió"), _("Prueba"), _("Para quién"), _PURPOSE, _DATA, _("Válido hasta"))
        note = self._say(
            "Estas entidades dijeron que usted les dio su consentimiento. Si alguno no es suyo, dígalo en esta "
            "entidad: se retira en el acto y se investiga."
        )
        return self._section(self._say("Consentimientos que llegaron de otras entidades"), heads, rows, note)

    def _sent(self, body: ConsentBody, origin: ConsentOrigin) -> tuple[str, ...]:
        recipients = formats.listed([self._report.name(each) for each in body.recipients], self._lang)
        return (
            self._report.name(origin.entity),
            f"{assurance_label(strongest(origin), self._lang)} · {body.consent_id[:8]}",
            recipients,
            self._terms(body.purposes),
            self._terms(body.fields),
            moment(body.valid_until, self._lang),
        )

    def _cards(self) -> _Section:
        staff, rows = self._report.staff_reason is not None, []
        for entry in self._report.of(EntryType.CARD_ISSUED, EntryType.CARD_BLOCKED):
            body, named = entry.body, (self._report.staff(entry) or "-",) if staff else ()
            if isinstance(body, CardIssuedBody):
                said = self._say("se le dio, con {codes} códigos", codes=body.codes)
                rows.append((*self._place(entry), body.card, said, *named))
            elif isinstance(body, CardBlockedBody):
                said = self._say("se bloqueó: {why}", why=card_end_label(body.reason, self._lang))
                rows.append((*self._place(entry), body.card, said, *named))
        heads = (_ENTRY, _DATE, _("Tarjeta"), _("Qué pasó"))
        note = self._say("Si no pidió usted una tarjeta, o no la tiene, dígalo: se bloquea en el acto.")
        title = self._say("Sus tarjetas de códigos")
        return self._section(title, (*heads, _("Persona")) if staff else heads, rows, note)

    def _changes(self) -> _Section:
        rows = [
            (*self._place(entry), in_language(CHANGE_NAMES[entry.body.change], self._lang))
            for entry in self._report.of(EntryType.PERSON_CHANGED)
            if isinstance(entry.body, PersonChangedBody)
        ]
        return self._section(self._say("Cambios en sus datos de identidad"), (_ENTRY, _DATE, _("Qué pasó")), rows)

    def _reports(self) -> _Section:
        rows = []
        for entry in self._report.of(EntryType.ACCESS_REPORT_ISSUED):
            if isinstance(entry.body, AccessReportBody):
                asked = entry.body.asked_by
                through = self._say("a través de {name}", name=self._report.name(asked)) if asked else self._say("aquí")
                rows.append((*self._place(entry), through))
        return self._section(self._say("Informes como este"), (_ENTRY, _DATE, _("Dónde se pidió")), rows)

    def _section(self, title: str, heads: Iterable[str], rows: Sequence[Sequence[str]], note: str = "") -> _Section:
        return _Section(title, [_Part(self._heads(*heads), rows, empty=self._say("Nada."))], note)

    def _heads(self, *heads: str) -> tuple[str, ...]:
        return tuple(in_language(head, self._lang) for head in heads)

    def _step(self, body: ReferralBody) -> str:
        words = load_referral_words()
        if body.step not in set(ReferralStep):
            return body.step or body.state
        move = MOVES[ReferralStep(body.step)]
        label = words.label(WordList.STATES, move.after.value, self._lang)
        reason = words.label(move.codes, body.reason, self._lang) if move.codes and body.reason else ""
        return f"{label} ({reason})" if reason else label

    def _withheld(self, withheld: Sequence[WithheldField]) -> str:
        reasons = dict.fromkeys(each.reason for each in withheld)
        parts = [
            f"{self._term(reason)}: {self._terms(each.field for each in withheld if each.reason == reason)}"
            for reason in reasons
        ]
        return "; ".join(parts) or "-"

    def _place(self, entry: PersonEntry) -> tuple[str, str]:
        return str(entry.index), moment(entry.time, self._lang)

    def _term(self, term: str) -> str:
        return term_label(term, self._lang, {})

    def _terms(self, terms: Iterable[str]) -> str:
        return formats.listed([self._term(term) for term in terms], self._lang)


def _narrowings(entries: Iterable[PersonEntry]) -> Mapping[int, Message]:
    """Return what a renewed consent went through, by entry, where it lost something; entries in their order."""
    before: dict[str, ConsentBody] = {}
    found: dict[int, Message] = {}
    for entry in entries:
        if not isinstance(entry.body, ConsentBody):
            continue
        known = before.get(entry.body.consent_id)
        if known is not None and entry.kind is EntryType.CONSENT_RENEWED:
            change = change_between(known, entry.body)
            if change is not Change.RENEWED:
                found[entry.index] = _CHANGES[change]
        before[entry.body.consent_id] = entry.body
    return found


def _given_elsewhere(entry: PersonEntry) -> bool:
    return isinstance(entry.body, ConsentBody) and entry.body.origin is not None
