"""The portal put together: its pages over the use cases of a node."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.people.name_index import NameIndex
from node.staff.accounts import staff_accounts, staff_logins
from portal.parts import Portal
from portal.table import NAVIGATION, table
from presentation.messages import _
from presentation.pages import Pages
from service.web.accounts.passwords import Passwords
from service.web.serving import is_this_machine
from service.web.site_parts import Site
from trust.addresses import split_address

if TYPE_CHECKING:
    from node.wiring import Node

TEMPLATES: Final = Pages("portal", beneath=("service.web",))
TITLE: Final = _("Historia social compartida")


@dataclass(frozen=True, slots=True)
class ComposedPortal:
    """The portal of a node, ready to be served."""

    site: Site
    names: NameIndex


def portal_site(
    node: "Node", *, listen: str, names: frozenset[str], passwords: Passwords | None = None
) -> ComposedPortal:
    """Return the portal of a node.

    Args:
        node: the node.
        listen: ``host:port`` where it will be served.
        names: by which browsers may address it.
        passwords: hashing; tests give a cheaper one.
    """
    context, hashing = node.context, passwords or Passwords()
    index = NameIndex(context)
    host, port = split_address(listen)
    site = Site(
        table=table(Portal(node, index)),
        pages=TEMPLATES,
        accounts=staff_accounts(context, hashing),
        logins=staff_logins(context, hashing),
        clock=context.clock,
        title=TITLE,
        organisation=lambda: context.entity_names().get(context.settings.entity, context.settings.entity),
        navigation=NAVIGATION,
        hosts=names,
        secure=not is_this_machine(host),
        cookie=f"redpact-{port}",
    )
    return ComposedPortal(site, index)
