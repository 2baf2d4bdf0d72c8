"""The parts under the pages of one service: its table of pages, templates, accounts and looks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.web.assets import OWN, VENDORED, Assets
from service.web.kept_results import KeptResults

if TYPE_CHECKING:
    from presentation.messages import Message
    from presentation.pages import Pages
    from service.clock import Clock
    from service.web.accounts.accounts import Accounts
    from service.web.accounts.logins import Logins
    from service.web.routes import RouteTable


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A line of the navigation: a page, its words, and the roles that see it."""

    route: str
    words: "Message"
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of a service's pages.

    Attributes:
        table: the pages.
        pages: the templates.
        accounts: what owners change of their account.
        logins: logging in, and finding the login of a request.
        clock: the present.
        title: the name of the service, in every page's header.
        organisation: returns the name of the entity that serves the pages.
        navigation: the lines of the header.
        hosts: names by which browsers may address it, without ports; others are refused (DNS rebinding).
        secure: it is served with TLS; cookies then go over nothing else.
        cookie: a name of its own for cookies: those of services on other ports of one machine mix.
        kept: results shown by a page of their own.
        assets: style sheets and scripts.
    """

    table: "RouteTable"
    pages: "Pages"
    accounts: "Accounts"
    logins: "Logins"
    clock: "Clock"
    title: "Message"
    organisation: Callable[[], str]
    navigation: Sequence[NavigationItem]
    hosts: frozenset[str]
    secure: bool = False
    cookie: str = "redpact"
    kept: KeptResults = field(default_factory=KeptResults)
    assets: Assets = field(default_factory=lambda: Assets(VENDORED, OWN))

    @property
    def login_cookie(self) -> str:
        """The name of the cookie with a login's token (RFC 6265bis: the prefix binds it to this host and to TLS)."""
        return f"__Host-{self.cookie}" if self.secure else self.cookie
