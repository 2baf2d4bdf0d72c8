"""Cached copies of other entities' answers, for professionals with access to the case."""

from dataclasses import replace

from node.care.access import CaseRegister
from node.care.questions import ProfessionalInput
from node.context import NodeContext
from node.fetch.cached_copies import SharedCopy, shared_copies
from node.people.documents import Document
from policies.case_access import CaseAccess, load_case_access
from policies.catalogue import load_catalogue


def copies_for(context: NodeContext, document: Document, given: ProfessionalInput) -> tuple[SharedCopy, ...]:
    """Return the cached copies about a person, with the fields that this access to the case may see.

    A professional outside the team opens the case by reading them, and the opening is recorded.

    Raises:
        PersonUnknown: this entity holds nobody with that document.
        ProfessionalInvalid, UnknownTerm: as `CaseRegister.access_of`.
        RecordsUnreadable: a copy does not open.
    """
    register = CaseRegister(context)
    found = register.access_of(document, given.professional, role=given.role, reason=given.reason)
    if found.access.how is CaseAccess.OPENED and found.access.reason:
        register.open(document, found.professional, found.access.reason)
    clearance, catalogue = load_case_access().ways[found.access.key].clearance, load_catalogue()
    return tuple(
        replace(
            copy,
            fields=tuple(each for each in copy.fields if catalogue.field(each.id).sensitivity.level <= clearance),
        )
        for copy in shared_copies(context, document)
    )
