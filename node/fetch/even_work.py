"""Even work for every refusal: its time does not tell a stranger from a person who has consents for others.

The work of an answer depends on how many consents a person has, and on where they were given. Before a refusal leaves,
what it lacks to a fixed amount is done over texts that are no consents: as many rows are read and sealed, the assurance
policy is read, the last contact with an origin is looked up. A release needs none of it: its asker knows that the
person is known.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, String, bindparam, literal_column, select

from node.consents.freshness import is_silent
from node.ledger.consent_seals import consents_digest
from node.ledger.own import own_policy
from service.sql_driver import DriverStatement, connection_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from node.consents.in_force import InForce
    from node.context import NodeContext

CONSENTS: Final = 16
"""Consents over which a refusal does its work, at least."""
_NOBODY: Final = "nobody"
_ID: Final = "0" * 32
_DOCUMENT: Final = "x" * 1500
"""As long as the stored text of a consent for a dozen fields."""

_COUNTED: Final = select(literal_column("1", Integer).label("place")).cte("counted", recursive=True)
_NEXT: Final = select((_COUNTED.c.place + literal_column("1", Integer)).label("place"))
_UP_TO: Final = _COUNTED.union_all(_NEXT.where(_COUNTED.c.place < bindparam("most", type_=Integer)))
_TEXTS: Final = (bindparam("named", type_=String), bindparam("text", type_=String))
_ROWS: Final = DriverStatement(select(*_TEXTS).select_from(_UP_TO), ["most", "named", "text"])
_read: Final = lru_cache(maxsize=1)(len)
"""As consents are read: by their text, the same one once."""


def even_out(context: "NodeContext", session: "Session", judged: "InForce", now: "datetime") -> None:
    """Do what a refusal lacks to the fixed amount of work.

    Args:
        context: of the node.
        session: the unit of work of the refusal.
        judged: what judged the person's consents in it.
        now: the time of the answer.
    """
    done = judged.work
    lacking = max(0, CONSENTS - done.consents)
    rows = [(row[0], row[1]) for row in _ROWS.all(connection_of(session), lacking + 1, _ID, _DOCUMENT)][:lacking]
    consents_digest(context.keys.cipher, rows)
    for row in rows:
        _read(row[1])
    if not done.policy_read:
        own_policy(context, session).read()
    if not done.contacts:
        is_silent(session, _NOBODY, None, now=now, bound=context.settings.silence_bound)
