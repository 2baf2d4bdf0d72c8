"""The report of an audit as one HTML file, in Spanish and English: no script, nothing loaded from anywhere."""

from dataclasses import dataclass, field
from typing import Final

from consent_ledger.audit.registry import ENTRY_KINDS
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.selection import Selection
from consent_ledger.audit.story import Section, Story
from consent_ledger.audit.words import Glossary
from consent_ledger.log.entry import EntryType
from presentation import charts
from presentation.catalogue import LANGUAGES
from presentation.formats import month
from presentation.messages import in_language
from presentation.pages import Pages

_PAGES: Final = Pages("consent_ledger")
_SERIES: Final = (
    EntryType.RELEASE,
    EntryType.REFUSAL,
    EntryType.CONSENT_GIVEN,
    EntryType.CONSENT_REFUSED,
    EntryType.CONSENT_WITHDRAWN,
)
"""The types of entry in the chart of activity."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The choices under which a report is made.

    The time is none of them: of the same export two auditors get the same bytes.

    Attributes:
        own_policy: whether the trusted key came with the export instead of from the auditor.
        language: in which the page opens.
        selection: what it tells of.
    """

    own_policy: bool
    language: str = "es"
    selection: Selection = field(default_factory=Selection)


def report_page(report: AuditReport, story: Story, options: ReportOptions) -> str:
    """Return the report as an HTML page that holds both languages."""
    return _PAGES.bilingual(
        "audit/report.html",
        options.language,
        main="audit/main.html",
        contexts={lang: _context(story, lang, options.selection) for lang in LANGUAGES},
        report=report,
        story=story,
        own_policy=options.own_policy,
    )


def _context(story: Story, lang: str, selection: Selection) -> dict[str, object]:
    glossary = Glossary(lang, story.names, story.consent_entries)
    counted = sorted(story.by_type.items(), key=lambda item: -item[1])
    return {
        "selection": "" if selection.whole else in_language(selection.words(lang), lang),
        "figures": [(_name(kind, glossary), count) for kind, count in counted],
        "sections": [_section(section, glossary) for section in story.sections],
        **_activity(story, glossary),
    }


def _section(section: Section, glossary: Glossary) -> str:
    return _PAGES.render(
        section.template,
        glossary.lang,
        term=glossary.term,
        terms=glossary.terms,
        access=glossary.access,
        consent_entries=glossary.consent_entries,
        **section.context(glossary),
    )


def _activity(story: Story, glossary: Glossary) -> dict[str, object]:
    months, lang = sorted(story.by_month), glossary.lang
    series = {_name(kind.value, glossary): [story.by_month[each][kind.value] for each in months] for kind in _SERIES}
    title = glossary.say("Actividad por meses")
    chart = charts.figure(charts.columns_by_month(title, months, series, lang), title)
    rows = [[month(each, lang), *(numbers[place] for numbers in series.values())] for place, each in enumerate(months)]
    return {"activity_chart": chart, "activity_names": list(series), "activity_rows": rows if chart else []}


def _name(kind: str, glossary: Glossary) -> str:
    return glossary.say(ENTRY_KINDS[EntryType(kind)].name)
