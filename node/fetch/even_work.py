"""Even work for every refusal: its time does not tell a stranger from a person who has consents for others.

The work of an answer depends on how many consents a person has, and on where they were given. Before a refusal leaves,
what it lacks to a fixed amount is done over texts that are no consents: as many rows are read and sealed, the assurance
policy is read, the last contact with an origin is looked up. A release needs none of it: its asker knows that the
person is known.
"""

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, String, bindparam, literal_column, select

from consent_ledger.consents.in_force import coverages
from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.log.bodies import Actor, ConsentBody, Notice
from consent_ledger.log.given_elsewhere import ConsentOrigin
from node.consents.freshness import is_silent
from node.ledger.consent_seals import consents_digest
from node.ledger.own import own_policy
from node.seals.contacts import contacts_in
from node.seals.seals import seals_in
from policies.assurance import default_policy
from policies.catalogue import load_catalogue
from service.sql_driver import DriverStatement, connection_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.consents.in_force import InForce
    from node.context import NodeContext

CONSENTS: Final = 16
"""Consents over which a refusal does its work, at least."""
_NOBODY: Final = "nobody"
_FIELDS: Final = 6
_DIGESTS: Final = bytes(80)
_ID: Final = "0" * 32
_HASH: Final = "0" * 64
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)
_DOCUMENT: Final = '{"name":"value"},' * 94
"""As long as the stored text of a consent for some fields, and with as many quotes."""
_SEALS: Final = 4
"""Seals that a person has at most: their record, their consents, their cards, their case."""

_COUNTED: Final = select(literal_column("1", Integer).label("place")).cte("counted", recursive=True)
_NEXT: Final = select((_COUNTED.c.place + literal_column("1", Integer)).label("place"))
_UP_TO: Final = _COUNTED.union_all(_NEXT.where(_COUNTED.c.place < bindparam("most", type_=Integer)))
_TEXTS: Final = (bindparam("named", type_=String), bindparam("text", type_=String))
_ROWS: Final = DriverStatement(
    select(*_TEXTS).select_from(_UP_TO).order_by(_UP_TO.c.place.desc()), ["most", "named", "text"]
)
_read: Final = lru_cache(maxsize=1)(len)
"""As consents are read: by their text, the same one once."""


@cache
def _of_another_entity() -> ConsentView:
    """Return a consent given elsewhere that proves nothing, of nobody."""
    names = [spec.id for spec in load_catalogue().fields if spec.shareable][:_FIELDS]
    origin = ConsentOrigin(entity="elsewhere", index=0, leaf_hash=_HASH, acted_at=_FIRST, proofs=())
    record = ConsentBody(
        consent_id=_ID,
        person_ref=_NOBODY,
        controller=_NOBODY,
        fields=tuple(names),
        purposes=(_NOBODY,),
        recipients=(_NOBODY,),
        origin=origin,
        valid_from=_FIRST,
        valid_until=_LAST,
        acted_by=Actor.PERSON,
        notice=Notice(id=_NOBODY, version="1", sha256=_HASH),
        language="es",
        method="in-person",
    )
    state, index = ConsentState.GIVEN, 0
    return ConsentView(
        state=state, record=record, given_at=_FIRST, changed_at=_FIRST, given_index=index, last_index=index
    )


def even_out(context: "NodeContext", session: "Session", judged: "InForce", person_ref: str, now: datetime) -> None:
    """Do what a refusal lacks to the fixed amount of work.

    Args:
        context: of the node.
        session: the unit of work of the refusal.
        judged: what judged the person's consents in it.
        person_ref: the node's id of the person, or what was looked up in place of a stranger.
        now: the time of the answer.
    """
    done, cipher = judged.work, context.keys.cipher
    lacking = max(0, CONSENTS - done.consents)
    rows = [(row[0], row[1]) for row in _ROWS.all(connection_of(session), lacking + 1, _ID, _DOCUMENT)][:lacking]
    consents_digest(cipher, rows)
    for row in rows:
        _read(row[1])
    view = _of_another_entity()
    coverages([view] * lacking, _NOBODY, "", now, default_policy())
    if not done.named:
        coverages([view], _NOBODY, _NOBODY, now, default_policy())
    for _lacking in range(_SEALS - seals_in(session, cipher).held(person_ref)):
        cipher.seal_tag(_NOBODY, person_ref, 1, _DIGESTS)
    if not done.policy_read:
        own_policy(context, session).read()
    if not done.contacts:
        is_silent(contacts_in(session, cipher), _NOBODY, None, now=now, bound=context.settings.silence_bound)
