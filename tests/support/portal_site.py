"""The portal of one node for tests: real parts, simulated peers, cheap password hashes, and logged-in browsers."""

import re
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from httpx import Response
from starlette.testclient import TestClient
from typing_extensions import override

from node.fetch.located import Fetching
from node.locator.locating import Located, Locating
from node.people.lookup import PersonLookup
from node.staff.accounts import add_staff
from node.wiring import Node
from policies.staff_roles import StaffRole
from portal.composition import portal_site
from service.web.accounts.accounts import NewAccount
from service.web.accounts.passwords import Passwords
from service.web.application import application
from service.web.references import form_token
from tests.support.one_side import OneSide
from trust.parties import EntityKind

PASSWORD: Final = "cuatro palabras que nadie junta"
ADDRESS: Final = "http://127.0.0.1:8443"
ENTITY: Final = "soria"
PEER: Final = "ngo"
_TOKEN: Final = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


class NamedHolders(Locating):
    """A locator that names the peers of the test."""

    def __init__(self, named: tuple[str, ...]) -> None:
        self._named = named

    @override
    def locate_person(self, lookup: PersonLookup, purpose: str) -> Located:
        return Located(self._named, more=False, unlisted=0)


class Browser(TestClient):
    """A browser: it keeps cookies, says where its requests come from, and follows no redirect by itself."""

    def __init__(self, portal: "PortalSide", *, address: str = "127.0.0.1") -> None:
        super().__init__(
            portal.application,
            base_url=ADDRESS,
            follow_redirects=False,
            client=(address, 40000),
            headers={"Accept-Language": "es", "Sec-Fetch-Site": "same-origin"},
        )

    def token(self, path: str = "/entrar") -> str:
        """Return the token of the forms of a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found is not None, path
        return found[1]

    def submit(self, path: str, *, seen_at: str = "/", **fields: str) -> Response:
        """Send a form with the token of the page where it was seen."""
        response: Response = self.post(path, data={"form_token": self.token(seen_at), **fields})
        return response

    def log_in(self, user: str, password: str = PASSWORD, code: str = "") -> int:
        """Log in, and return the status: 303 when it worked."""
        fields = {"user": user, "password": password, "code": code, "form_token": self.token()}
        return int(self.post("/entrar", data=fields).status_code)

    @property
    def secret(self) -> bytes:
        """The token that the browser holds."""
        from base64 import urlsafe_b64decode

        text = str(self.cookies.get("redpact-8443") or "")
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @property
    def own_token(self) -> str:
        """The token of this browser's forms, without asking for a page."""
        return form_token(self.secret)


class PortalSide(OneSide):
    """A node with its portal, and its peers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ENTITY, {PEER: EntityKind.PUBLIC})
        self.node = Node(self.context.home, clock=self.clock)
        self.node.context = self.context
        self.node.fetching = Fetching(self.asking, NamedHolders((PEER,)))
        passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        names = frozenset({"127.0.0.1", "localhost"})
        composed = portal_site(self.node, listen="127.0.0.1:8443", names=names, passwords=passwords)
        self.site = composed.site
        self.application = application(composed.site)

    def account(self, user: str, *roles: StaffRole, temporary: bool = False) -> str:
        """Add an account with the usual password, and return its user name."""
        named = tuple(role.value for role in roles or (StaffRole.PROFESSIONAL,))
        new = NewAccount(user, user.title(), user, named, temporary=temporary)
        add_staff(self.site.accounts, new, PASSWORD)
        return user

    def browser(self, *, address: str = "127.0.0.1") -> Browser:
        """Return a new browser."""
        return Browser(self, address=address)

    def logged_in(self, user: str, *roles: StaffRole) -> Browser:
        """Return a browser in which somebody new is logged in."""
        self.account(user, *roles)
        browser = self.browser()
        assert browser.log_in(user) == 303
        return browser
