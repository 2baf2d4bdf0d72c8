"""The report of an audit as one HTML file, in Spanish and English: no script, nothing loaded from anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from consent_ledger.audit import charts
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.story import Story
from consent_ledger.audit.tables import Tables, moment
from consent_ledger.audit.words import kind_label, term_label
from consent_ledger.bilingual_page import LANGUAGES, bilingual_page
from consent_ledger.log.entry import EntryType

if TYPE_CHECKING:
    from datetime import datetime

_STYLE: Final = """
h2{margin:2.5rem 0 .5rem;border-top:1px solid #bbb;padding-top:1rem}
.verdict{padding:.8rem 1rem;border-left:.5rem solid;font-weight:700}
.passed{border-color:#0f766e;background:#ecfdf5}.failed{border-color:#9f1239;background:#fff1f2}
.caution{border-left:.5rem solid #b45309;background:#fffbeb;padding:.6rem 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}dt{font-weight:700}dd{margin:0}
code{font-size:.9em;overflow-wrap:anywhere}td code{white-space:nowrap}
.cards{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.8rem}
.cards li{border:1px solid #ccc;border-radius:.4rem;padding:.6rem .8rem}.cards b{display:block;font-size:1.6rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd}
th{background:#f3f4f6;white-space:nowrap}td ul{margin:.2rem 0;padding-left:1.2rem}
tbody tr:nth-child(even){background:#fafafa}
figure{margin:1rem 0}figcaption{font-weight:700}svg{width:100%;max-width:52rem;height:auto}
.t{font-size:12px;fill:#333}.g{stroke:#ddd}.legend{margin:.2rem 0}.legend span{margin-right:1.2rem}
.legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.4rem}
summary{cursor:pointer;color:#1f4e79}
@media print{nav,summary{display:none}body{font-size:10pt}h2{break-after:avoid}tr,figure{break-inside:avoid}}
"""
_SERIES: Final = (
    EntryType.RELEASE,
    EntryType.REFUSAL,
    EntryType.CONSENT_GIVEN,
    EntryType.CONSENT_REFUSED,
    EntryType.CONSENT_WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class Issue:
    """How a report is made: with whose trust policy, and in which language it opens.

    Not when: of the same export two auditors get the same bytes.
    """

    own_policy: bool
    """Whether the trusted key came with the export instead of from the auditor."""
    language: str = "es"


def report_page(report: AuditReport, story: Story, issue: Issue) -> str:
    """Return the report; times are UTC."""
    title = Tables(story, report, issue.language).word("title")
    mains = {language: _main(Tables(story, report, language), issue) for language in LANGUAGES}
    return bilingual_page(title, mains, language=issue.language, style=_STYLE)


def _main(tables: Tables, issue: Issue) -> str:
    word = tables.word
    sections = (
        ("checks", tables.checks()),
        ("summary", tables.figures() + _activity(tables)),
        ("releases", _releases_charts(tables) + tables.releases()),
        ("withdrawals", f"<p>{word('withdrawal_note')}</p>{tables.withdrawals()}"),
        ("said_no", tables.said_no()),
        ("refusals", tables.refusals()),
        ("received", tables.received()),
        ("referrals", f"<p>{word('referral_note')}</p>{tables.referrals()}"),
        ("access_reports", tables.access_reports()),
        ("training", f"<p>{word('training_note')}</p>{_epsilon(tables)}{tables.training()}"),
        ("erasures", f"<p>{word('erased_note')}</p>{tables.erasures()}"),
    )
    body = "".join(f"<section><h2>{word(name)}</h2>{content}</section>" for name, content in sections)
    return _head(tables, issue) + body


def _head(tables: Tables, issue: Issue) -> str:
    word, report, story = tables.word, tables.report, tables.story
    verdict = "passed" if report.passed else "failed"
    caution = f'<p class="caution">{word("own_policy")}</p>' if issue.own_policy else ""
    period = f"{moment(story.first)} / {moment(story.last)}" if story.first and story.last else "-"
    facts = (
        ("origin", f"<code>{escape(report.origin)}</code>"),
        ("entries", f"{report.size} · <code>{escape(report.root)}</code>"),
        ("period", period),
        ("witnesses", escape(", ".join(report.witnesses)) or word("none")),
    )
    listing = "".join(f"<dt>{word(name)}</dt><dd>{value}</dd>" for name, value in facts)
    return (
        f"<h1>{word('title')}</h1><p>{word('lead')}</p>"
        f'<p class="verdict {verdict}">{word(verdict)}</p>{caution}<dl>{listing}</dl>'
    )


def _activity(tables: Tables) -> str:
    months = sorted(tables.story.by_month)
    series = {
        kind_label(kind.value, tables.language): [tables.story.by_month[month][kind.value] for month in months]
        for kind in _SERIES
    }
    chart = charts.stacked_columns(tables.word("activity"), months, series)
    rows = [[month, *(str(numbers[place]) for numbers in series.values())] for place, month in enumerate(months)]
    return chart + _details(tables, [tables.word("month"), *map(escape, series)], rows) if chart else ""


def _releases_charts(tables: Tables) -> str:
    parts = []
    for title, counter in (("recipients", tables.story.by_recipient), ("purposes", tables.story.by_purpose)):
        items = [(term_label(term, tables.language, tables.story.names), n) for term, n in counter.most_common()]
        rows = [[escape(name), str(count)] for name, count in items]
        parts.append(charts.bars(tables.word(title), items))
        parts.append(
            _details(tables, [tables.word("who" if title == "recipients" else "why"), tables.word("total")], rows)
        )
    return "".join(parts)


def _epsilon(tables: Tables) -> str:
    series: dict[str, list[tuple[datetime, float]]] = {}
    for row in tables.story.contributions:
        series.setdefault(row.body.data_set, []).append((row.time, float(row.body.epsilon_after)))
    return charts.steps(tables.word("epsilon"), series)  # its table follows: the contributions


def _details(tables: Tables, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<details><summary>{tables.word('table')}</summary>{table}</details>"
