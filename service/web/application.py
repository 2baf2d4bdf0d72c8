"""The application of a site: from a request to the code of its page, with login, roles and form token checked."""

import binascii
import secrets
import traceback
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as StarletteRoute

from policies.errors import ErrorKind, RedpactError
from presentation.messages import language
from service.web import error_pages
from service.web.accounts.logins import TOKEN_BYTES
from service.web.accounts.model import Account, Login
from service.web.assets import ADDRESS
from service.web.errors import ReferenceUnknown
from service.web.forms import TOKEN_FIELD, Form, parse_form
from service.web.guard import BODY, Application, Guard, Scope
from service.web.languages import COOKIE, language_of
from service.web.page_request import SEE_OTHER, PageRequest
from service.web.references import is_form_token
from service.web.routes import POST, Route
from service.web.site_parts import Site

LOGIN: Final = "login"
PASSWORD: Final = "password"  # noqa: S105 - the name of a page
CONFIRM: Final = "confirm"
"""Names of the pages that every site has: to log in, to change the password, to give it again."""

_STATUS: Final = {
    ErrorKind.REFUSED: 403,
    ErrorKind.USAGE: 400,
    ErrorKind.UNREACHABLE: 503,
    ErrorKind.DAMAGED: 500,
}
_log = structlog.get_logger(__name__)


def application(site: Site) -> Application:
    """Return the application of a site, guarded."""

    def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return error_pages.page(site, request, status)

    routes = [
        StarletteRoute(route.path, _endpoint(site, route), methods=list(route.methods)) for route in site.table.routes
    ]
    routes.append(StarletteRoute(ADDRESS, site.assets.serve))
    inner = Starlette(routes=routes, exception_handlers={HTTPException: failed})
    inner.router.redirect_slashes = False  # it would answer with the host that the request names

    def refuse(scope: Scope, status: int) -> Application:
        return error_pages.page(site, Request(scope), status)

    return Guard(inner, site.hosts, refuse)


def _endpoint(site: Site, route: Route) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        lang = language_of(request.cookies.get(COOKIE, ""), request.headers.get("accept-language", ""))
        with language(lang):
            try:
                return _answer(site, route, request, lang)
            except RedpactError as error:
                status = 404 if isinstance(error, ReferenceUnknown) else _STATUS[error.kind]
                return error_pages.page(site, request, status, error=error)
            except Exception as error:  # noqa: BLE001  # the outermost edge of a page
                return _fault(site, route, request, error)

    return answer


def _answer(site: Site, route: Route, request: Request, lang: str) -> Response:
    secret, login = _login(site, request)
    parts = {name: str(value) for name, value in request.path_params.items()}
    address = request.client.host if request.client else ""
    form = _form(request)
    page = PageRequest(
        site, route, lang, _seen_from(request, address), secret, login, form, parts, request.query_params
    )
    refused = _refused(page, request)
    response = refused if refused is not None else route.handler(request.method)(page)
    if login is None and route.access.roles is None and not request.cookies.get(site.login_cookie):
        set_token(site, response, secret)  # a visitor's, so that the form to log in carries a token too
    return response


def _refused(page: PageRequest, request: Request) -> Response | None:
    """Return the answer to a request that may not reach its page's code; None when it may."""
    site, access, login = page.site, page.route.access, page.login
    if access.roles is not None and login is None:
        ended = "?ended=1" if request.cookies.get(site.login_cookie) else ""
        return RedirectResponse(page.url(LOGIN) + ended, status_code=SEE_OTHER)
    if request.method == POST and not is_form_token(page.secret, page.form.raw(TOKEN_FIELD)):
        return error_pages.page(site, request, 403, stale=True)
    return None if access.roles is None or login is None else _kept_out(page, request, login.account)


def _kept_out(page: PageRequest, request: Request, account: Account) -> Response | None:
    """Return the answer to an account that is logged in and may not see the page, or not yet; None when they may."""
    access = page.route.access
    if account.temporary and not access.with_temporary:
        return page.go(PASSWORD)
    if access.roles is not None and not access.roles & account.roles:
        return error_pages.page(page.site, request, 403, account=account)
    if access.confirmed and not page.is_confirmed:
        return page.go(CONFIRM)
    return None


def _login(site: Site, request: Request) -> tuple[bytes, Login | None]:
    """Return the browser's token, or a new one, and the login that it stands for."""
    try:
        text = request.cookies.get(site.login_cookie, "")
        secret = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != TOKEN_BYTES:
        return secrets.token_bytes(TOKEN_BYTES), None
    return secret, site.logins.find(secret)


def set_token(site: Site, response: Response, secret: bytes) -> None:
    """Give a browser a token, in a cookie that scripts cannot read and that ends with the browser."""
    text = urlsafe_b64encode(secret).decode().rstrip("=")
    response.set_cookie(site.login_cookie, text, secure=site.secure, httponly=True, samesite="lax")


def _form(request: Request) -> Form:
    if request.method != POST:
        return Form()
    return parse_form(request.headers.get("content-type", ""), request.scope.get(BODY, b""))


def _seen_from(request: Request, address: str) -> str:
    """Return the client's address; empty, which is no local one, for a request that a proxy passed on."""
    passed_on = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    return "" if passed_on else address


def _fault(site: Site, route: Route, request: Request, error: Exception) -> Response:
    """Log a defect without its text, which may hold what somebody typed, and answer with the number of the entry."""
    incident = secrets.token_hex(4)
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("page_failed", page=route.name, incident=incident, kind=type(error).__name__, frames=frames[-8:])
    return error_pages.page(site, request, 500, incident=incident)
