"""Referrals between entities: the table of steps, the rule for messages that cross, and the coded words.

Both entities keep a copy of each referral and send each other every step, over a network that loses, repeats and
reorders. `MOVES` lists the steps and the states from which they may be taken. `join` combines an arriving state with
the known one: the later of the two in `PRECEDENCE` stays. The result depends neither on the order nor on the number of
the messages, so that both copies end alike once each entity has received every step.

The rule for messages that cross, in words: an end that the receiver states (rejected, done) stays; else a revocation of
the sender holds, even when the receiver has begun meanwhile; an acceptance given in time holds against the lapse that
the sender noted before it arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from pydantic import Field

from policies.codes import Code, load_codes
from policies.documents import Entry, read_document
from policies.errors import PolicyDocumentDamaged
from policies.terms import find_term
from presentation.messages import Message, _

# Made once, as terms are looked up many times a request.
_URGENCY: Final = _("urgencia")

DOCUMENT: Final = "data/referrals.yaml"
NEED_FIELD: Final = "case.needs"
"""The catalogue field that a consent must cover before the need may be sent."""
PURPOSE: Final = "referral"
"""The purpose that a consent must have to cover a referral."""
MAX_ANSWER_DAYS: Final = 60


class ReferralState(StrEnum):
    """The states of a referral."""

    SENT = "sent"
    RECEIVED = "received"
    LAPSED = "lapsed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    REVOKED = "revoked"
    REJECTED = "rejected"
    DONE = "done"


class ReferralStep(StrEnum):
    """The steps of a referral."""

    SEND = "send"
    RECEIVE = "receive"
    ACCEPT = "accept"
    REJECT = "reject"
    START = "start"
    FINISH = "finish"
    REVOKE = "revoke"
    LAPSE = "lapse"


class ReferralSide(StrEnum):
    """The side that takes a step."""

    SENDER = "sender"
    RECEIVER = "receiver"


class WordList(StrEnum):
    """The lists of coded words."""

    SERVICES = "services"
    NEEDS = "needs"
    URGENCIES = "urgencies"
    REJECTIONS = "rejections"
    REVOCATIONS = "revocations"
    LAPSES = "lapses"
    RESULTS = "results"
    STATES = "states"
    KINDS = "kinds"
    PLACES = "places"
    WAITS = "waits"


SIDE_NAMES: Final[Mapping[ReferralSide, Message]] = {
    ReferralSide.SENDER: _("enviada"),
    ReferralSide.RECEIVER: _("recibida"),
}
LIST_NAMES: Final[Mapping[WordList, Message]] = {
    WordList.SERVICES: _("recursos"),
    WordList.NEEDS: _("necesidades"),
    WordList.URGENCIES: _("urgencias"),
    WordList.REJECTIONS: _("motivos de rechazo"),
    WordList.REVOCATIONS: _("motivos de anulación"),
    WordList.LAPSES: _("motivos de caducidad"),
    WordList.RESULTS: _("resultados"),
    WordList.STATES: _("estados"),
    WordList.KINDS: _("tipos"),
    WordList.PLACES: _("plazas"),
    WordList.WAITS: _("esperas"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One step: its side, the states before it, the state after it, and the list of its code where it has one."""

    by: ReferralSide
    before: frozenset[ReferralState | None]
    after: ReferralState
    codes: WordList | None = None


_S, _SENDER, _RECEIVER = ReferralState, ReferralSide.SENDER, ReferralSide.RECEIVER

OPEN: Final = frozenset({_S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.IN_PROGRESS})
"""States in which one of the entities still has to act."""

MOVES: Final[Mapping[ReferralStep, Move]] = {
    ReferralStep.SEND: Move(_SENDER, frozenset({None}), _S.SENT),
    ReferralStep.RECEIVE: Move(_RECEIVER, frozenset({_S.SENT}), _S.RECEIVED),
    ReferralStep.ACCEPT: Move(_RECEIVER, frozenset({_S.RECEIVED}), _S.ACCEPTED),
    ReferralStep.REJECT: Move(_RECEIVER, frozenset({_S.RECEIVED}), _S.REJECTED, WordList.REJECTIONS),
    ReferralStep.START: Move(_RECEIVER, frozenset({_S.ACCEPTED}), _S.IN_PROGRESS),
    ReferralStep.FINISH: Move(_RECEIVER, frozenset({_S.ACCEPTED, _S.IN_PROGRESS}), _S.DONE, WordList.RESULTS),
    ReferralStep.REVOKE: Move(_SENDER, OPEN | {_S.LAPSED}, _S.REVOKED, WordList.REVOCATIONS),
    ReferralStep.LAPSE: Move(_SENDER, frozenset({_S.SENT, _S.RECEIVED}), _S.LAPSED, WordList.LAPSES),
}
"""All that is allowed. Each step leads to a state later in `PRECEDENCE` than those it may be taken in."""

