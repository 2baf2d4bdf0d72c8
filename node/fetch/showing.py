"""One fetch as a command makes it: from named entities, or from those that the locator names; ready to be shown."""

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
class Shown:
    """What came of a fetch: for programs, for people, and as an exit code."""

    document: dict[str, Any]
    text: str
    exit_code: int


def fetch_and_show(
    fetching: Fetching, lookup: PersonLookup, question: Question, named: Sequence[str] | None, *, lang: str
) -> Shown:
    """Ask the named entities, or those whom the locator names.

    Args:
        fetching: asks in the name of this entity.
        lookup: of the person.
        question: purpose, fields, role and case.
        named: entity ids; None to ask the locator.
        lang: of the text.

    Raises:
        RequestInvalid: entities were to be named, and none is: whoever the locator knows may not be meant.
        RedpactError: as `Asking.ask` and `Locating.locate_person`.
    """
    if named is None:
        found = fetching.fetch_located(lookup, question)
        return Shown(located_document(found), located_text(found, lang=lang), located_exit_code(found))
    if not named:
        raise RequestInvalid(
            _("--from no indica ninguna entidad"), remedy=_("indique una, o quite --from para preguntar al localizador")
        )
    fetched = fetching.fetch(lookup, question, named)
    return Shown(fetched_document(fetched), fetched_text(fetched, lang=lang), exit_code(fetched))
