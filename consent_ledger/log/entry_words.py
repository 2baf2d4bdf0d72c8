"""The types of entries in the words of people; the leaves hold the codes for ever."""

from collections.abc import Mapping
from typing import Final

from consent_ledger.log.entry import EntryType
from presentation.messages import Message, _

ENTRY_NAMES: Final[Mapping[EntryType, Message]] = {
    EntryType.CONSENT_GIVEN: _("consentimiento dado"),
    EntryType.CONSENT_RENEWED: _("consentimiento renovado o reducido"),
    EntryType.CONSENT_REFUSED: _("consentimiento denegado"),
    EntryType.CONSENT_CONFIRMED: _("consentimiento confirmado"),
    EntryType.CONSENT_DECLINED: _("consentimiento no confirmado"),
    EntryType.CONSENT_WITHDRAWN: _("consentimiento retirado"),
    EntryType.CONSENT_EXPIRED: _("consentimiento caducado"),
    EntryType.CONSENT_ENDED: _("consentimiento terminado"),
    EntryType.RELEASE: _("entrega de datos"),
    EntryType.REFUSAL: _("petición denegada"),
    EntryType.RELEASE_RECEIVED: _("datos recibidos"),
    EntryType.WITHDRAWAL_ACKNOWLEDGED: _("acuse de una retirada"),
    EntryType.WITHDRAWAL_RECEIVED: _("retirada recibida"),
    EntryType.REFERRAL: _("paso de una derivación"),
    EntryType.TRAINING_APPROVED: _("entrenamiento aprobado"),
    EntryType.TRAINING_REFUSED: _("entrenamiento rechazado"),
    EntryType.TRAINING_WITHDRAWN: _("aprobación de un entrenamiento retirada"),
    EntryType.TRAINING_CONTRIBUTED: _("aportación a un entrenamiento"),
    EntryType.KEY_CHANGED: _("cambio de clave"),
    EntryType.POLICY_CHANGED: _("cambio de política"),
    EntryType.ACCESS_REPORT_ISSUED: _("informe de accesos entregado"),
    EntryType.RECORD_READ: _("consulta de una ficha"),
    EntryType.RECEIPT_ISSUED: _("justificante entregado"),
    EntryType.CARD_ISSUED: _("tarjeta dada"),
    EntryType.CARD_BLOCKED: _("tarjeta bloqueada"),
    EntryType.IDENTITY_DECIDED: _("decisión sobre la identidad de una persona"),
    EntryType.PERSON_CHANGED: _("cambio en quién es una persona"),
    EntryType.ERASURE: _("borrado"),
}


def entry_name(kind: EntryType) -> str:
    """Return the words of a type; one that has none stands for itself."""
    return ENTRY_NAMES.get(kind, kind.value)
