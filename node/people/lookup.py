"""The look-up of a person by their document, made once for a use case that needs it in several units of work."""

from node.people.documents import Document
from node.people.store import PersonStore


class PersonLookup:
    """Finds a person once and remembers the answer, also that there is no record of them.

    For one use case, such as a fetch: the case team, the locator and the ledger need the same answer one after another.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._made = False
        self._person_id: str | None = None

    def person_id(self, people: PersonStore) -> str | None:
        """Return the node's own id of the person, None without a record here; `people` is asked the first time only."""
        if not self._made:
            found = people.find_by_document(self.document)
            self._person_id = found.person_id if found else None
            self._made = True
        return self._person_id
