"""Opening a case from outside its team: for a reason, on record, for a working day."""

from collections.abc import Sequence
from functools import partial

from starlette.responses import Response

from node.care.access import CaseRegister
from policies.case_access import load_case_access
from policies.staff_roles import CASEWORK
from portal.parts import Portal
from portal.persons import PagePerson, note_names, person_of
from presentation.messages import _
from service.web.page_request import PageRequest
from service.web.routes import Access, Route


def routes(portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    access = Access(frozenset(CASEWORK))
    return (Route("open_case", "/persona/{person}/abrir", access, post=partial(open_case, portal)),)


def ask_reason(
    portal: Portal, page: PageRequest, person: PagePerson, faults: Sequence[tuple[str, str]] = ()
) -> Response:
    """Show the form with the reasons for which a case can be opened; it names the person, which is on record before."""
    note_names(portal, page, [person.person_id])
    reasons = [(each.id, each.label(page.lang), "") for each in load_case_access().reasons]
    status = 400 if faults else 200
    return page.show("opening.html", status=status, person=person, reasons=reasons, faults=faults)


def open_case(portal: Portal, page: PageRequest) -> Response:
    """Open the case for the reason given, and show the person."""
    person, reason = person_of(portal, page), page.form.text("reason")
    if reason not in {each.id for each in load_case_access().reasons}:
        return ask_reason(portal, page, person, (("reason", _("Elija un motivo.")),))
    CaseRegister(portal.context).open(person.identity.document, page.account.staff_code, reason)
    return page.go("person", person=person.ref)
