"""The accounts of the entity's staff and their journal, for those who run the node and those who watch it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from starlette.responses import Response

from node.staff.report import roles_text, state_text
from policies.staff_roles import StaffRole
from portal.parts import Portal
from presentation.messages import Message, _, in_language
from presentation.pages import moment
from service.web.accounts.journal import entries
from service.web.accounts.model import JournalKind
from service.web.page_request import PageRequest
from service.web.routes import Access, Route

MAY_SEE: Final = frozenset({StaffRole.ADMINISTRATOR, StaffRole.SECURITY_OFFICER})
_KINDS: Final[Mapping[str, Message]] = {
    JournalKind.LOGIN: _("Entró"),
    JournalKind.LOGIN_REFUSED: _("Entrada denegada"),
    JournalKind.LOCKED: _("Cuenta bloqueada por intentos"),
    JournalKind.LOGOUT: _("Salió"),
    JournalKind.CONFIRMED: _("Confirmó su contraseña"),
    JournalKind.PASSWORD_CHANGED: _("Cambió su contraseña"),
    JournalKind.FACTOR_SET: _("Activó el segundo factor"),
    JournalKind.FACTOR_REMOVED: _("Sin segundo factor"),
    JournalKind.ADDED: _("Cuenta creada"),
    JournalKind.DISABLED: _("Cuenta desactivada"),
    JournalKind.RESET: _("Cuenta restablecida"),
}


def routes(portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (Route("accounts", "/cuentas", Access(MAY_SEE), get=partial(show, portal)),)


def show(portal: Portal, page: PageRequest) -> Response:
    """Show the accounts and the newest entries of their journal."""
    found, lang = page.site.accounts.list(), page.lang
    names = {each.account_id: each.login for each in found}
    with portal.context.snapshot() as session:
        journal = entries(session)
    accounts = [
        (
            each.name,
            each.login,
            roles_text(each, lang),
            state_text(each, page.now, lang),
            moment(each.last_access_at, lang) if each.last_access_at else "—",
        )
        for each in found
    ]
    happened = [
        (
            moment(each.happened_at, lang),
            in_language(_KINDS.get(each.kind, each.kind), lang),
            names.get(each.account_id, "—"),
            each.address or "—",
            each.by or "—",
        )
        for each in journal
    ]
    return page.show("accounts.html", accounts=accounts, happened=happened)
