"""Cached copies of other entities' answers, for professionals with access to the case."""

from dataclasses import replace

from node.care.access import CaseRegister
from node.care.questions import ProfessionalInput
from node.context import NodeContext
from node.fetch.cached_copies import SharedCopy, shared_copies
from node.people.documents import Document
from policies.case_access import load_case_access
from policies.catalogue import load_catalogue
from policies.record_readings import RecordPart


def copies_for(context: NodeContext, document: Document, given: ProfessionalInput) -> tuple[SharedCopy, ...]:
    """Return the cached copies about a person, with the fields that this access to the case may see.

    The reading is recorded; a professional outside the team opens the case by it.

    Raises:
        PersonUnknown: this entity holds nobody with that document.
        ProfessionalInvalid, UnknownTerm: as `CaseRegister.access_of`.
        RecordsUnreadable: a copy does not open.
    """
    part = RecordPart.SHARED_COPIES
    found = CaseRegister(context).read(document, given.professional, part, role=given.role, reason=given.reason)
    clearance, catalogue = load_case_access().ways[found.access.key].clearance, load_catalogue()
    return tuple(
        replace(
            copy,
            fields=tuple(each for each in copy.fields if catalogue.field(each.id).sensitivity.level <= clearance),
        )
        for copy in shared_copies(context, document)
    )
