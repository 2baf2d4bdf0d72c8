"""Whom a consent may name: collaborating entities only for a referral, which brings them no record.

Ley 4/2018 art. 7: they take part without professional intervention. A food bank has to know that somebody comes with a
referral, and why; it never sees the summary, whatever a consent says (`policies.access`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from consent_ledger.log.bodies import PartyDetail
from node.consents.errors import FieldNotShareable, RecipientNotAllowed
from policies.referrals import NEED_FIELD, PURPOSE
from presentation.messages import _
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
            _(
                "{collaborators} es una entidad colaboradora: nunca ve fichas (Ley 4/2018, art. 7)",
                collaborators=collaborators[0],
            ),
            remedy=_(
                "elija una entidad pública o una entidad con intervención profesional, o deje como única "
                "finalidad la derivación"
            ),
        )
    beyond = set(fields) - set(TOLD_BY_A_REFERRAL)
    if beyond:
        raise FieldNotShareable(
            _("el dato {beyond} no se comunica a una entidad colaboradora", beyond=min(beyond)),
            remedy=_("nombre a la entidad colaboradora en un consentimiento aparte"),
        )
    return TOLD_BY_A_REFERRAL
