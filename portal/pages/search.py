"""Finding a person by document or by name. What is typed goes in the form, never in an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup
from starlette.responses import Response

from node.people.documents import parse_document
from node.people.errors import DocumentInvalid, PersonUnknown
from node.people.store import people_store
from policies.birth_words import birth_words
from policies.staff_roles import CASEWORK
from portal.parts import Portal
from portal.persons import KIND, note_names
from presentation.messages import _, in_language
from service.web.page_request import PageRequest
from service.web.routes import Access, Route

_LONGEST = 120
_DIGITS_OF_A_DOCUMENT = 4
"""A text with so many digits is meant as a document: its fault is said, and no name is looked for."""


@dataclass(frozen=True, slots=True)
class Results:
    """The result of a search, kept for its own page.

    Attributes:
        query: as it was typed.
        people: the node's ids of those found.
        more: there are others, which a longer text would find.
    """

    query: str
    people: tuple[str, ...]
    more: bool


def routes(portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    access = Access(frozenset(CASEWORK))
    return (
        Route("search", "/buscar", access, get=show, post=partial(search, portal)),
        Route("results", "/buscar/{key}", access, get=partial(results, portal)),
    )


def show(page: PageRequest) -> Response:
    """Show the search."""
    return page.show("search.html", query="", faults=(), rows=None, more=False)


def search(portal: Portal, page: PageRequest) -> Response:
    """Look for a person; the only one found by a document is shown at once."""
    query = page.form.text("query", longest=2 * _LONGEST)
    if not query:
        return _fault(page, query, _("Escriba un documento o un nombre."))
    if sum(character.isdigit() for character in query) < _DIGITS_OF_A_DOCUMENT:
        found, more = portal.names.find(query)
        return page.go("results", key=page.keep(Results(query, tuple(found), more)))
    try:
        document = parse_document(query)
    except DocumentInvalid as error:
        return _fault(page, query, in_language(error.message, page.lang))
    with portal.context.snapshot() as session:
        person = people_store(portal.context, session).find_by_document(document)
    if person is None:
        return page.go("results", key=page.keep(Results(query, (), more=False)))
    return page.go("person", person=page.references.seal(KIND, person.person_id))


def results(portal: Portal, page: PageRequest) -> Response:
    """Show the people found; that their names are shown is on record before."""
    kept = page.kept(page.parts["key"])
    if not isinstance(kept, Results):
        return page.go("search")
    note_names(portal, page, kept.people)
    rows = _rows(portal, page, kept.people)
    return page.show("search.html", query=kept.query, faults=(), rows=rows, more=kept.more)


def _rows(portal: Portal, page: PageRequest, people: Sequence[str]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    with portal.context.snapshot() as session:
        store = people_store(portal.context, session)
        for person_id in people:
            try:
                identity = store.identity(person_id)
            except PersonUnknown:  # erased since
                continue
            address = page.url("person", person=page.references.seal(KIND, person_id))
            link = Markup('<a class="govuk-link" href="{}">{}</a>').format(address, identity.name)
            found.append((link, birth_words(identity.birth_date, page.lang), identity.document.masked))
    return found


def _fault(page: PageRequest, query: str, text: str) -> Response:
    return page.show("search.html", status=400, query=query, faults=(("query", text),), rows=None, more=False)
