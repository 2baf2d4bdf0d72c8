"""The seals of settings in the database: the assurance policy and the pinned anchors."""

from typing import Final

from node.cipher import RecordCipher
from node.seals.scopes import Scope
from node.seals.seals import Seals

ASSURANCE_POLICY: Final = "assurance_policy"


class SettingSeal:
    """The seal of one setting: the rows that hold it, as one list."""

    def __init__(self, seals: Seals, name: str) -> None:
        self._seals = seals
        self._name = name

    def require(self, rows: list[object]) -> None:
        """Check rows just read; none are right only if there never were any.

        Raises:
            RecordsTampered: they are not those that this node wrote last.
        """
        digests = {0: setting_digest(self._seals.cipher, self._name, rows)} if rows else {}
        self._seals.require(Scope.SETTING, self._name, digests)

    def write(self, rows: list[object]) -> None:
        """Seal changed rows; the old ones were read and checked before.

        Raises:
            RecordsTampered: the old seal is not the newest.
        """
        digests = (setting_digest(self._seals.cipher, self._name, rows),) if rows else None
        self._seals.write(Scope.SETTING, self._name, digests)


class PolicySeal:
    """A `PolicyGuard`: the seal of the assurance policy."""

    def __init__(self, seals: Seals) -> None:
        self._seal = SettingSeal(seals, ASSURANCE_POLICY)

    def check(self, document: str | None, entry_index: int | None) -> None:
        """See `PolicyGuard`."""
        self._seal.require([] if document is None else [document, entry_index])

    def note(self, document: str, entry_index: int) -> None:
        """See `PolicyGuard`."""
        self._seal.write([document, entry_index])


def setting_digest(cipher: RecordCipher, name: str, rows: list[object]) -> bytes:
    """Return the digest of the rows of a setting."""
    return cipher.row_digest([name, *rows])
