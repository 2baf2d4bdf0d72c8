"""The person that a page is about, named in its address by a reference of this login."""

from collections.abc import Collection
from dataclasses import dataclass

from node.care.access import CaseRegister
from node.care.model import ProfessionalAccess
from node.care.reading import USUAL_LIST_REASON, read_many
from node.people.model import Identity
from node.people.store import people_store
from policies.record_readings import RecordPart
from portal.parts import Portal
from service.web.page_request import PageRequest

KIND = "person"


@dataclass(frozen=True, slots=True)
class PagePerson:
    """The person of a page.

    Attributes:
        person_id: the node's id; it never reaches a browser.
        ref: the reference in addresses.
        identity: name, document and birth date.
    """

    person_id: str
    ref: str
    identity: Identity


def person_of(portal: Portal, page: PageRequest) -> PagePerson:
    """Return the person that the address names.

    Raises:
        ReferenceUnknown: the reference is not of this login.
        PersonUnknown: not held any more.
    """
    ref = page.parts["person"]
    person_id = page.references.open(KIND, ref)
    with portal.context.snapshot() as session:
        return PagePerson(person_id, ref, people_store(portal.context, session).identity(person_id))


def access_of(portal: Portal, page: PageRequest, person: PagePerson) -> ProfessionalAccess | None:
    """Return the access that the account has to the person's case now; None when there is none."""
    return CaseRegister(portal.context).access_held(person.identity.document, page.account.staff_code)


def note_names(portal: Portal, page: PageRequest, people: Collection[str]) -> None:
    """Record that the account is shown the names of people, but for those that this login was shown before.

    Call it before they are shown.
    """
    if new := portal.shown.new(page.secret, people):
        code = page.account.staff_code
        read_many(portal.context, code, RecordPart.PEOPLE, reason=USUAL_LIST_REASON, people=len(new))
        portal.shown.add(page.secret, new)
