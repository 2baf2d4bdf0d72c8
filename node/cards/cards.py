"""The cards that this entity gives to people: issued, listed, blocked and replaced.

The codes exist on the printed card alone. This entity keeps a key made from each, sealed with the person's key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from node.cards.errors import CardTermsInvalid, CardUnknown
from node.cards.model import CEILING_NAMES, Card, CardCode, CardState, CodeCeiling
from node.cards.on_record import end_card, note_issued
from node.cards.sealed_keys import seal_key
from node.cards.store import CardStore, card_store
from node.people.store import people_store
from policies.card_ends import CardEnd
from policies.catalogue import Sensitivity
from policies.vocabulary import load_vocabulary
from presentation.messages import _, listing
from records_exchange.assurance.person_code import MAX_CODES, GivenCode, new_code, new_serial

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from node.context import NodeContext
    from node.people.documents import Document

DEFAULT_CODES: Final = 10
DEFAULT_CEILINGS: Final = ("coordination:P2", "casework:P2")
VALID_FOR: Final = timedelta(days=2 * 365)


@dataclass(frozen=True, slots=True)
class CardInput:
    """A card as a command asks for it.

    Attributes:
        document: of the person; a linkage code too.
        codes: their number.
        ceilings: ``purpose[,purpose]:P1`` or ``:P2``, among which the codes are shared out in turn.
        professional: the entity's own reference of the member of staff who gives it.
    """

    document: "Document"
    codes: int = DEFAULT_CODES
    ceilings: Sequence[str] = DEFAULT_CEILINGS
    professional: str = ""


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A new card with its codes, which are nowhere else; its representation leaves them out.

    Attributes:
        card: as it is kept.
        codes: in the order of their numbers.
        earlier: the person's earlier cards.
    """

    card: Card
    codes: tuple[GivenCode, ...]
    earlier: tuple[Card, ...]


class Cards:
    """Issues and manages the cards of this entity."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    def issue(self, given: CardInput) -> IssuedCard:
        """Issue a card and return it with its codes, which cannot be had again.

        Raises:
            PersonUnknown: nobody here has that document.
            CardTermsInvalid: too many codes, or a ceiling that no code may have.
            UnknownTerm: an unknown purpose, or one for which nothing is exchanged.
        """
        ceilings = _ceilings(given)
        with self._context.transaction() as session:
            return self._issue(session, given, ceilings)

    def replace(self, given: CardInput) -> IssuedCard:
        """Block the person's cards and issue another one.

        Raises:
            RedpactError: as in `issue`.
        """
        ceilings, now = _ceilings(given), self._context.clock.now()
        with self._context.transaction() as session:
            store = card_store(self._context, session)
            for card in store.list(self._person(session, given.document)):
                end_card(self._context, session, card, CardEnd.REPLACED, now=now, professional=given.professional)
            return self._issue(session, given, ceilings)

    def block(self, serial: str, end: CardEnd = CardEnd.LOST, professional: str = "") -> Card:
        """Block a card; what was opened with its codes before stays as it was.

        Raises:
            CardUnknown: there is none of that serial.
        """
        with self._context.transaction() as session:
            store = card_store(self._context, session)
            card = store.find(serial)
            if card is not None:
                end_card(self._context, session, card, end, now=self._context.clock.now(), professional=professional)
            found = store.find(serial)
        if found is None:
            raise CardUnknown(_("no hay ninguna tarjeta {serial}", serial=serial), remedy=_("consulte: card list"))
        return found

    def block_all(self, document: "Document", end: CardEnd = CardEnd.LOST, professional: str = "") -> tuple[Card, ...]:
        """Block the cards of a person who does not know their serials, and return those that served until now.

        Raises:
            PersonUnknown: nobody here has that document.
            CardUnknown: the person has no card that serves.
        """
        now = self._context.clock.now()
        with self._context.transaction() as session:
            store, person = card_store(self._context, session), self._person(session, document)
            active = [card for card in store.list(person) if card.state(now) is CardState.ACTIVE]
            for card in active:
                end_card(self._context, session, card, end, now=now, professional=professional)
            blocked = tuple(found for each in active if (found := store.find(each.serial)))
        if not blocked:
            raise CardUnknown(_("la persona no tiene ninguna tarjeta activa"), remedy=_("consulte: card list"))
        return blocked

    def list(self, document: "Document | None" = None) -> tuple[Card, ...]:
        """Return the cards of a person, of everybody when no document is given, oldest first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        with self._context.snapshot() as session:
            return card_store(self._context, session).list(self._person(session, document) if document else None)

    def _issue(self, session: "Session", asked: CardInput, ceilings: Sequence[CodeCeiling]) -> IssuedCard:
        now, store = self._context.clock.now(), card_store(self._context, session)
        person = self._person(session, asked.document)
        people_store(self._context, session).standing.of(person).require_open()
        cipher = people_store(self._context, session).cipher_of(person)
        serial = _free_serial(store)
        given = tuple(GivenCode(serial, number, new_code()) for number in range(1, len(ceilings) + 1))
        keys = [seal_key(cipher, serial, code.number, code.key(self._context.settings.entity)) for code in given]
        codes = tuple(CardCode(*parts) for parts in zip(range(1, len(given) + 1), ceilings, keys, strict=True))
        earlier = store.list(person)
        card = _new_card(serial, person, now, codes)
        store.add(card)
        note_issued(self._context, session, card, asked.professional)
        return IssuedCard(card, given, earlier)

    def _person(self, session: "Session", document: "Document") -> str:
        return people_store(self._context, session).get_by_document(document).person_id


