"""Errors of referrals. `ReferralError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class ReferralError(RedpactError):
    """Root of the errors of `node.referrals`."""

    code = "referral_error"


class ReferralUnknown(ReferralError):
    """No referral with that id at this entity, or the beginning of more than one."""

    code = "referral_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe esa derivación en esta entidad. Consulte la lista con «redpact-node referral list».")


class ReferralStepRefused(ReferralError):
    """A step that the referral's present state, or this entity's side of it, does not allow."""

    code = "referral_step_refused"
    sentence = _("La derivación no admite ese paso en su estado actual. Consúltela con «redpact-node referral show».")


class ReferralWithoutConsent(ReferralError):
    """No live consent of the person for the purpose of referral names that entity, or covers what is to be told."""

    code = "referral_without_consent"
    sentence = _(
        "Falta un consentimiento vigente de la persona, con la finalidad «derivación», que nombre a esa "
        "entidad. Recójalo con «redpact-node consent grant --purpose referral»."
    )


class ReferralInvalid(ReferralError):
    """A referral that makes no sense as it stands."""

    code = "referral_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La derivación no es correcta: revise la entidad, el recurso y el plazo indicados.")


class ReferralOfAnotherPerson(ReferralError):
    """The document's pseudonym is not the one that the referral came with."""

    code = "referral_of_another_person"
    sentence = _("Ese documento no es el de la persona derivada. Compruebe el documento y el código de la derivación.")


class TransferNotReceived(ReferralError):
    """The entity that transfers a case shared nothing, or did not answer: the case stays with it."""

    code = "transfer_not_received"
    sentence = _(
        "La otra entidad no ha entregado el resumen: el caso sigue siendo suyo. Vuelva a intentarlo más tarde."
    )
