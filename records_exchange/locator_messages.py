"""Signed messages between nodes and the private locator: evaluations, publications, questions, answers.

None holds a document or a pseudonym: blinded points travel beside their digest, and tokens are HMACs.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import (
    AnswerStale,
    AnswerUnbound,
    LocatorMessageMalformed,
    RequestMisaddressed,
    RequestStale,
)
from records_exchange.request import Hex16, Hex32, Term, payload_digest
from trust import canonical, signing
from trust.errors import MalformedDocument
from trust.parties import ENTITY_ID, EntityId

EVALUATION_TYPE: Final = "application/vnd.redpact.locator-evaluation.v1+json"
PUBLICATION_TYPE: Final = "application/vnd.redpact.locator-publication.v1+json"
QUESTION_TYPE: Final = "application/vnd.redpact.locator-question.v1+json"
ANSWER_TYPE: Final = "application/vnd.redpact.locator-answer.v1+json"

MAX_POINTS: Final = 256
"""Most points in one evaluation."""
MAX_CHANGES: Final = 500
"""Most entries added, and most removed, in one publication."""
MAX_HOLDERS_NAMED: Final = 32
"""Most holders in one answer, which says when there are more."""

FRESH: Final = timedelta(minutes=3)
"""Largest distance of a message's time from now, for clock differences and delays."""

_SLOT_CHARACTERS: Final = 63
_PADDING: Final = "."
"""No entity id holds one."""
_REMEDY: Final = _("compruebe el reloj de este equipo y repita la consulta")


def _whole_hour(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0) or (moment.minute, moment.second, moment.microsecond) != (0, 0, 0):
        raise ValueError(_("una entrada acaba en una hora en punto, UTC"))
    return moment


def _whole_second(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0) or moment.microsecond:
        raise ValueError(_("la hora de una respuesta es un segundo entero, UTC"))
    return moment


class SignedRequest(BaseModel):
    """The parts of every request to the locator: entity, epoch and time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    entity: EntityId
    epoch: int = Field(ge=1, le=1_000_000)
    issued: AwareDatetime
    nonce: Hex16


class EvaluationRequest(SignedRequest):
    """A request to evaluate the points that travel beside it."""

    count: int = Field(ge=1, le=MAX_POINTS)
    points_sha256: Hex32


class LocatorQuestion(SignedRequest):
    """A question for the holders under one token."""

    token: Hex32
    purpose: Term


class LocatorEntry(BaseModel):
    """An entry of a holder with consented data for `asker` and `purpose`; the token stands for the person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: Hex32
    asker: EntityId
    purpose: Term
    until: Annotated[AwareDatetime, AfterValidator(_whole_hour)]


class Publication(SignedRequest):
    """Additions and removals of one holder's entries."""

    add: tuple[LocatorEntry, ...] = Field(default=(), max_length=MAX_CHANGES)
    remove: tuple[Hex32, ...] = Field(default=(), max_length=MAX_CHANGES)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [entry.token for entry in self.add] + list(self.remove)
        if len(named) != len(set(named)):
            raise ValueError(_("un testigo de consulta está dos veces"))
        return self


