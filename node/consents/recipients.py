"""Whom a consent may name: collaborating entities only for a referral, which brings them no record.

Ley 4/2018 art. 7: they take part without professional intervention. A food bank has to know that somebody comes with a
referral, and why; it never sees the summary, whatever a consent says (`policies.access`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from consent_ledger.bodies import PartyDetail
from node.consents.errors import FieldNotShareable, RecipientNotAllowed
from policies.referrals import NEED_FIELD, PURPOSE
from trust.parties import EntityKind

TOLD_BY_A_REFERRAL: Final = (NEED_FIELD,)
"""All that a collaborating entity is told of a person: the coded need, beside service and urgency."""


def referral_fields(recipients: Iterable[PartyDetail], purposes: Sequence[str], fields: Sequence[str]) -> Sequence[str]:
    """Return the fields of a consent that names a collaborating entity; none when it names no such entity.

    Raises:
        RecipientNotAllowed: for another purpose than referral.
        FieldNotShareable: a field that a referral does not tell.
    """
    collaborators = [party.id for party in recipients if party.kind == EntityKind.COLLABORATOR]
    if not collaborators:
        return ()
    if tuple(purposes) != (PURPOSE,):
        raise RecipientNotAllowed(
            f"{collaborators[0]} is a collaborating entity: it never sees records (Ley 4/2018 art. 7)",
            remedy="choose a public entity or an agent, or the purpose of referral alone",
        )
    beyond = set(fields) - set(TOLD_BY_A_REFERRAL)
    if beyond:
        raise FieldNotShareable(
            f"{min(beyond)} is not told to a collaborating entity", remedy="name it in a consent of its own"
        )
    return TOLD_BY_A_REFERRAL
