"""Cached copies of values that other entities shared: kept sealed for some days, shown again, deleted on withdrawal.

Without a record of the person here there is no key to seal with, and only the holder and the consents are kept. With
them, a person can withdraw here a consent of which this entity is a recipient only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, SealedPlace
from node.errors import RecordsUnreadable
from node.people.documents import Document
from node.people.store import people_store
from presentation.messages import _
from records_exchange.answer import AnswerOutcome, FetchAnswer, ReleasedField
from records_exchange.request import Question
from records_exchange.travel_store import Received, SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext

_FIELDS: Final = TypeAdapter(tuple[ReleasedField, ...])


@dataclass(frozen=True, slots=True)
class SharedCopy:
    """The values of one answer of one holder."""

    holder: str
    purpose: str
    received_at: datetime
    forget_at: datetime
    fields: tuple[ReleasedField, ...]


@dataclass(frozen=True, slots=True)
class CopyOwner:
    """The person that copies are about, with the key that seals them."""

    person_id: str
    cipher: PersonCipher


def keep_received(
    context: "NodeContext",
    session: Session,
    answers: Mapping[int, FetchAnswer],
    question: Question,
    owner: CopyOwner | None,
) -> None:
    """Keep the answers of a fetch, in the transaction that appends them to the ledger.

    Args:
        context: of the asking entity.
        session: of that transaction.
        answers: by the index of their ledger entries.
        question: the question of the fetch.
        owner: the person; None when there is no record of them here.
    """
    now, days = context.clock.now(), context.settings.keep_received_days
    for index, answer in answers.items():
        if answer.outcome is not AnswerOutcome.RELEASED:
            continue
        content = _sealed(owner, answer) if owner is not None and days else None
        received = Received(
            entry_index=index,
            request_id=answer.request_id,
            holder=answer.holder,
            purpose=question.purpose,
            person_ref=owner.person_id if owner and content else None,
            content=content,
            received_at=now,
            forget_at=now + timedelta(days=days),
        )
        SqlTravelStore(session).keep_received(received, answer.consents)


def shared_copies(context: "NodeContext", document: Document) -> tuple[SharedCopy, ...]:
    """Return the cached copies about a person, the newest first.

    Raises:
        PersonUnknown: no record here has that document.
        RecordsUnreadable: a copy does not open.
    """
    with context.snapshot() as session:
        people = people_store(context, session)
        person = people.get_by_document(document).person_id
        cipher = people.cipher_of(person)
        return tuple(
            SharedCopy(
                holder=kept.holder,
                purpose=kept.purpose,
                received_at=kept.received_at,
                forget_at=kept.forget_at,
                fields=_fields(cipher.open_bytes(_cell(kept.request_id, person), kept.content or b"")),
            )
            for kept in SqlTravelStore(session).received_of(person, context.clock.now())
        )


def _sealed(owner: CopyOwner, answer: FetchAnswer) -> bytes:
    return owner.cipher.seal_bytes(_cell(answer.request_id, owner.person_id), _FIELDS.dump_json(answer.fields))


def _fields(data: bytes) -> tuple[ReleasedField, ...]:
    try:
        return _FIELDS.validate_json(data)
    except ValidationError as error:
        raise RecordsUnreadable(
            _("no se puede leer una copia guardada"), remedy=_("vuelva a pedir los datos")
        ) from error


def _cell(request_id: str, person: str) -> SealedPlace:
    return SealedPlace("exchange_received", request_id, person)
