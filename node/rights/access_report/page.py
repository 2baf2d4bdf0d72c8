"""The access report for the person: one HTML file a language, no script, nothing loaded from anywhere, printable."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

from consent_ledger.audit.words import term_label
from consent_ledger.log.bodies import (
    AccessReportBody,
    ConsentBody,
    ExpiryBody,
    ReferralBody,
    RefusalBody,
    ReleaseBody,
    ReleaseReceivedBody,
    WithdrawalBody,
    WithheldField,
)
from consent_ledger.log.entry import EntryType
from node.rights.access_report.collecting import PersonEntry
from node.rights.access_report.document import AccessReport, HolderPart
from node.rights.access_report.words import WORDS
from policies.referrals import MOVES, ReferralStep, WordList, load_referral_words
from policies.staff_reasons import staff_reason

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{font:1.05rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#111;background:#fff}h1{font-size:1.7rem}h2{border-top:1px solid #777;margin-top:2rem;padding-top:1rem}"
    "h3{margin-bottom:.2rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}"
    "dt{font-weight:700}dd{margin:0}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%;font-size:.92rem;margin:.6rem 0}"
    "time{white-space:nowrap}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ccc}th{background:#f1f3f5}"
    ".partial{border-left:.5rem solid #b45309;background:#fffbeb;padding:.6rem 1rem}code{overflow-wrap:anywhere}"
    "@media print{body{margin:0;font-size:10pt}tr{break-inside:avoid}}"
)
_DECISIONS: Final = (
    EntryType.CONSENT_GIVEN,
    EntryType.CONSENT_RENEWED,
    EntryType.CONSENT_REFUSED,
    EntryType.CONSENT_WITHDRAWN,
    EntryType.CONSENT_EXPIRED,
)
_KINDS: Final = {
    "es": {
        EntryType.CONSENT_GIVEN: "dio su consentimiento",
        EntryType.CONSENT_RENEWED: "lo renovó",
        EntryType.CONSENT_REFUSED: "dijo que no",
        EntryType.CONSENT_WITHDRAWN: "lo retiró",
        EntryType.CONSENT_EXPIRED: "caducó",
    },
    "en": {
        EntryType.CONSENT_GIVEN: "gave consent",
        EntryType.CONSENT_RENEWED: "renewed it",
        EntryType.CONSENT_REFUSED: "said no",
        EntryType.CONSENT_WITHDRAWN: "withdrew it",
        EntryType.CONSENT_EXPIRED: "it ended",
    },
}


def report_page(report: AccessReport, language: str) -> str:
    """Return the page in a language, ``es`` or ``en``; times are UTC."""
    page = _Page(report, language)
    title = escape(WORDS[language]["title"])
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main>{page.content()}</main></body></html>\n"
    )


class _Page:
    """One report in one language. Every text from a ledger or a peer is escaped here."""

    def __init__(self, report: AccessReport, language: str) -> None:
        self._report = report
        self._language = language

    def content(self) -> str:
        sections = (
            ("seen", self._seen()),
            ("asked", self._asked()),
            ("referrals", self._referrals()),
            ("refused", f"<p>{self._word('refused_note')}</p>{self._refused()}"),
            ("others", self._others()),
            ("consents", self._consents()),
            ("reports", self._reports()),
            ("check", f"<p>{self._word('how')}</p><p>{self._word('rights')}</p>"),
        )
        body = "".join(f"<section><h2>{self._word(name)}</h2>{content}</section>" for name, content in sections)
        return self._head() + body

    def _head(self) -> str:
        report = self._report
        rows = (
            ("entity", f"{self._entity(report.entity)} · <code>{escape(report.origin)}</code>"),
            ("period", f"{_moment(report.since)} / {_moment(report.until)}"),
            ("person", f"<code>{escape(report.person_ref)}</code>. {self._word('person_note')}"),
        )
        listing = "".join(f"<dt>{self._word(name)}</dt><dd>{value}</dd>" for name, value in rows)
        partial = "" if report.complete else f'<p class="partial">{self._word("partial")}</p>'
        head = f"<h1>{self._word('title')}</h1><p>{self._word('lead')}</p><dl>{listing}</dl>"
        return f"{head}{partial}<p>{self._staff_note()}</p>"

    def _seen(self) -> str:
        rows = [
            (
                *self._place(entry),
                self._entity(entry.body.recipient),
                self._term(entry.body.role),
                self._term(entry.body.purpose),
                self._terms(entry.body.fields),
                self._withheld(entry.body.withheld),
            )
            for entry in self._report.of(EntryType.RELEASE)
            if isinstance(entry.body, ReleaseBody)
        ]
        return self._table(("entry", "date", "who", "role", "why", "what", "withheld"), rows)

    def _asked(self) -> str:
        staff = self._report.staff_reason is not None
        rows = []
        for entry in self._report.of(EntryType.RELEASE_RECEIVED):
            if isinstance(entry.body, ReleaseReceivedBody):
                shown = self._terms(entry.body.fields) or "-"
                cells = (self._entity(entry.body.holder), self._term(entry.body.role), self._term(entry.body.purpose))
                named = (escape(self._report.staff(entry) or "-"),) if staff else ()
                rows.append((*self._place(entry), *cells, shown, self._outcome(entry.body.outcome), *named))
        heads = ("entry", "date", "holder", "role", "why", "what", "outcome")
        return self._table((*heads, "staff") if staff else heads, rows)

    def _referrals(self) -> str:
        words, rows = load_referral_words(), []
        for entry in self._report.of(EntryType.REFERRAL):
            body = entry.body
            if not isinstance(body, ReferralBody):
                continue
            ours = (body.taken_by == "sender") == (body.direction == "sent")
            service = words.label(WordList.SERVICES, body.service or "-", self._language)
            by = self._word("us") if ours else self._entity(body.peer)
            rows.append((*self._place(entry), self._entity(body.peer), escape(service), escape(self._step(body)), by))
        return self._table(("entry", "date", "with", "service", "step", "by"), rows)

    def _refused(self) -> str:
        rows = [
            (
                *self._place(entry),
                self._entity(entry.body.recipient),
                self._term(entry.body.role or "-"),
                self._term(entry.body.purpose),
                self._term(entry.body.reason),
            )
            for entry in self._report.of(EntryType.REFUSAL)
            if isinstance(entry.body, RefusalBody)
        ]
        return self._table(("entry", "date", "who", "role", "why", "reason"), rows)

    def _others(self) -> str:
        if not self._report.asked_others:
            return f"<p>{self._word('not_asked')}</p>"
        if not self._report.others:
            return f"<p>{self._word('nobody_else')}</p>"
        parts = "".join(self._part(part) for part in self._report.others)
        return f"<p>{self._word('others_note')}</p>{parts}"

    def _part(self, part: HolderPart) -> str:
        name = self._entity(part.entity)
        if part.told is None:
            code = escape(part.error.code if part.error else "")
            return f'<h3>{name}</h3><p class="partial">{name} {self._word("silent")} [{code}].</p>'
        if not part.told.accesses:
            return f"<h3>{name}</h3><p>{name} {self._word('nothing_told')}.</p>"
        rows = [
            (
                _moment(access.time),
                self._entity(access.entity) if access.entity else self._word("another"),
                self._term(access.role),
                self._term(access.purpose),
                self._terms(access.fields),
            )
            for access in part.told.accesses
        ]
        more = f'<p class="partial">{name}: {self._word("more")}.</p>' if part.told.more else ""
        return f"<h3>{name}</h3>{more}{self._table(('date', 'who', 'role', 'why', 'what'), rows)}"

    def _consents(self) -> str:
        rows = [self._decision(entry) for entry in self._report.of(*_DECISIONS)]
        return self._table(("entry", "date", "decision", "for", "why", "what", "until"), rows)

    def _decision(self, entry: PersonEntry) -> tuple[str, ...]:
        body, said = entry.body, escape(_KINDS[self._language][entry.kind])
        if isinstance(body, ConsentBody):
            recipients = ", ".join(self._entity(each) for each in body.recipients)
            until = "-" if entry.kind is EntryType.CONSENT_REFUSED else _moment(body.valid_until)
            return (*self._place(entry), said, recipients, self._terms(body.purposes), self._terms(body.fields), until)
        consent = body.consent_id if isinstance(body, WithdrawalBody | ExpiryBody) else "-"
        return (*self._place(entry), f"{said} · <code>{escape(consent[:8])}</code>", "-", "-", "-", "-")

    def _reports(self) -> str:
        rows = []
        for entry in self._report.of(EntryType.ACCESS_REPORT_ISSUED):
            if isinstance(entry.body, AccessReportBody):
                asked = entry.body.asked_by
                by = f"{self._word('asked_by')} {self._entity(asked)}" if asked else self._word("here")
                rows.append((*self._place(entry), by))
        return self._table(("entry", "date", "by"), rows)

    def _staff_note(self) -> str:
        reason = self._report.staff_reason
        if reason is None:
            return self._word("staff_hidden")
        return f"{self._word('staff_shown')}: {escape(staff_reason(reason).label(self._language))}."

    def _step(self, body: ReferralBody) -> str:
        words = load_referral_words()
        if body.step not in set(ReferralStep):
            return body.step or body.state
        move = MOVES[ReferralStep(body.step)]
        label = words.label(WordList.STATES, move.after.value, self._language)
        reason = words.label(move.codes, body.reason, self._language) if move.codes and body.reason else ""
        return f"{label} ({reason})" if reason else label

    def _outcome(self, outcome: str) -> str:
        return self._word("released" if outcome == "released" else "refused_outcome")

    def _withheld(self, withheld: Sequence[WithheldField]) -> str:
        reasons = dict.fromkeys(each.reason for each in withheld)
        lines = [
            f"{self._term(reason)}: {self._terms(each.field for each in withheld if each.reason == reason)}"
            for reason in reasons
        ]
        return "<br>".join(lines) or "-"

    def _table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        if not rows:
            return f"<p>{self._word('nothing')}</p>"
        head = "".join(f'<th scope="col">{self._word(name)}</th>' for name in heads)
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

    def _place(self, entry: PersonEntry) -> tuple[str, str]:
        return str(entry.index), _moment(entry.time)

    def _entity(self, entity: str) -> str:
        return escape(self._report.name(entity))

    def _term(self, term: str) -> str:
        return escape(term_label(term, self._language, {}))

    def _terms(self, terms: Iterable[str]) -> str:
        return ", ".join(self._term(term) for term in terms)

    def _word(self, name: str) -> str:
        return escape(WORDS[self._language][name])


def _moment(time: datetime) -> str:
    return f'<time datetime="{time.isoformat()}">{time:%Y-%m-%d %H:%M}</time>'