def end_of(reason: str) -> CardEnd:
    """Return the reason for blocking a card that a command names.

    Raises:
        CardTermsInvalid: it is no reason that a person may give.
    """
    known = {end.value: end for end in (CardEnd.LOST, CardEnd.ASKED)}
    if reason not in known:
        raise CardTermsInvalid(
            _("el motivo {reason!r} no existe", reason=reason),
            remedy=_("use uno de estos: {known}", known=", ".join(known)),
        )
    return known[reason]


def serial_of(text: str) -> str:
    """Return the serial of a card as it is kept, from the way in which people write it."""
    return text.replace("-", "").replace(" ", "").upper()


def _new_card(serial: str, person: str, now: "datetime", codes: tuple[CardCode, ...]) -> Card:
    return Card(serial, person, now, now + VALID_FOR, ended_at=None, end=None, codes=codes)


def _free_serial(store: CardStore) -> str:
    while store.is_taken(serial := new_serial()):
        pass
    return serial


def _ceilings(given: CardInput) -> tuple[CodeCeiling, ...]:
    """Return the ceiling of each code, those of one kind together."""
    kinds = [_ceiling(text) for text in given.ceilings] or [_ceiling(text) for text in DEFAULT_CEILINGS]
    if not len(kinds) <= given.codes <= MAX_CODES:
        raise CardTermsInvalid(
            _("una tarjeta lleva de {least} a {most} códigos", least=len(kinds), most=MAX_CODES),
            remedy=_("indique otro número en --codes"),
        )
    share, left = divmod(given.codes, len(kinds))
    return tuple(kind for place, kind in enumerate(kinds) for _each in range(share + (place < left)))


def _ceiling(text: str) -> CodeCeiling:
    names, _colon, level = text.partition(":")
    purposes = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    known = {each.value: each for each in CEILING_NAMES}
    sensitivity = known.get(level.strip().upper() or Sensitivity.P2.value)
    if sensitivity is None or not purposes:
        raise CardTermsInvalid(
            _("«{text}» no dice para qué sirve un código ni hasta qué datos", text=text),
            remedy=_("escriba finalidad:nivel, con un nivel de {levels}", levels=listing(list(known))),
        )
    return CodeCeiling(sensitivity, tuple(load_vocabulary().exchange_purpose(name).id for name in purposes))
