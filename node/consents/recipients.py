"""Recipients of a consent: collaborating entities may be named for referrals only, which give them no record.

Ley 4/2018 art. 7: they take part without professional intervention. A food bank needs to know that a person comes with
a referral, and the coded need; it never sees the summary, whatever a consent says (`policies.access`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from consent_ledger.log.bodies import PartyDetail
from node.consents.errors import FieldNotShareable, RecipientNotAllowed
from policies.referrals import NEED_FIELD, PURPOSE
from presentation.messages import _
from trust.parties import EntityKind

REFERRAL_FIELDS: Final = (NEED_FIELD,)
"""The fields that a collaborating entity receives: the coded need, beside service and urgency."""


def referral_fields(recipients: Iterable[PartyDetail], purposes: Sequence[str], fields: Sequence[str]) -> Sequence[str]:
    """Return the fields of a consent that names a collaborating entity; none when it names no such entity.

    Raises:
        RecipientNotAllowed: for another purpose than referral.
        FieldNotShareable: a field that a referral does not contain.
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
    beyond = set(fields) - set(REFERRAL_FIELDS)
    if beyond:
        raise FieldNotShareable(
            _("el dato {beyond} no se comunica a una entidad colaboradora", beyond=min(beyond)),
            remedy=_("nombre a la entidad colaboradora en un consentimiento aparte"),
        )
    return REFERRAL_FIELDS
