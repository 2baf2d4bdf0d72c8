"""A question of a professional about a person's case: with how they come to it, before it is asked of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.care.access import CaseDesk
from node.context import NodeContext
from node.fetch.asking import question_of
from node.people.lookup import PersonLookup
from records_exchange.request import Question


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as they say it.

    Attributes:
        professional: the entity's own reference of them.
        role: vocabulary id; empty for that of the team, or the usual one.
        reason: why the case is opened, if it has to be; empty for the default one.
    """

    professional: str
    role: str = ""
    reason: str = ""


def case_question(
    context: NodeContext,
    lookup: PersonLookup,
    purpose: str,
    asker: Asker,
    *,
    fields: Sequence[str] = (),
    case_ref: str = "",
) -> Question:
    """Return a question in the words of the vocabulary that says how its professional came to the case.

    Args:
        context: whose entity asks.
        lookup: of the person.
        purpose: vocabulary id.
        asker: who asks.
        fields: catalogue ids or groups of them; empty for the minimum summary.
        case_ref: the asker's own reference; empty for none.

    Raises:
        ProfessionalInvalid: the reference is none, or is an identity document.
        UnknownTerm: an unknown purpose, field, role or reason, or a kind of entity that sees no records.
    """
    comes = CaseDesk(context).attend_person(lookup, asker.professional, role=asker.role, reason=asker.reason)
    return question_of(
        context,
        purpose,
        fields=fields,
        role=comes.role,
        case_ref=case_ref,
        access=comes.access,
        professional=comes.professional,
    )
