"""Words that several pages share."""

from collections.abc import Mapping
from typing import Final

from presentation.messages import Message, _

GROUPS: Final[Mapping[str, Message]] = {
    "id": _("Identidad"),
    "demographic": _("Persona"),
    "contact": _("Contacto"),
    "territory": _("Dónde vive"),
    "legal": _("Capacidad y derechos"),
    "family": _("Convivencia"),
    "economic": _("Ingresos y prestaciones"),
    "housing": _("Vivienda"),
    "employment": _("Trabajo"),
    "education": _("Formación"),
    "health": _("Salud"),
    "protection": _("Protección"),
    "case": _("Caso"),
    "diagnosis": _("Diagnóstico social"),
    "plan": _("Plan"),
    "history": _("Intervenciones"),
    "governance": _("Consentimientos y accesos"),
    "notes": _("Notas"),
}
"""The headings under which a person's data stand, by the category of the catalogue, in the order of reading."""
OTHER_GROUP: Final = _("Otros datos")
