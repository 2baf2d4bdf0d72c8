"""The password, asked for again before something that a browser left open must not do."""

from collections.abc import Sequence

from starlette.responses import Response

from policies.staff_roles import EVERY_ROLE
from portal.parts import Portal
from presentation.messages import in_language
from service.web.accounts.passwords import MOST_CHARACTERS
from service.web.application import CONFIRM
from service.web.errors import LoginRefused
from service.web.page_request import PageRequest
from service.web.routes import Access, Route

AFTERWARDS = "second_factor"
"""The page that asks for it."""


def routes(_portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (Route(CONFIRM, "/confirmar", Access(EVERY_ROLE), get=show, post=confirm),)


def show(page: PageRequest) -> Response:
    """Show the form."""
    return page.show("confirm.html", faults=())


def confirm(page: PageRequest) -> Response:
    """Check the password, and go on."""
    try:
        confirm_password(page)
    except LoginRefused as error:
        fault = ("password", in_language(error.message, page.lang))
        return page.show("confirm.html", status=401, faults=(fault,))
    return page.go(AFTERWARDS)


def confirm_password(page: PageRequest) -> None:
    """Check the password in a form.

    Raises:
        LoginRefused: it is wrong.
    """
    if page.login is None:
        raise LookupError("this page takes no login")
    page.site.logins.confirm(page.login, page.form.raw("password", longest=4 * MOST_CHARACTERS), page.address)
