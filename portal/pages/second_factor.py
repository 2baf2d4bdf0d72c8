"""The second factor: an application on the owner's telephone that shows codes."""

from collections.abc import Sequence

from starlette.responses import Response

from policies.staff_roles import EVERY_ROLE
from portal.parts import Portal
from presentation.messages import _, in_language
from presentation.qr import qr_symbol
from service.web.accounts.second_factor import enrolment_address, key_text
from service.web.errors import FactorCodeWrong
from service.web.page_request import PageRequest
from service.web.routes import Access, Route


def routes(_portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    access = Access(EVERY_ROLE, confirmed=True)
    return (Route("second_factor", "/cuenta/segundo-factor", access, get=show, post=activate),)


def show(page: PageRequest) -> Response:
    """Show the key that the application needs."""
    return _page(page, ())


def activate(page: PageRequest) -> Response:
    """Put the key to use, once a code proves that the application has it."""
    try:
        page.site.accounts.set_factor(page.account, page.form.text("code", longest=20))
    except FactorCodeWrong as error:
        return _page(page, (("code", in_language(error.sentence, page.lang)),))
    return page.go("account")


def _page(page: PageRequest, faults: Sequence[tuple[str, str]]) -> Response:
    key = page.site.accounts.pending_factor(page.account)
    address = enrolment_address(key, page.account.login, f"RedPACT {page.site.organisation()}")
    symbol = qr_symbol(address, _("Símbolo QR con la clave, que también está escrita debajo"))
    status = 400 if faults else 200
    return page.show("second_factor.html", status=status, symbol=symbol, key=key_text(key), faults=faults)
