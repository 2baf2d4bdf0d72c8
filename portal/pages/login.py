"""Logging in and out."""

from collections.abc import Sequence

from starlette.responses import Response

from policies.staff_roles import EVERY_ROLE
from portal.parts import Portal
from presentation.messages import in_language
from service.web.accounts.passwords import MOST_CHARACTERS
from service.web.application import LOGIN, set_token
from service.web.errors import LoginRefused, TooManyAttempts
from service.web.page_request import PageRequest
from service.web.routes import EVERYBODY, Access, Route


def routes(_portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (
        Route(LOGIN, "/entrar", EVERYBODY, get=show, post=log_in),
        Route("logout", "/salir", Access(EVERY_ROLE, with_temporary=True), post=log_out),
    )


def show(page: PageRequest) -> Response:
    """Show the form to log in."""
    if page.login is not None:
        return page.go("home")
    return _form(page, ended=page.flags.get("ended") == "1")


def log_in(page: PageRequest) -> Response:
    """Log in; the browser gets a new token, so that one that somebody else gave it is of no use to them."""
    user = page.form.text("user", longest=200)
    password, code = page.form.raw("password", longest=4 * MOST_CHARACTERS), page.form.text("code", longest=20)
    try:
        login = page.site.logins.log_in(user, password, code, page.address)
    except LoginRefused as error:
        return _form(page, user=user, faults=[("user", in_language(error.sentence, page.lang))], status=401)
    except TooManyAttempts as error:
        return _form(page, user=user, faults=[("user", in_language(error.sentence, page.lang))], status=429)
    if page.login is not None:
        page.site.logins.end(page.secret)
    response = page.go("home")
    set_token(page.site, response, login.secret)
    return response


def log_out(page: PageRequest) -> Response:
    """End the login, and forget what was kept for it."""
    page.site.logins.end(page.secret)
    page.site.kept.forget(page.secret)
    response = page.go(LOGIN)
    response.delete_cookie(page.site.login_cookie, secure=page.site.secure, httponly=True, samesite="lax")
    return response


def _form(
    page: PageRequest,
    *,
    user: str = "",
    faults: Sequence[tuple[str, str]] = (),
    status: int = 200,
    ended: bool = False,
) -> Response:
    outside = page.site.logins.rules.needs_second_factor(page.address)
    return page.show("login.html", status=status, user=user, faults=faults, ended=ended, outside=outside)
