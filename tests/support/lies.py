"""What a peer may lie about, by name: each with what must come of it. Used with and without a wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from policies.errors import RedpactError
from records_exchange.answer import FetchAnswer, ReleasedField, WithheldField
from records_exchange.errors import AnswerOverreaches, AnswerStale, AnswerUnbound, EvidenceInvalid, ReplyUnbound
from records_exchange.message import NOTIFICATION_LIFETIME, MessageOutcome, MessageReply
from records_exchange.request import REQUEST_LIFETIME
from tests.support.simulated_peer import forged
from trust.signing import Envelope, Signer, pae, seal

DEPTH: Final = 1500
"""Beyond what a parser follows on its stack."""

SIGNED_GARBAGE: Final[Mapping[str, bytes]] = {
    "nothing": b" ",
    "no JSON": b"\xff\xfe\x00",
    "an array": b"[]",
    "a number": b"7",
    "an empty object": b"{}",
    "a key twice": b'{"v":1,"v":1}',
    "not a number": b'{"v":NaN}',
    "a number of many digits": b'{"v":' + b"9" * 6000 + b"}",
    "deep nesting": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    "nesting a parser just follows": b'{"a":' * 400 + b"1" + b"}" * 400,
    "half a surrogate pair": b'{"id":"\\ud800"}',
    "the beginning of a document": b'{"v":1,"id":"00',
}
"""Payloads, to be signed as they are by whoever sends them."""


def _without_signature(envelope: Envelope) -> Envelope:
    return replace(envelope, signature=bytes(64))


def _truncated(envelope: Envelope) -> Envelope:
    return replace(envelope, payload=envelope.payload[:-7])


def _one_byte(envelope: Envelope) -> Envelope:
    middle = len(envelope.payload) // 2
    changed = bytes([envelope.payload[middle] ^ 1])
    return replace(envelope, payload=envelope.payload[:middle] + changed + envelope.payload[middle + 1 :])


def _another_type(envelope: Envelope) -> Envelope:
    return replace(envelope, payload_type="application/vnd.redpact.directory.v1+json")


UNSIGNED: Final[Mapping[str, Callable[[Envelope], Envelope]]] = {
    "forged": forged,
    "unsigned": _without_signature,
    "truncated": _truncated,
    "one bit changed": _one_byte,
    "another type": _another_type,
}
"""Changes after which the signature does not hold."""


def signed(envelope: Envelope, signer: Signer, payload: bytes) -> Envelope:
    """Return an envelope of the same type with other content, signed properly."""
    return seal(envelope.payload_type, payload, signer)


def signed_by(envelope: Envelope, signer: Signer) -> Envelope:
    """Return the same content signed by somebody else, under the key id it had."""
    return replace(envelope, signature=signer.sign(pae(envelope.payload_type, envelope.payload)))


# ---- answers


def update(**changes: Any) -> Callable[[FetchAnswer], FetchAnswer]:
    """Return a change to fields of an answer."""
    return lambda answer: answer.model_copy(update=changes)


def evidence(**changes: Any) -> Callable[[FetchAnswer], FetchAnswer]:
    """Return a change to the ledger evidence of an answer."""
    return lambda answer: answer.model_copy(update={"ledger": answer.ledger.model_copy(update=changes)})


def dated(**later: float) -> Callable[[FetchAnswer], FetchAnswer]:
    """Return a change to the date of an answer."""
    return lambda answer: answer.model_copy(update={"issued": answer.issued + timedelta(**later)})


def value(field: str, content: object) -> Callable[[FetchAnswer], FetchAnswer]:
    """Return a change that gives a field a value."""

    def change(answer: FetchAnswer) -> FetchAnswer:
        lie = ReleasedField.model_validate({"id": field, "value": content, "recorded_at": answer.issued})
        kept = tuple(item for item in answer.fields if item.id != field)
        return answer.model_copy(update={"fields": (*kept, lie)})

    return change


ANSWER_LIES: Final[Mapping[str, tuple[Callable[[FetchAnswer], FetchAnswer], type[RedpactError]]]] = {
    "another request's id": (update(request_id="00" * 16), AnswerUnbound),
    "another request's bytes": (update(request_sha256="00" * 32), AnswerUnbound),
    "for another asker": (update(asker="other"), AnswerUnbound),
    "of another holder": (update(holder="other"), AnswerUnbound),
    "dated before the request": (dated(minutes=-2), AnswerStale),
    "dated ahead": (dated(minutes=2), AnswerStale),
    "a field not asked for": (value("edu.level", "primary"), AnswerOverreaches),
    "a field left unexplained": (update(fields=()), AnswerOverreaches),
    "a field both given and withheld": (
        update(withheld=(WithheldField(id="person.sex", reason="not_consented"),)),
        AnswerOverreaches,
    ),
    "free text as a value": (value("work.status", "lives alone, told me that..."), AnswerOverreaches),
    "a number as a code": (value("work.status", 7), AnswerOverreaches),
    "rows as a code": (value("work.status", [{"a": "b"}]), AnswerOverreaches),
    "another ledger": (evidence(origin="test.example/entity/other"), EvidenceInvalid),
    "a proof too long": (evidence(proof=("00" * 32,) * 60), EvidenceInvalid),
    "another index": (evidence(index=5_000_000), EvidenceInvalid),
    "an unsigned checkpoint": (evidence(checkpoint="test.example/entity/holder\n1\nAAAA\n"), EvidenceInvalid),
    "a leaf that is not in the tree": (evidence(leaf="{}"), EvidenceInvalid),
}


# ---- requests and messages


@dataclass(frozen=True, slots=True)
class Lie:
    """Changes to the fields of something honest, and the code of the refusal."""

    changes: Callable[[datetime], Mapping[str, object]]
    code: str


def _fields(code: str, **changes: object) -> Lie:
    return Lie(lambda _now: changes, code)


def _times(code: str, issued: timedelta, life: timedelta) -> Lie:
    return Lie(lambda now: {"issued": now + issued, "expires": now + issued + life}, code)


_TIMES: Final = {
    "from a clock ahead": (timedelta(minutes=5), REQUEST_LIFETIME),
    "from a clock behind": (timedelta(minutes=-5), REQUEST_LIFETIME),
    "that ends before it begins": (timedelta(seconds=10), timedelta(seconds=-20)),
    "that wants to live long": (timedelta(0), NOTIFICATION_LIFETIME + timedelta(seconds=1)),
}

REQUEST_LIES: Final[Mapping[str, Lie]] = {
    "in another's name": _fields("request_misaddressed", asker="ngo"),
    "for another holder": _fields("request_misaddressed", holder="county"),
    **{name: _times("request_stale", *times) for name, times in _TIMES.items()},
}

MESSAGE_LIES: Final[Mapping[str, Lie]] = {
    "in another's name": _fields("message_misaddressed", sender="ngo"),
    "for another recipient": _fields("message_misaddressed", recipient="county"),
    "of an unknown kind": _fields("message_malformed", kind="gossip"),
    "of a kind that is no name": _fields("message_malformed", kind="../../etc/passwd"),
    "of another version": _fields("message_malformed", v=2),
    "with an id of its own making": _fields("message_malformed", id="x" * 32),
    "about no pseudonym": _fields("message_malformed", subject="00000000T"),
    "with a list for a body": _fields("message_malformed", body=[1, 2]),
    **{name: _times("message_stale", *times) for name, times in _TIMES.items()},
}

REPLY_LIES: Final[Mapping[str, tuple[Callable[[MessageReply], MessageReply], type[RedpactError]]]] = {
    "to another message": (lambda reply: reply.model_copy(update={"message_id": "00" * 16}), ReplyUnbound),
    "to other bytes": (lambda reply: reply.model_copy(update={"message_sha256": "00" * 32}), ReplyUnbound),
    "in another's name": (lambda reply: reply.model_copy(update={"sender": "town"}), ReplyUnbound),
    "for another sender": (lambda reply: reply.model_copy(update={"recipient": "other"}), ReplyUnbound),
    "from a clock ahead": (
        lambda reply: reply.model_copy(update={"issued": reply.issued + timedelta(minutes=5)}),
        ReplyUnbound,
    ),
    "dated before what it replies to": (
        lambda reply: reply.model_copy(update={"issued": reply.issued - timedelta(minutes=5)}),
        ReplyUnbound,
    ),
}

MALFORMED_REPLIES: Final[Mapping[str, Callable[[MessageReply], MessageReply]]] = {
    "a refusal without a reason": lambda reply: reply.model_copy(update={"outcome": MessageOutcome.REFUSED}),
    "an acceptance with a reason": lambda reply: reply.model_copy(update={"reason": "because"}),
    "another version": lambda reply: reply.model_copy(update={"v": 2}),
}
