"""The profiles of an entity's staff: what an account of the pages is for. Data and decisions, without I/O.

A profile says which pages somebody sees. Access to a person is for the case (`policies.case_access`), whatever the
profile.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from presentation.messages import Message, _


class StaffRole(StrEnum):
    """A profile. Databases hold the codes: add, never rename."""

    PROFESSIONAL = "professional"
    REFERENCE_PROFESSIONAL = "reference_professional"
    ENTITY_MANAGER = "entity_manager"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"
    SECURITY_OFFICER = "security_officer"


ROLE_NAMES: Final[Mapping[StaffRole, Message]] = {
    StaffRole.PROFESSIONAL: _("Profesional"),
    StaffRole.REFERENCE_PROFESSIONAL: _("Profesional de referencia"),
    StaffRole.ENTITY_MANAGER: _("Responsable de la entidad"),
    StaffRole.DPO: _("Delegada o delegado de protección de datos"),
    StaffRole.ADMINISTRATOR: _("Administración"),
    StaffRole.SECURITY_OFFICER: _("Responsable de seguridad"),
}
CASEWORK: Final = frozenset({StaffRole.PROFESSIONAL, StaffRole.REFERENCE_PROFESSIONAL})
"""The profiles that work with people: nobody else sees a record on the pages."""
EVERY_ROLE: Final = frozenset(StaffRole)
APART: Final = (
    (StaffRole.ADMINISTRATOR, StaffRole.SECURITY_OFFICER),
    (StaffRole.ADMINISTRATOR, StaffRole.DPO),
)
"""Pairs that no one person has: who runs the system is not who watches it (ENS art. 11, GDPR art. 38.6)."""


def role_label(code: str) -> Message | str:
    """Return the name of a profile; one that this version does not know stands for itself."""
    try:
        return ROLE_NAMES[StaffRole(code)]
    except ValueError:
        return code
