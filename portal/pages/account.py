"""The page of one's own account."""

from collections.abc import Sequence

from starlette.responses import Response

from node.staff.report import roles_text
from policies.staff_roles import EVERY_ROLE
from portal.parts import Portal
from presentation.pages import moment
from service.web.page_request import PageRequest
from service.web.routes import Access, Route


def routes(_portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (Route("account", "/cuenta", Access(EVERY_ROLE), get=show),)


def show(page: PageRequest) -> Response:
    """Show what the account is, and what its owner can change."""
    account, login, say = page.account, page.login, page.say
    before = login.before_at if login else None
    facts = [
        (say("Nombre"), account.name),
        (say("Usuario"), account.login),
        (say("Clave de personal"), account.staff_code),
        (say("Perfil"), roles_text(account, page.lang)),
        (say("Segundo factor"), say("activado") if account.second_factor else say("sin activar")),
        (say("Acceso anterior"), moment(before, page.lang) if before else say("este es el primero")),
    ]
    return page.show("account.html", facts=facts)
