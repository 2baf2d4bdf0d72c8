"""The changes of who a person is, in the words of people; the ledger holds the codes for ever."""

from collections.abc import Mapping
from typing import Final

from consent_ledger.log.person_bodies import PersonChange
from presentation.messages import Message, _

CHANGE_NAMES: Final[Mapping[str, Message]] = {
    PersonChange.RENAMED: _("cambió de nombre"),
    PersonChange.DOCUMENT_CHANGED: _("cambió de documento"),
    PersonChange.DOCUMENT_CORRECTED: _("se corrigió el documento, que no era suyo"),
    PersonChange.DECEASED: _("falleció"),
    PersonChange.MERGED: _("se unió con otra ficha de la misma persona"),
    PersonChange.SPLIT: _("se separó de otra ficha"),
    PersonChange.ASSIGNED: _("se aclaró de quién es lo anotado"),
}
