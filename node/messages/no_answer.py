"""Why something sent, or to be sent, to another entity has no answer of its own signature.

Refused, suspended, never handed in, and handed in without an answer are different things, with different next steps:
whatever shows them asks here, so that one word never covers several.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from policies.errors import RedpactError
from presentation.messages import Message, _
from records_exchange.errors import SealImpossible
from records_exchange.mailboxes import Notification
from service.errors import PeerBusy, PeerRefused, PeerSilent, PeerUnreachable, PeerUntrusted
from trust.errors import DirectoryContradicted, DirectoryExpired, KeyUnreadable, PartySuspended, UnknownParty


class NoAnswer(StrEnum):
    """The reasons why there is no answer."""

    NOT_TRIED = "not_tried"
    NOT_SENT = "not_sent"
    """For a reason of this node; nothing left it."""
    SUSPENDED = "suspended"
    NOT_LISTED = "not_listed"
    NOT_REACHED = "not_reached"
    """It was never handed in."""
    NOT_TAKEN = "not_taken"
    """The other node was reached, and refused the call or was too busy for it."""
    SILENT = "silent"
    """It was handed in, or may have been, and no answer that verifies came."""


_BY_CODE: Final[Mapping[str, NoAnswer]] = {
    PartySuspended.code: NoAnswer.SUSPENDED,
    UnknownParty.code: NoAnswer.NOT_LISTED,
    PeerUnreachable.code: NoAnswer.NOT_REACHED,
    PeerUntrusted.code: NoAnswer.NOT_REACHED,
    PeerRefused.code: NoAnswer.NOT_TAKEN,
    PeerBusy.code: NoAnswer.NOT_TAKEN,
    PeerSilent.code: NoAnswer.SILENT,
    DirectoryExpired.code: NoAnswer.NOT_SENT,
    DirectoryContradicted.code: NoAnswer.NOT_SENT,
    KeyUnreadable.code: NoAnswer.NOT_SENT,
    SealImpossible.code: NoAnswer.NOT_SENT,
}
_STRONGER: Final = frozenset({NoAnswer.SUSPENDED, NoAnswer.NOT_LISTED})
"""Said even of what was handed in before: there is nobody to wait for."""
_LABELS: Final[Mapping[NoAnswer, Message]] = {
    NoAnswer.NOT_TRIED: _("aún no se ha enviado"),
    NoAnswer.NOT_SENT: _("no ha salido de aquí"),
    NoAnswer.SUSPENDED: _("suspendida en la red: no se le envía nada"),
    NoAnswer.NOT_LISTED: _("ya no está en la red"),
    NoAnswer.NOT_REACHED: _("no se ha llegado a ella: no lo ha recibido"),
    NoAnswer.NOT_TAKEN: _("su nodo no lo ha admitido"),
    NoAnswer.SILENT: _("enviado, sin respuesta válida"),
}
_REMEDIES: Final[Mapping[NoAnswer, Message]] = {
    NoAnswer.NOT_TRIED: _("compruebe que este nodo está en marcha: redpact-node serve"),
    NoAnswer.NOT_SENT: _("compruebe este nodo con: redpact-node doctor"),
    NoAnswer.SUSPENDED: _("pregunte a la Gerencia; se le enviará si se la readmite"),
    NoAnswer.NOT_LISTED: _("pregunte a la Gerencia quién guarda ahora sus datos"),
    NoAnswer.NOT_REACHED: _("pregunte a esas entidades si su nodo está en marcha"),
    NoAnswer.NOT_TAKEN: _("pregunte a quien administra su nodo por qué no lo admite"),
    NoAnswer.SILENT: _("pregunte a esas entidades si lo recibieron"),
}


def reason_of(error: RedpactError) -> NoAnswer:
    """Return why a call that failed with an error has no answer; every other error is that of an answer."""
    return _BY_CODE.get(error.code, NoAnswer.SILENT)


def reason_for(notification: Notification) -> NoAnswer:
    """Return why a notification that waits, or has lapsed, is not answered."""
    found = _BY_CODE.get(notification.fault, NoAnswer.NOT_SENT)
    if found in _STRONGER:
        return found
    if notification.may_have_arrived:
        return NoAnswer.SILENT
    # The recipient was silent about the one before it: this one has not left.
    return NoAnswer.NOT_TRIED if found is NoAnswer.SILENT or not notification.fault else found


def no_answer_label(reason: NoAnswer) -> Message:
    """Return a reason in words, about an entity."""
    return _LABELS[reason]


def no_answer_remedy(reason: NoAnswer) -> Message:
    """Return the next step."""
    return _REMEDIES[reason]
