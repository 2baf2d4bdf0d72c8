"""The parts of a record that the professionals of an entity read, and the reasons for reading those of many people.

The ledger holds their codes for ever: add, never rename.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from policies.case_access import access_label
from policies.terms import find_term
from presentation.messages import Message, _, in_language


class RecordPart(StrEnum):
    """A part of a person's record, or of many people's, that somebody reads."""

    CASE_OPENED = "case_opened"
    RECORD = "record"
    CASE_FILE = "case_file"
    CASE_ACTIONS = "case_actions"
    JOINT_VIEW = "joint_view"
    SHARED_COPIES = "shared_copies"
    CONSENTS = "consents"
    SIGNED_FORM = "signed_form"
    READINGS = "readings"
    PEOPLE = "people"
    EXPORT = "export"
    IMPORT = "import"
    IMPORT_APPLIED = "import_applied"
    IMPORT_UNDONE = "import_undone"
    RISK_LIST = "risk_list"
    RISK_ALERTS = "risk_alerts"
    CARDS = "cards"
    CONSENT_REQUESTS = "consent_requests"
    REFERRALS = "referrals"
    LEDGER = "ledger"
    DOUBTS = "doubts"


PART_NAMES: Final[Mapping[str, Message]] = {
    RecordPart.CASE_OPENED: _("Apertura del caso"),
    RecordPart.RECORD: _("La ficha entera"),
    RecordPart.CASE_FILE: _("El equipo y las aperturas del caso"),
    RecordPart.CASE_ACTIONS: _("Las actuaciones del caso"),
    RecordPart.JOINT_VIEW: _("La vista conjunta con otras entidades"),
    RecordPart.SHARED_COPIES: _("Las copias de lo que compartieron otras entidades"),
    RecordPart.CONSENTS: _("Los consentimientos"),
    RecordPart.SIGNED_FORM: _("El formulario firmado"),
    RecordPart.READINGS: _("Quién consultó los datos"),
    RecordPart.PEOPLE: _("La lista de personas"),
    RecordPart.EXPORT: _("La exportación de todas las fichas"),
    RecordPart.IMPORT: _("La comparación o importación de un fichero de fichas"),
    RecordPart.IMPORT_APPLIED: _("La importación de un fichero de fichas"),
    RecordPart.IMPORT_UNDONE: _("Lo anterior a una importación, para deshacerla"),
    RecordPart.RISK_LIST: _("La lista de personas que pueden necesitar apoyo"),
    RecordPart.RISK_ALERTS: _("Las alertas de apoyo"),
    RecordPart.CARDS: _("Las tarjetas de códigos"),
    RecordPart.CONSENT_REQUESTS: _("Los consentimientos por confirmar"),
    RecordPart.REFERRALS: _("Las derivaciones"),
    RecordPart.LEDGER: _("La exportación del registro entero"),
    RecordPart.DOUBTS: _("Las dudas sobre la identidad"),
}
LIST_REASONS: Final[Mapping[str, Message]] = {
    "care_planning": _("Organizar la atención"),
    "data_transfer": _("Pasar los datos a otro programa"),
    "statistics": _("Hacer una estadística"),
    "supervision": _("Supervisar o inspeccionar"),
    "data_protection": _("Proteger los datos"),
}
"""The reasons for reading the data of many people at once; those for one case are in `policies.case_access`."""

_REASON: Final = _("motivo de una consulta de varias personas")


def part_label(code: str, lang: str) -> str:
    """Return the name of a part; one that this version does not know stands for itself."""
    return in_language(PART_NAMES[code], lang) if code in PART_NAMES else code


def list_reason(code: str) -> str:
    """Return a reason for reading the data of many people.

    Raises:
        UnknownTerm: there is none of that code.
    """
    find_term(_REASON, LIST_REASONS, code)
    return code


def reading_reason(case_access: str | None, reason: str | None, lang: str) -> str:
    """Return the reason for a reading: the way to the case, or the reason for reading of many people.

    A reason that this version does not know stands for itself.
    """
    if case_access is not None:
        return access_label(case_access, reason, lang)
    known = LIST_REASONS.get(reason or "")
    return in_language(known, lang) if known else reason or "-"
