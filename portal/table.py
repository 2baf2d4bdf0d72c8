"""The table of the portal's pages. A new page is a module in `portal.pages` and a name in `PAGES`."""

from typing import Final

from policies.staff_roles import CASEWORK, EVERY_ROLE
from portal.pages import (
    account,
    accounts,
    confirm,
    home,
    language,
    login,
    opening,
    others,
    password,
    person,
    search,
    second_factor,
)
from portal.parts import Portal
from presentation.messages import _
from service.web.routes import RouteTable
from service.web.site_parts import NavigationItem

PAGES: Final = (
    *(login, language, password, confirm, account, second_factor),
    *(home, search, person, opening, others, accounts),
)
"""Modules with a ``routes(portal)``."""

NAVIGATION: Final = (
    NavigationItem("home", _("Inicio"), EVERY_ROLE),
    NavigationItem("search", _("Buscar a una persona"), CASEWORK),
    NavigationItem("accounts", _("Cuentas"), accounts.MAY_SEE),
)


def table(portal: Portal) -> RouteTable:
    """Return the pages of a portal."""
    return RouteTable([route for page in PAGES for route in page.routes(portal)])
