"""The professional's reference: from an option, the environment, or the login of the operating system."""

import getpass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from presentation.messages import _

if TYPE_CHECKING:
    from datetime import date

    from node.care.questions import ProfessionalInput
    from node.context import NodeContext
    from node.people.documents import Document


PROFESSIONAL_VARIABLE: Final = "REDPACT_PROFESSIONAL"

ProfessionalOption = Annotated[
    str,
    typer.Option(
        "--professional",
        envvar=PROFESSIONAL_VARIABLE,
        help=_(
            "Su clave de personal en esta entidad, nunca un documento de identidad; si no se indica, su "
            "nombre de usuario."
        ),
        show_default=False,
    ),
]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        help=_(
            "Motivo por el que abre el caso si no está en su equipo; véase: redpact-node vocabulary "
            "openings. Si no se indica, consta attended_now."
        ),
    ),
]
ListReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        help=_(
            "Motivo por el que consulta los datos de varias personas: care_planning, data_transfer, statistics, "
            "supervision, data_protection."
        ),
    ),
]

AnyReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        help=_(
            "Con --document, motivo por el que abre el caso si no está en su equipo (redpact-node vocabulary "
            "openings). Sin él, motivo de la consulta de varias personas: care_planning (si no se indica), "
            "data_transfer, statistics, supervision, data_protection."
        ),
    ),
]


def reader(professional: str, reason: str = "") -> "ProfessionalInput":
    """Return the professional who runs the command, with the reason that they give for reading.

    Raises:
        ProfessionalInvalid: as `professional_reference`.
    """
    from node.care.questions import ProfessionalInput

    return ProfessionalInput(professional_reference(professional), reason=reason)


def note_record_read(context: "NodeContext", document: "Document", given: "ProfessionalInput") -> "date":
    """Record that the professional reads a person's record, and return the local day of it.

    Raises:
        PersonUnknown: this entity holds nobody with that document.
        ProfessionalInvalid, UnknownTerm: as `CaseRegister.read`.
    """
    from node.care.access import CaseRegister
    from policies.local_days import local_day
    from policies.record_readings import RecordPart

    CaseRegister(context).read(document, given.professional, RecordPart.RECORD, reason=given.reason)
    return local_day(context.clock.now())


def professional_reference(given: str) -> str:
    """Return the reference of the professional who runs the command.

    Raises:
        ProfessionalInvalid: none is given and the operating system knows no login, or it has no valid form.
    """
    from node.care.professionals import check_professional

    return check_professional(given or _login())


def read_day(text: str) -> "date | None":
    """Return a day given as an option, None for an empty text.

    Raises:
        CaseDateInvalid: not a date written YYYY-MM-DD.
    """
    from datetime import date

    from node.care.errors import CaseDateInvalid

    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CaseDateInvalid(_("no es una fecha válida"), remedy=_("escríbala como AAAA-MM-DD")) from error
    if day.isoformat() != text:  # other forms of ISO 8601 are more likely a slip
        raise CaseDateInvalid(_("la fecha no tiene el formato que se usa aquí"), remedy=_("escríbala como AAAA-MM-DD"))
    return day


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no account in the operating system: a container, as a rule
        return ""
