"""Who asks: the professional's reference, from an option, the environment, or the login of the operating system."""

import getpass
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from datetime import date


PROFESSIONAL_VARIABLE: Final = "REDPACT_PROFESSIONAL"

ProfessionalOption = Annotated[
    str,
    typer.Option(
        "--professional",
        envvar=PROFESSIONAL_VARIABLE,
        help="Your staff code at this entity, never a document; your login name if none is given.",
        show_default=False,
    ),
]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        help="Why you open the case when you are not on its team; see: redpact-node vocabulary openings. "
        "On record as attended_now when nothing is said.",
    ),
]


def who_asks(given: str) -> str:
    """Return the reference of whoever runs the command.

    Raises:
        ProfessionalInvalid: nobody is named and the operating system knows no login, or it is no reference.
    """
    from node.care.professionals import check_professional

    return check_professional(given or _login())


def read_day(text: str) -> "date | None":
    """Return a day given as an option, or None when it is empty.

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
        raise CaseDateInvalid("not a date", remedy="write it as YYYY-MM-DD") from error
    if day.isoformat() != text:  # other forms of ISO 8601 are more likely a slip
        raise CaseDateInvalid("not a date as it is written here", remedy="write it as YYYY-MM-DD")
    return day


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no account in the operating system: a container, as a rule
        return ""
