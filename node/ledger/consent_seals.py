"""The seals of consents: a release stands on the consents that this node wrote last, and on no others."""

from collections.abc import Callable, Collection

from consent_ledger.consents.sql_consents import StoredConsent
from node.cipher import RecordCipher
from node.seals.scopes import Scope
from node.seals.seals import Seals, require


class ConsentSeals:
    """A `ConsentGuard`: one seal for the consents of each person."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def read(self, person_ref: str, read: Callable[[], list[StoredConsent]]) -> list[StoredConsent]:
        """See `ConsentGuard`. For nobody, and for a person without consents, the steps are the same."""

        def verified() -> list[StoredConsent]:
            rows = read()
            self._seals.require(Scope.CONSENTS, person_ref, self._digests(rows))
            return rows

        return self._seals.settled(verified)

    def read_all(self, read: Callable[[], dict[str, list[StoredConsent]]]) -> dict[str, list[StoredConsent]]:
        """See `ConsentGuard`."""

        def verified() -> dict[str, list[StoredConsent]]:
            by_person = read()
            seals = self._seals.seals(Scope.CONSENTS, by_person.keys())
            for person_ref, rows in by_person.items():
                require(seals.get(person_ref), Scope.CONSENTS, person_ref, self._digests(rows))
            return by_person

        return self._seals.settled(verified)

    def note(self, person_ref: str, consents: Collection[StoredConsent], *, erased: bool = False) -> None:
        """See `ConsentGuard`."""
        digests = (consents_digest(self._seals.cipher, consents),) if consents else None
        self._seals.write(Scope.CONSENTS, person_ref, digests, verified=not erased)

    def _digests(self, rows: Collection[StoredConsent]) -> dict[int, bytes]:
        digest = consents_digest(self._seals.cipher, rows)
        return {0: digest} if rows else {}


def consents_digest(cipher: RecordCipher, rows: Collection[StoredConsent]) -> bytes:
    """Return the digest of the consents of a person."""
    return cipher.row_digest(["consents", *sorted(rows)])