class LocatorAnswer(BaseModel):
    """The holders under a token, in the same number of bytes for none as for the most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    request_sha256: Hex32
    slots: tuple[Annotated[str, Field(min_length=_SLOT_CHARACTERS, max_length=_SLOT_CHARACTERS)], ...] = Field(
        min_length=MAX_HOLDERS_NAMED, max_length=MAX_HOLDERS_NAMED
    )
    more: int = Field(ge=0, le=1, description="1: there are more holders than one answer names")
    issued: Annotated[AwareDatetime, AfterValidator(_whole_second)]

    @property
    def holders(self) -> tuple[str, ...]:
        """The entities named."""
        return tuple(name for name in (slot.rstrip(_PADDING) for slot in self.slots) if name)

    @model_validator(mode="after")
    def _entities(self) -> Self:
        if not all(ENTITY_ID.fullmatch(name) for name in self.holders):
            raise ValueError(_("un hueco lleva el identificador de una entidad, o nada"))
        return self


_TYPES: Final[dict[type[SignedRequest], str]] = {
    EvaluationRequest: EVALUATION_TYPE,
    Publication: PUBLICATION_TYPE,
    LocatorQuestion: QUESTION_TYPE,
}
Request = TypeVar("Request", bound=SignedRequest)
_Message = TypeVar("_Message", bound=BaseModel)


def evaluation_request(entity: str, epoch: int, points: Sequence[bytes], now: datetime) -> EvaluationRequest:
    """Return a request to evaluate `points`."""
    return EvaluationRequest(
        entity=entity, epoch=epoch, count=len(points), points_sha256=points_digest(points), issued=now, nonce=_nonce()
    )


def publication(
    entity: str, epoch: int, add: Sequence[LocatorEntry], remove: Sequence[str], now: datetime
) -> Publication:
    """Return a publication; both sequences have at most `MAX_CHANGES` members."""
    return Publication(entity=entity, epoch=epoch, add=tuple(add), remove=tuple(remove), issued=now, nonce=_nonce())


def locator_question(entity: str, epoch: int, token: str, purpose: str, now: datetime) -> LocatorQuestion:
    """Return a question."""
    return LocatorQuestion(entity=entity, epoch=epoch, token=token, purpose=purpose, issued=now, nonce=_nonce())


def seal_message(message: SignedRequest, signer: signing.Signer) -> signing.Envelope:
    """Sign a request to the locator."""
    return signing.seal(_TYPES[type(message)], canonical.encode_plain(message.model_dump(mode="json")), signer)


def open_message(
    envelope: signing.Envelope, kind: type[Request], *, caller: str, signing_key: str, now: datetime
) -> Request:
    """Check a request: (1) signed with the caller's key, (2) well formed, (3) in the caller's own name, (4) fresh.

    Not checked here: that the caller may ask (the registry), and that the request is new (the query log).

    Raises:
        SignatureInvalid: (1).
        LocatorMessageMalformed: (2).
        RequestMisaddressed: (3).
        RequestStale: (4).
    """
    payload = signing.open_envelope(envelope, payload_type=_TYPES[kind], public_key=bytes.fromhex(signing_key))  # (1)
    message = _parsed(kind, payload)  # (2)
    if message.entity != caller:  # (3)
        raise RequestMisaddressed(
            _("{caller} envió una petición en nombre de {entity}", caller=caller, entity=message.entity)
        )
    if abs(now - message.issued) > FRESH:  # (4)
        raise RequestStale(_("la hora de la petición no es la actual"), remedy=_REMEDY)
    return message


def seal_locator_answer(
    envelope: signing.Envelope, holders: Sequence[str], now: datetime, signer: signing.Signer
) -> signing.Envelope:
    """Sign the answer to a question, with the first holders that fit and whether there are more."""
    named = [*holders[:MAX_HOLDERS_NAMED], *("",) * (MAX_HOLDERS_NAMED - len(holders))]
    answer = LocatorAnswer(
        request_sha256=payload_digest(envelope),
        slots=tuple(name.ljust(_SLOT_CHARACTERS, _PADDING) for name in named),
        more=int(len(holders) > MAX_HOLDERS_NAMED),
        issued=now.replace(microsecond=0),
    )
    return signing.seal(ANSWER_TYPE, canonical.encode_plain(answer.model_dump(mode="json")), signer)


def open_locator_answer(
    answer: signing.Envelope, question: signing.Envelope, *, coordinator_key: bytes, now: datetime
) -> LocatorAnswer:
    """Check an answer: (1) signed with the pinned key, (2) well formed, (3) to our question, (4) made now.

    Raises:
        SignatureInvalid: (1).
        LocatorMessageMalformed: (2).
        AnswerUnbound: (3).
        AnswerStale: (4).
    """
    payload = signing.open_envelope(answer, payload_type=ANSWER_TYPE, public_key=coordinator_key)  # (1)
    opened = _parsed(LocatorAnswer, payload)  # (2)
    if opened.request_sha256 != payload_digest(question):  # (3)
        raise AnswerUnbound(_("el localizador respondió a otra pregunta"), remedy=_("repita la petición"))
    if abs(now - opened.issued) > FRESH:  # (4)
        raise AnswerStale(
            _("la hora de la respuesta del localizador no corresponde a la consulta"),
            remedy=_("compruebe los relojes de ambos equipos"),
        )
    return opened


def points_digest(points: Sequence[bytes]) -> str:
    """Return the SHA-256, hex, of points of 32 bytes, in order."""
    return hashlib.sha256(b"".join(points)).hexdigest()


def _parsed(kind: type[_Message], payload: bytes) -> _Message:
    try:
        return kind.model_validate(canonical.decode(payload))
    except MalformedDocument as error:
        raise LocatorMessageMalformed(
            _("no es un mensaje válido del localizador: {error}", error=error.message)
        ) from error
    except ValidationError as error:
        raise LocatorMessageMalformed(
            _("no es un mensaje válido del localizador: {fault}", fault=first_fault(error))
        ) from error


def _nonce() -> str:
    return secrets.token_hex(16)
