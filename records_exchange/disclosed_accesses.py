"""The accesses to a person's data that one entity discloses to another, for a person who asks there (GDPR art. 15).

An answer covers consents to which the asking entity is a party. An entity that is only a recipient of a consent does
not learn of other recipients: their accesses come without a name. The answer about an unknown person is an empty one.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import MessageMalformed, ReplyMalformed
from records_exchange.message import Message
from records_exchange.request import Term
from trust.parties import EntityId

ACCESS_REPORT: Final = "access.report"
MAX_DISCLOSED: Final = 200
"""Most accesses in an answer, the newest; the person gets the others from the holder itself."""


class DisclosedAccess(BaseModel):
    """One access: entity, role, purpose, fields and time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: AwareDatetime
    entity: EntityId | None = Field(default=None, description="None: another entity that the consent names")
    role: Term
    purpose: Term
    fields: Annotated[tuple[Term, ...], Field(min_length=1, max_length=200)]


class DisclosedAccesses(BaseModel):
    """The accesses that an entity discloses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    accesses: Annotated[tuple[DisclosedAccess, ...], Field(max_length=MAX_DISCLOSED)] = ()
    more: bool = Field(default=False, description="whether there are older ones")


def read_question(message: Message) -> str:
    """Return the pseudonym that a question is about.

    Raises:
        MessageMalformed: it names no person, or has a body.
    """
    if message.subject is None or message.body:
        raise MessageMalformed(_("una pregunta sobre accesos debe indicar una persona y nada más"))
    return message.subject


def read_disclosed(body: Mapping[str, Any], holder: str) -> DisclosedAccesses:
    """Read the accesses of an answer: terms of the vocabulary only, so that no free text can come in.

    Raises:
        ReplyMalformed: it is no such answer.
    """
    try:
        answer = DisclosedAccesses.model_validate(body)
    except ValidationError as error:
        raise ReplyMalformed(
            _(
                "la respuesta de {holder} no es una lista de accesos válida: {fault}",
                holder=holder,
                fault=first_fault(error),
            ),
            remedy=_("actualice RedPACT en las dos entidades"),
        ) from error
    vocabulary = load_vocabulary()
    roles, purposes = {role.id for role in vocabulary.roles}, {purpose.id for purpose in vocabulary.purposes}
    fields = {spec.id for spec in load_catalogue().fields}
    for access in answer.accesses:
        if access.role not in roles or access.purpose not in purposes or not fields.issuperset(access.fields):
            raise ReplyMalformed(
                _("{holder} describe los accesos con un rol, una finalidad o un campo desconocidos", holder=holder),
                remedy=_("actualice RedPACT en las dos entidades"),
            )
    return answer
