"""A new password, also in place of one that somebody else set."""

from collections.abc import Sequence

from starlette.responses import Response

from policies.staff_roles import EVERY_ROLE
from portal.parts import Portal
from presentation.messages import _, in_language
from service.web.accounts.passwords import MOST_CHARACTERS
from service.web.application import PASSWORD, set_token
from service.web.errors import LoginRefused, PasswordWeak
from service.web.page_request import PageRequest
from service.web.routes import Access, Route


def routes(_portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (Route(PASSWORD, "/contrasena", Access(EVERY_ROLE, with_temporary=True), get=show, post=change),)


def show(page: PageRequest) -> Response:
    """Show the form."""
    return page.show("password.html", faults=())


def change(page: PageRequest) -> Response:
    """Change the password; every login of the account ends, and this browser gets a new one."""
    longest = 4 * MOST_CHARACTERS
    old, new = page.form.raw("old", longest=longest), page.form.raw("new", longest=longest)
    if new != page.form.raw("again", longest=longest):
        return _again(page, ("again", _("Las dos contraseñas nuevas no son iguales.")))
    if new == old:
        return _again(page, ("new", _("La contraseña nueva ha de ser otra.")))
    try:
        page.site.accounts.change_password(page.account, old, new)
    except PasswordWeak as error:
        return _again(page, ("new", in_language(error.message, page.lang)))
    except LoginRefused as error:
        return _again(page, ("old", in_language(error.message, page.lang)))
    login = page.site.logins.open_again(page.account, page.address)
    response = page.go("home")
    set_token(page.site, response, login.secret)
    return response


def _again(page: PageRequest, fault: tuple[str, str]) -> Response:
    return page.show("password.html", status=400, faults=(fault,))
