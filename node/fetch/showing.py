"""One fetch as a command makes it, from named or located entities, with its report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from node.fetch.located import Fetching
from node.fetch.located_report import located_document, located_exit_code, located_text
from node.fetch.report import exit_code, fetched_document, fetched_text
from node.people.lookup import PersonLookup
from presentation.messages import _
from records_exchange.errors import RequestInvalid
from records_exchange.request import Question


@dataclass(frozen=True, slots=True)
class FetchReport:
    """The result of a fetch as a JSON document, as text, and as an exit code."""

    document: dict[str, Any]
    text: str
    exit_code: int


def fetch_and_show(
    fetching: Fetching, lookup: PersonLookup, question: Question, named: Sequence[str] | None, *, lang: str
) -> FetchReport:
    """Ask the named entities, or those that the locator names.

    Args:
        fetching: the fetch of this entity.
        lookup: of the person.
        question: purpose, fields, role and case.
        named: entity ids; None to ask the locator.
        lang: language of the text.

    Raises:
        RequestInvalid: the list of named entities is empty; asking the locator instead may not be intended.
        RedpactError: as `Asking.ask` and `Locating.locate_person`.
    """
    if named is None:
        found = fetching.fetch_located(lookup, question)
        return FetchReport(located_document(found), located_text(found, lang=lang), located_exit_code(found))
    if not named:
        raise RequestInvalid(
            _("--from no indica ninguna entidad"), remedy=_("indique una, o quite --from para preguntar al localizador")
        )
    fetched = fetching.fetch(lookup, question, named)
    return FetchReport(fetched_document(fetched), fetched_text(fetched, lang=lang), exit_code(fetched))
