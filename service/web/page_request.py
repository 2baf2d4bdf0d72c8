"""A request for a page, as the page's code sees it, and the answers that it can give."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from presentation.messages import Translator, speaking
from service.web.forms import TOKEN_FIELD, Form
from service.web.references import References, form_token

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.web.accounts.model import Account, Login
    from service.web.routes import Route
    from service.web.site_parts import Site

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page.

    Attributes:
        site: the parts of the service's pages.
        route: the page.
        lang: of the reader.
        address: of the client.
        secret: the browser's token: of a login, or of a visitor who has none yet.
        login: the login, if there is one.
        form: the fields of the form; empty for a request to see the page.
        parts: the parts of the address that vary.
        flags: the query; pages take constant words from it and nothing else.
    """

    site: "Site"
    route: "Route"
    lang: str
    address: str
    secret: bytes
    login: "Login | None"
    form: Form
    parts: "Mapping[str, str]"
    flags: "Mapping[str, str]"

    @property
    def say(self) -> Translator:
        """The words of the reader's language."""
        return speaking(self.lang)

    @property
    def now(self) -> "datetime":
        """The present (UTC)."""
        return self.site.clock.now()

    @property
    def account(self) -> "Account":
        """The account that is logged in; only for pages that take a login."""
        if self.login is None:
            raise LookupError("this page takes no login")
        return self.login.account

    @property
    def references(self) -> References:
        """The references of this login."""
        return References(self.secret)

    @property
    def is_confirmed(self) -> bool:
        """True when the password was given a short while ago."""
        return self.login is not None and self.site.logins.is_confirmed(self.login)

    def url(self, name: str, **parts: str) -> str:
        """Return the address of a page."""
        return self.site.table.address(name, **parts)

    def here(self) -> str:
        """Return the address of this page."""
        return self.url(self.route.name, **self.parts)

    def show(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """Return a page from a template, which sees `ui` beside its own context."""
        html = self.site.pages.render(template, self.lang, ui=Interface(self), **context)
        return HTMLResponse(str(html), status_code=status)

    def go(self, name: str, **parts: str) -> Response:
        """Return the answer that leads to another page; a reload of that one sends no form again."""
        return RedirectResponse(self.url(name, **parts), status_code=SEE_OTHER)

    def keep(self, result: object) -> str:
        """Keep a result for this login, and return its key."""
        return self.site.kept.keep(self.secret, result, self.now)

    def kept(self, key: str) -> object | None:
        """Return a kept result; None when it is gone or another login's."""
        return self.site.kept.find(self.secret, key, self.now)


class Interface:
    """The frame of every page, as templates see it."""

    def __init__(self, page: PageRequest) -> None:
        self._page = page

    @property
    def account(self) -> "Account | None":
        """The account that is logged in; None without a login."""
        return self._page.login.account if self._page.login else None

    @property
    def now(self) -> "datetime":
        """The present (UTC)."""
        return self._page.now

    @property
    def title(self) -> str:
        """The name of the service."""
        return self._page.say(self._page.site.title)

    @property
    def organisation(self) -> str:
        """The name of the entity."""
        return self._page.site.organisation()

    @property
    def navigation(self) -> list[dict[str, object]]:
        """The lines of the navigation that this account sees."""
        account = self.account
        if account is None or account.temporary:
            return []
        return [
            {
                "words": self._page.say(item.words),
                "href": self._page.url(item.route),
                "current": item.route == self._page.route.name,
            }
            for item in self._page.site.navigation
            if item.roles & account.roles
        ]

    @property
    def here(self) -> str:
        """The address of this page, to come back to after another choice of language; the start where it has none."""
        return self._page.here() if self._page.route.get is not None else "/"

    def url(self, name: str, **parts: str) -> str:
        """Return the address of a page."""
        return self._page.url(name, **parts)

    def asset(self, name: str) -> str:
        """Return the address of a style sheet or script."""
        return self._page.site.assets.address(name)

    def ref(self, kind: str, identifier: str) -> str:
        """Return the reference to a thing, for an address of this login."""
        return self._page.references.seal(kind, identifier)

    def token(self) -> Markup:
        """Return the hidden field that every form carries."""
        field = '<input type="hidden" name="{}" value="{}">'
        return Markup(field).format(  # noqa: S704 - a literal, filled in by escaping
            TOKEN_FIELD, form_token(self._page.secret)
        )