PRECEDENCE: Final[Sequence[frozenset[ReferralState]]] = (
    frozenset({_S.SENT}),
    frozenset({_S.RECEIVED}),
    frozenset({_S.LAPSED}),
    frozenset({_S.ACCEPTED}),
    frozenset({_S.IN_PROGRESS}),
    frozenset({_S.REVOKED}),
    frozenset({_S.REJECTED, _S.DONE}),
)
"""Of two states that cross the later stays. One side states both rejected and done, and can state only one of them."""

_RANK: Final = {state: rank for rank, states in enumerate(PRECEDENCE) for state in states}


def join(known: ReferralState | None, arriving: ReferralState) -> ReferralState | None:
    """Return the state once a step of the other side has arrived; None when the two contradict each other."""
    if known is None or _RANK[arriving] > _RANK[known]:
        return arriving
    return known if _RANK[arriving] < _RANK[known] or arriving is known else None


def allows(step: ReferralStep, side: ReferralSide, before: ReferralState | None) -> bool:
    """Return whether a side may take a step in a state."""
    move = MOVES[step]
    return move.by is side and before in move.before


class Urgency(Code):
    """A degree of urgency: the days within which an answer is due."""

    answer_days: int = Field(ge=1, le=MAX_ANSWER_DAYS)


class Band(Code):
    """A range that stands for a number."""

    at_most: int | None = Field(default=None, ge=0)


class _Document(Entry):
    version: str
    urgencies: tuple[Urgency, ...] = Field(min_length=1)
    kinds: tuple[Code, ...]
    states: tuple[Code, ...]
    rejections: tuple[Code, ...]
    revocations: tuple[Code, ...]
    lapses: tuple[Code, ...]
    results: tuple[Code, ...]
    places: tuple[Band, ...] = Field(min_length=1)
    waits: tuple[Band, ...] = Field(min_length=1)


class ReferralWords:
    """The coded words of referrals, each list in the order in which people read it."""

    def __init__(self, document: _Document) -> None:
        codes = load_codes()
        lists: dict[WordList, Sequence[Code]] = {
            WordList.SERVICES: codes.list("resource").codes,
            WordList.NEEDS: codes.list("need").codes,
        }
        lists |= {name: getattr(document, name.value) for name in WordList if name not in lists}
        self.lists: Mapping[WordList, Mapping[str, Code]] = {
            name: {word.code: word for word in words} for name, words in lists.items()
        }
        self._urgencies = {urgency.code: urgency for urgency in document.urgencies}
        self._bands = {WordList.PLACES: document.places, WordList.WAITS: document.waits}
        if set(self.lists[WordList.STATES]) != set(ReferralState):
            raise PolicyDocumentDamaged(
                _("referrals.yaml: algún estado no tiene nombre"), remedy=_("reinstale RedPACT")
            )
        for bands in self._bands.values():
            if [band.at_most is None for band in bands] != [False] * (len(bands) - 1) + [True]:
                raise PolicyDocumentDamaged(
                    _("referrals.yaml: solo el último tramo puede quedar sin máximo, y debe quedar así"),
                    remedy=_("reinstale RedPACT"),
                )

    def urgency(self, code: str) -> Urgency:
        """Return a degree of urgency.

        Raises:
            UnknownTerm: there is none of that code.
        """
        return find_term(_URGENCY, self._urgencies, code)

    def word(self, name: WordList, code: str) -> Code:
        """Return a word of a list.

        Raises:
            UnknownTerm: there is none of that code.
        """
        codes = self.lists[name]
        return (
            codes[code]
            if code in codes
            else find_term(_("código de la lista «{codes}»", codes=LIST_NAMES[name]), codes, code)
        )

    def title(self, name: WordList, code: str) -> str:
        """Return the name of a code in its reader's language; one that the list does not have stands for itself."""
        known = self.lists[name].get(code)
        return known.title if known else code

    def label(self, name: WordList, code: str, lang: str) -> str:
        """Return the name of a code; one that the list does not have stands for itself."""
        known = self.lists[name].get(code)
        return known.label(lang) if known else code

    def band(self, name: WordList, number: int) -> str:
        """Return the code of the band, of places or waits, that a number falls in."""
        return next(each.code for each in self._bands[name] if each.at_most is None or number <= each.at_most)


@cache
def load_referral_words() -> ReferralWords:
    """Return the bundled words, read once.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable or contradicts itself.
    """
    return ReferralWords(read_document(DOCUMENT, _Document))
