"""Pages that say what went wrong and what to do next, in the reader's language."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from policies.errors import RedpactError
from presentation.messages import Message, _, in_language, speaking
from presentation.pages import Pages
from service.web.languages import COOKIE, language_of

if TYPE_CHECKING:
    from service.web.accounts.model import Account
    from service.web.site_parts import Site

PAGES: Final = Pages("service.web", "templates")

_WORDS: Final[Mapping[int, tuple[Message, Message]]] = {
    400: (_("No se ha podido hacer"), _("Vuelva atrás, corrija lo que se indica y envíelo de nuevo.")),
    403: (_("No tiene acceso"), _("Si lo necesita para su trabajo, pídalo a quien administra las cuentas.")),
    404: (_("Aquí no hay nada"), _("Vuelva al inicio y busque desde allí.")),
    405: (_("Eso no se puede hacer aquí"), _("Vuelva al inicio.")),
    408: (_("La petición ha tardado demasiado"), _("Compruebe la conexión y envíela de nuevo.")),
    413: (_("Es demasiado grande"), _("Envíe menos de una vez.")),
    414: (_("La dirección es demasiado larga"), _("Vuelva al inicio.")),
    421: (
        _("Esta página no se sirve con ese nombre"),
        _("Use la dirección que le dio quien administra el nodo."),
    ),
    429: (_("Demasiados intentos"), _("Espere un cuarto de hora y vuelva a intentarlo.")),
    500: (_("Ha habido un fallo"), _("Inténtelo de nuevo. Si se repite, avise a quien administra el nodo.")),
    503: (_("Ahora no se puede"), _("Espere un momento y vuelva a intentarlo.")),
}
_STALE: Final = (
    _("El formulario había caducado"),
    _("Vuelva a la página y envíelo de nuevo. Si ya lo había enviado, compruebe antes si se hizo."),
)


def page(
    site: "Site",
    request: Request,
    status: int,
    *,
    error: RedpactError | None = None,
    account: "Account | None" = None,
    incident: str = "",
    stale: bool = False,
) -> Response:
    """Return the page of an error.

    Args:
        site: whose look it has.
        request: that went wrong.
        status: of HTTP.
        error: with its own words; None for those of the status.
        account: of whoever is logged in; None where it is not known.
        incident: the number of an entry in the log; empty without one.
        stale: the form was of an earlier visit.
    """
    lang = language_of(request.cookies.get(COOKIE, ""), request.headers.get("accept-language", ""))
    title, next_step = _STALE if stale else _WORDS.get(status, _WORDS[500])
    said = [] if error is None else [in_language(error.sentence, lang), in_language(error.message, lang)]
    say = speaking(lang)
    html = PAGES.render(
        "error.html",
        lang,
        assets=site.assets,
        service=say(site.title),
        title=say(title),
        said=said,
        next_step=say(next_step),
        account=account,
        incident=incident,
    )
    return HTMLResponse(str(html), status_code=status)
