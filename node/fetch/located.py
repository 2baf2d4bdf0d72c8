"""A fetch from the entities that the private locator names."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.fetch.asking import Asking, Fetched
from node.locator.locating import Located, Locating
from node.people.lookup import PersonLookup
from records_exchange.request import Question


@dataclass(frozen=True, slots=True)
class LocatedFetch:
    """The answer of the locator, and the result of asking the entities that it named."""

    located: Located
    fetched: Fetched

    @property
    def partial(self) -> bool:
        """True when an entity may hold something that is not shown."""
        silent = any(reply.error is not None for reply in self.fetched.replies)
        return silent or self.located.more or self.located.unlisted > 0


@dataclass(frozen=True, slots=True)
class Fetching:
    """Asks other entities for a person's consented data: named ones, or those that the locator names."""

    asking: Asking
    locating: Locating

    def fetch(self, lookup: PersonLookup, question: Question, holders: Sequence[str]) -> Fetched:
        """Ask the named entities, in parallel; see `Asking.ask`."""
        return self.asking.ask(lookup, question, holders)

    def fetch_located(self, lookup: PersonLookup, question: Question) -> LocatedFetch:
        """Locate the holders of a person's consented data and ask them all, in parallel.

        Raises:
            RedpactError: as `Locating.locate_person` and `Asking.ask`. What a holder does is in the replies instead.
        """
        located = self.locating.locate_person(lookup, question.purpose)
        return LocatedFetch(located, self.asking.ask(lookup, question, located.holders))
