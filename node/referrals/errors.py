"""Errors of referrals. `ReferralError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class ReferralError(RedpactError):
    """Root of the errors of `node.referrals`."""

    code = "referral_error"


class ReferralUnknown(ReferralError):
    """This entity has no referral with that id, or several whose ids begin like that."""

    code = "referral_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe esa derivación en esta entidad. Consulte la lista con «redpact-node referral list».")


class ReferralStepRefused(ReferralError):
    """The state of the referral, or this entity's side of it, does not allow the step."""

    code = "referral_step_refused"
    sentence = _("La derivación no admite ese paso en su estado actual. Consúltela con «redpact-node referral show».")


class ReferralWithoutConsent(ReferralError):
    """No live consent of the person for referrals names the entity, or covers the need."""

    code = "referral_without_consent"
    sentence = _(
        "Falta un consentimiento vigente de la persona, con la finalidad «derivación», que nombre a esa "
        "entidad. Recójalo con «redpact-node consent grant --purpose referral»."
    )


class ReferralInvalid(ReferralError):
    """The recipient or the time to answer of a new referral is not valid."""

    code = "referral_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La derivación no es correcta: revise la entidad, el recurso y el plazo indicados.")


class ReferralOfAnotherPerson(ReferralError):
    """The pseudonym of the document is not that of the referral."""

    code = "referral_of_another_person"
    sentence = _("Ese documento no es el de la persona derivada. Compruebe el documento y el código de la derivación.")


class TransferNotReceived(ReferralError):
    """The entity that transfers a case shared nothing, or did not answer; the case stays with it."""

    code = "transfer_not_received"
    sentence = _(
        "La otra entidad no ha entregado el resumen: el caso sigue siendo suyo. Vuelva a intentarlo más tarde."
    )
