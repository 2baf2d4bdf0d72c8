"""The choice of language, without a script: a form in the header of every page."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import RedirectResponse, Response

from portal.parts import Portal
from presentation.catalogue import LANGUAGES
from service.web.languages import COOKIE
from service.web.page_request import SEE_OTHER, PageRequest
from service.web.routes import EVERYBODY, Route

_A_YEAR: Final = 365 * 24 * 3600


def routes(_portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (Route("language", "/idioma", EVERYBODY, post=choose),)


def choose(page: PageRequest) -> Response:
    """Keep the choice, and go back to the page where it was made."""
    response = RedirectResponse(own_path(page.form.text("back", longest=2000)), status_code=SEE_OTHER)
    chosen = page.form.text("language")
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, chosen, max_age=_A_YEAR, secure=page.site.secure, httponly=True, samesite="lax")
    return response


def own_path(path: str) -> str:
    """Return a path of this site; the start for anything that could lead elsewhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
