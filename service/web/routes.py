"""The table of a site's pages: addresses, who may ask for each, and what answers.

Every page is a line of one table, so that what a role may see can be read, and tested, in one place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.responses import Response

Handler = Callable[[Any], "Response"]
"""Answers a `service.web.page_request.PageRequest`, which knows this table and is not known here."""

GET: Final = "GET"
POST: Final = "POST"


@dataclass(frozen=True, slots=True)
class Access:
    """The condition for asking for a page.

    Attributes:
        roles: any of these; None for everybody, logged in or not.
        with_temporary: also while the password is one that somebody else set.
        confirmed: only with a password given a short while ago.
    """

    roles: frozenset[str] | None = None
    with_temporary: bool = False
    confirmed: bool = False


EVERYBODY: Final = Access()


@dataclass(frozen=True, slots=True)
class Route:
    """One page.

    Attributes:
        name: by which other pages lead here.
        path: its address; ``{name}`` for a part that varies.
        access: who may ask.
        get: answers a request to see it; None where it only takes a form.
        post: answers its form; None where it has none.
    """

    name: str
    path: str
    access: Access
    get: Handler | None = None
    post: Handler | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it answers."""
        return tuple(method for method, handler in ((GET, self.get), (POST, self.post)) if handler is not None)

    def handler(self, method: str) -> Handler:
        """Return what answers a method; HEAD is a GET without its body."""
        found = self.post if method == POST else self.get
        if found is None:
            raise LookupError(method)
        return found


class RouteTable:
    """The pages of a site."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes: Final = tuple(routes)
        self._by_name = {route.name: route for route in routes}
        if len(self._by_name) != len(self.routes):
            raise ValueError("two pages have one name")

    def address(self, name: str, **parts: str) -> str:
        """Return the address of a page; a name that no page has is an error of the program."""
        return self._by_name[name].path.format(**parts)
