"""The tables of the report: rows of a story as cells of HTML. Every text from a ledger is escaped here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final

from consent_ledger.audit.report import AuditReport, Finding
from consent_ledger.audit.story import MAX_ROWS, Row, Story, Withdrawal
from consent_ledger.audit.words import WORDS, kind_label, term_label
from consent_ledger.log.bodies import ReferralBody
from consent_ledger.log.entry import EntryType
from policies.case_access import access_label
from policies.referrals import MOVES, ReferralStep, WordList, load_referral_words
from policies.retention import load_retention

_SHORT: Final = 8
_FINDINGS_OPEN: Final = 5
_FINDINGS: Final = 100
"""Shown of each check; verify --json has more, and all are counted."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of one story in one language, ``es`` or ``en``."""

    story: Story
    report: AuditReport
    language: str

    def word(self, name: str) -> str:
        """Return a word of the report, escaped."""
        return escape(WORDS[self.language][name])

    def term(self, term: str) -> str:
        """Return the name of a term, escaped."""
        return escape(term_label(term, self.language, self.story.names))

    def terms(self, terms: Iterable[str]) -> str:
        """Return the names of terms, joined."""
        return ", ".join(self.term(term) for term in terms)

    def checks(self) -> str:
        """Return the numbered checks with what they found."""
        rows = []
        for check in self.report.checks:
            mark = "✗" if check.errors else "!" if check.warnings else "✓"
            title = check.es if self.language == "es" else check.en
            found = "".join(self._finding(finding) for finding in check.findings[:_FINDINGS])
            listed = f"<ul>{found}</ul>" if found else ""
            if len(check.findings) > _FINDINGS_OPEN:
                listed = f"<details><summary>{self.word('findings')}</summary>{listed}</details>"
            cells = (str(check.number), f"{mark} {escape(title)}{listed}", str(check.examined))
            rows.append((*cells, str(check.errors), str(check.warnings)))
        return self.table(("entry", "check", "examined", "errors", "warnings"), rows)

    def figures(self) -> str:
        """Return how many entries there are of each type."""
        counted = sorted(self.story.by_type.items(), key=lambda item: -item[1])
        cards = (f"<li><b>{count}</b>{escape(kind_label(kind, self.language))}</li>" for kind, count in counted)
        return f'<ul class="cards">{"".join(cards)}</ul>'

    def releases(self) -> str:
        """Return who saw what, when, what for, under which consent."""
        rows = [
            (
                *self._when(row),
                self.term(row.body.recipient),
                self.person(row.body.person_ref),
                self.term(row.body.purpose),
                self.term(row.body.role),
                self._access(row),
                self.terms(row.body.fields),
                "<br>".join(self._consent(consent) for consent in row.body.consents),
                str(len(row.body.withheld)),
            )
            for row in reversed(self.story.releases)
        ]
        heads = ("entry", "date", "who", "person", "why", "role", "access", "what", "under", "withheld")
        return self.table(heads, rows, total=self.story.by_type[EntryType.RELEASE.value])

    def withdrawals(self) -> str:
        """Return each withdrawal and how long every recipient took to acknowledge it."""
        newest = sorted(self.story.withdrawals.values(), key=lambda told: -told.index)
        rows = [
            (
                str(told.index),
                moment(told.time),
                self._consent(told.consent_id),
                self.person(told.person_ref),
                self.terms(sorted(told.recipients)) or self.word("no_recipients"),
                self._acknowledgements(told),
            )
            for told in newest
        ]
        heads = ("entry", "date", "consent", "person", "concerned", "took")
        return self.table(heads, rows, total=self.story.by_type[EntryType.CONSENT_WITHDRAWN.value])

    def refusals(self) -> str:
        """Return the requests that were refused."""
        rows = [
            (
                *self._when(row),
                self.term(row.body.recipient),
                self.term(row.body.purpose),
                self._access(row),
                self.term(row.body.reason),
            )
            for row in reversed(self.story.refusals)
        ]
        total = self.story.by_type[EntryType.REFUSAL.value]
        return self.table(("entry", "date", "who", "why", "access", "reason"), rows, total=total)

    def said_no(self) -> str:
        """Return the people who were asked for a consent and refused it."""
        rows = [
            (
                *self._when(row),
                self.person(row.body.person_ref),
                self.terms(row.body.purposes),
                self.terms(row.body.recipients),
            )
            for row in reversed(self.story.said_no)
        ]
        total = self.story.by_type[EntryType.CONSENT_REFUSED.value]
        return self.table(("entry", "date", "person", "asked", "who"), rows, total=total)

    def received(self) -> str:
        """Return what this entity received from others."""
        rows = [
            (
                *self._when(row),
                self.term(row.body.holder),
                self.term(row.body.purpose),
                escape(row.body.professional or "-"),
                self._access(row),
                self.term(row.body.outcome),
                self.terms(row.body.fields) or "-",
            )
            for row in reversed(self.story.received)
        ]
        total = self.story.by_type[EntryType.RELEASE_RECEIVED.value]
        return self.table(
            ("entry", "date", "who", "why", "professional", "access", "outcome", "what"), rows, total=total
        )

    def referrals(self) -> str:
        """Return each step of each referral: who took it, and where the referral stood here after it."""
        rows = [
            (
                *self._when(row),
                f'<code title="{escape(row.body.referral_id)}">{escape(row.body.referral_id[:_SHORT])}</code>',
                self.word(f"was_{row.body.direction}"),
                self.term(row.body.peer),
                self._referral_word(WordList.SERVICES, row.body.service),
                self._step(row.body),
                self._referral_word(WordList.STATES, row.body.state),
            )
            for row in reversed(self.story.referrals)
        ]
        heads = ("entry", "date", "referral", "direction", "who", "service", "step", "state")
        return self.table(heads, rows, total=self.story.by_type[EntryType.REFERRAL.value])

    def access_reports(self) -> str:
        """Return when people were told who looked, through whom, and where members of staff were named."""
        rows = [
            (
                *self._when(row),
                self.person(row.body.person_ref),
                self.term(row.body.asked_by) if row.body.asked_by else self.word("here"),
                self.word("yes") if row.body.staff_reason else self.word("no"),
            )
            for row in reversed(self.story.access_reports)
        ]
        total = self.story.by_type[EntryType.ACCESS_REPORT_ISSUED.value]
        return self.table(("entry", "date", "person", "through", "staff_named"), rows, total=total)

    def training(self) -> str:
        """Return decisions and contributions, with what they cost of the privacy budget."""
        decided = [
            (
                *self._when(row),
                escape(row.body.campaign_id),
                escape(kind_label(row.kind, self.language)),
                escape(row.body.epsilon or "-"),
                escape(row.body.reason or "-"),
            )
            for row in reversed(self.story.decisions)
        ]
        given = [
            (
                *self._when(row),
                escape(row.body.campaign_id),
                escape(row.body.data_set),
                str(row.body.round),
                f"ε = {float(row.body.epsilon_after):.3g} (δ = {escape(row.body.delta)})",
            )
            for row in reversed(self.story.contributions)
        ]
        total = self.story.by_type[EntryType.TRAINING_CONTRIBUTED.value]
        first = self.table(("entry", "date", "campaign", "decision", "approved", "reason"), decided)
        return first + self.table(("entry", "date", "campaign", "data_set", "round", "epsilon"), given, total=total)

    def erasures(self) -> str:
        """Return what was erased, when, and on which basis."""
        retention = load_retention()
        rules = {rule.id: rule.label(self.language) for rule in retention.rules}
        rows = [
            (
                str(note.index),
                moment(note.time),
                str(note.entries),
                escape(retention.basis_label(note.basis, self.language)),
                escape(rules.get(note.rule, note.rule)) if note.rule else self.word("on_request"),
            )
            for note in reversed(self.report.erasures[-1000:])
        ]
        return self.table(
            ("entry", "date", "count", "basis", "rule"), rows, total=self.story.by_type[EntryType.ERASURE.value]
        )

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, total: int | None = None) -> str:
        """Return a table of cells that are HTML already; says so when more rows exist than are shown."""
        if not rows:
            return f"<p>{self.word('nothing')}</p>"
        head = "".join(f'<th scope="col">{self.word(name)}</th>' for name in heads)
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        more = self._left_out(len(rows), total or 0)
        return f'{more}<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

    def person(self, reference: str) -> str:
        """Return the beginning of a person's random id, the whole of it in the tooltip."""
        return f'<code title="{escape(reference)}">{escape(reference[:_SHORT])}</code>'

    def _left_out(self, shown: int, total: int) -> str:
        if total <= shown:
            return ""
        name = "shown" if shown >= MAX_ROWS else "erased_rows"
        return f"<p>{self.word(name).format(shown=shown, total=total, missing=total - shown)}</p>"

    def _referral_word(self, name: WordList, code: str | None) -> str:
        return escape(load_referral_words().label(name, code, self.language)) if code else "-"

    def _step(self, body: ReferralBody) -> str:
        if body.step not in set(ReferralStep):
            return escape(body.step or "-")
        move = MOVES[ReferralStep(body.step)]
        reason = f" ({self._referral_word(move.codes, body.reason)})" if move.codes and body.reason else ""
        by = self.word(body.taken_by) if body.taken_by else ""
        return f"{self._referral_word(WordList.STATES, move.after.value)}{reason}<br>{by}"

    def _finding(self, finding: Finding) -> str:
        place = "" if finding.index is None else f"#{finding.index}: "
        said = finding.es if self.language == "es" else finding.en
        return f"<li>{place}{escape(said)} <code>{escape(finding.code)}</code></li>"

    def _consent(self, consent: str) -> str:
        index = self.story.consent_entries.get(consent)
        place = "" if index is None else f" · #{index}"
        return f'<code title="{escape(consent)}">{escape(consent[:_SHORT])}</code>{place}'

    def _acknowledgements(self, told: Withdrawal) -> str:
        lines = [
            f"{self.term(entity)}: {self._lasting(when - told.time)}"
            for entity, when in sorted(told.acknowledged.items(), key=lambda item: item[1])
        ]
        so_far = self._lasting((self.story.last or told.time) - told.time)
        lines += [f"<strong>{self.term(entity)}: {self.word('open')}, {so_far}</strong>" for entity in told.waiting]
        return "<br>".join(lines) or "-"

    def _lasting(self, lasted: timedelta) -> str:
        seconds = max(lasted.total_seconds(), 0.0)
        for unit, size in (("days", 86_400), ("hours", 3600)):
            if seconds >= 2 * size:
                return f"{seconds / size:.1f} {self.word(unit)}"
        return f"{seconds / 60:.0f} {self.word('minutes')}"

    def _access(self, row: Row) -> str:
        return escape(access_label(row.body.case_access, row.body.opening_reason, self.language))

    def _when(self, row: Row) -> tuple[str, str]:
        return str(row.index), moment(row.time)


def moment(time: datetime) -> str:
    """Return a time in UTC, for people and for programs."""
    return f'<time datetime="{time.isoformat()}">{time:%Y-%m-%d %H:%M}</time>'
