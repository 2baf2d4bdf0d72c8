"""Copies of what others shared, for a professional who comes to the case: by the team, or by opening it on record."""

from dataclasses import replace

from node.care.access import CaseDesk
from node.care.questions import Asker
from node.context import NodeContext
from node.fetch.cached_copies import SharedCopy, shared_copies
from node.people.documents import Document
from policies.case_access import CaseAccess, load_case_access
from policies.catalogue import load_catalogue


def copies_for(context: NodeContext, document: Document, asker: Asker) -> tuple[SharedCopy, ...]:
    """Return what is kept of what others shared about a person, as far as this way to the case lets it be seen.

    Whoever is not on the team opens the case by looking, and that is kept.

    Raises:
        PersonUnknown: nobody here has that document.
        ProfessionalInvalid, UnknownTerm: as `CaseDesk.attend`.
        RecordsUnreadable: a copy does not open.
    """
    desk = CaseDesk(context)
    comes = desk.attend(document, asker.professional, role=asker.role, reason=asker.reason)
    if comes.access.how is CaseAccess.OPENED and comes.access.reason:
        desk.open(document, comes.professional, comes.access.reason)
    clearance, catalogue = load_case_access().ways[comes.access.key].clearance, load_catalogue()
    return tuple(
        replace(
            copy,
            fields=tuple(each for each in copy.fields if catalogue.field(each.id).sensitivity.level <= clearance),
        )
        for copy in shared_copies(context, document)
    )
