"""Questions of professionals about a person's case, which state their access to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.care.access import CaseRegister
from node.context import NodeContext
from node.fetch.asking import question_of
from node.people.lookup import PersonLookup
from records_exchange.request import Question


@dataclass(frozen=True, slots=True)
class ProfessionalInput:
    """A professional and the access that they claim.

    Attributes:
        professional: the entity's own reference.
        role: vocabulary id; empty for the role on the team, or the usual one.
        reason: for opening the case where that is needed; empty for the default one.
    """

    professional: str
    role: str = ""
    reason: str = ""


def case_question(
    context: NodeContext,
    lookup: PersonLookup,
    purpose: str,
    given: ProfessionalInput,
    *,
    fields: Sequence[str] = (),
    case_ref: str = "",
) -> Question:
    """Return a question that states its professional's access to the case.

    Args:
        context: of the asking entity.
        lookup: of the person.
        purpose: vocabulary id.
        given: the professional who asks.
        fields: catalogue ids or groups of them; empty for the minimum summary.
        case_ref: the asker's own reference; empty for none.

    Raises:
        ProfessionalInvalid: the reference has no valid form, or is an identity document.
        UnknownTerm: an unknown purpose, field, role or reason, or a kind of entity that sees no records.
    """
    found = CaseRegister(context).access_to(lookup, given.professional, role=given.role, reason=given.reason)
    return question_of(
        context,
        purpose,
        fields=fields,
        role=found.role,
        case_ref=case_ref,
        access=found.access,
        professional=found.professional,
    )
