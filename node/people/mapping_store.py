"""The mappings of an office's own columns and codes, as the node keeps them.

They concern nobody. They are sealed under a key of the node all the same, so that nobody who writes to the database
alone decides what the columns of the next file mean.
"""

import json
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from node.cipher import RecordCipher, SealedPlace
from node.people.errors import MappingUnknown
from node.people.import_tables import MAPPINGS
from node.people.mapping import OwnMapping
from presentation.messages import _

_TABLE: Final = "record_mappings"


class MappingStore:
    """The mappings of a node, inside the caller's transaction."""

    def __init__(self, session: Session, cipher: RecordCipher) -> None:
        self._session = session
        self._cipher = cipher

    def put(self, mapping: OwnMapping) -> None:
        """Keep a mapping, in place of one of the same name."""
        text = json.dumps([mapping.columns, mapping.codes], ensure_ascii=False)
        sealed = self._cipher.keep(SealedPlace(_TABLE, "document", mapping.name), text.encode())
        self._session.execute(delete(MAPPINGS).where(MAPPINGS.c.name == mapping.name))
        self._session.execute(insert(MAPPINGS).values(name=mapping.name, document=sealed))

    def names(self) -> list[str]:
        """Return the names of the mappings, sorted."""
        return sorted(self._session.scalars(select(MAPPINGS.c.name)))

    def get(self, name: str) -> OwnMapping:
        """Return a mapping by its name.

        Raises:
            MappingUnknown: there is none.
            RecordsUnreadable: it was altered.
        """
        sealed = self._session.scalar(select(MAPPINGS.c.document).where(MAPPINGS.c.name == name))
        if sealed is None:
            raise _unknown(name)
        columns, codes = json.loads(self._cipher.kept(SealedPlace(_TABLE, "document", name), sealed))
        return OwnMapping(name, columns, codes)

    def remove(self, name: str) -> None:
        """Delete a mapping.

        Raises:
            MappingUnknown: there is none.
        """
        found = self._session.execute(delete(MAPPINGS).where(MAPPINGS.c.name == name).returning(MAPPINGS.c.name))
        if not found.all():
            raise _unknown(name)


def _unknown(name: str) -> MappingUnknown:
    return MappingUnknown(
        _("no hay una correspondencia con el nombre {name!r}", name=name[:64]),
        remedy=_("consulte los nombres con redpact-node records mapping list"),
    )
